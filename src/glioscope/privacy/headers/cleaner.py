"""A DICOM header without whose it is: the profile's table, applied to every level of nesting."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence

from glioscope.core import InputError
from glioscope.privacy.headers.dummy import REMOVED, dummy_value, empty_value
from glioscope.privacy.headers.private import safe_creator
from glioscope.privacy.headers.profile import Action, mr_attributes, rule_of
from glioscope.privacy.headers.values import Keeper

_DEEPEST: Final = 32
"""No header nests so deep; a crafted one would end in Python's own limit."""

_REQUIRED_TEXTS: Final = frozenset(
    {"CodeMeaning", "CodeValue", "CodingSchemeDesignator", "Manufacturer", "ManufacturerModelName"}
    | {"SoftwareVersions"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often what was done, by attribute; attributes by keyword, never with a value."""

    counts: defaultdict[Action, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, action: Action, element: DataElement) -> None:
        """Count one attribute."""
        known = "private" if element.tag.is_private else element.keyword or "unknown"
        self.counts[action][known] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCleaner:
    """Makes headers of one patient shareable.

    Args:
        keeper: What values become that may stay.
        patient: Pseudonym.
        tally: Counts what is done.
    """

    keeper: Keeper
    patient: str
    tally: Tally = field(default_factory=Tally)

    def __call__(self, dataset: Dataset, *, depth: int = 0) -> Dataset:
        """Return a new dataset; the input is left untouched.

        Args:
            dataset: Of a file, without its file meta information, or an item of a sequence.
            depth: How deep in sequences the item stands.

        Raises:
            InputError: If sequences nest deeper than any real header's.
        """
        if depth > _DEEPEST:
            msg = f"a header nests sequences {depth} deep; it is damaged: send the series again"
            raise InputError(msg)
        result = Dataset()
        for element in dataset:
            for made in self._made(element, dataset, depth):
                result[made.tag] = made
        return result

    def _made(self, element: DataElement, dataset: Dataset, depth: int) -> Iterator[DataElement]:
        if element.tag.is_private:
            yield from self._private(element, dataset)
            return
        rule = rule_of(element.tag)
        if rule is None:
            yield from self._unlisted(element, depth)
            return
        action = rule.action
        value = self._value(action, element, depth)
        if value is None:
            action = rule.fallback
            value = self._value(action, element, depth)
        self.tally.add(action, element)
        if value is not None:
            yield DataElement(element.tag, element.VR, value)

    def _value(self, action: Action, element: DataElement, depth: int) -> object | None:
        """Return what an action makes of a value; ``None`` if nothing is left."""
        if element.keyword in {"PatientID", "PatientName"}:
            return self.patient
        if action is Action.REMOVE:
            return None
        if action is Action.EMPTY:
            return Sequence() if element.VR == "SQ" else empty_value(element.VR)
        if action is Action.DUMMY:
            return self._dummy(element, depth)
        return self._kept(element, depth, listed=True)

    def _kept(self, element: DataElement, depth: int, *, listed: bool) -> object | None:
        if element.VR == "SQ":
            return Sequence(self(item, depth=depth + 1) for item in element.value or ())
        return self.keeper.kept(element, listed=listed)

    def _dummy(self, element: DataElement, depth: int) -> object:
        """Return a dummy; of a sequence the same items, all of their values dummies."""
        if element.VR == "UI":
            return self.keeper.kept(element)
        if element.VR != "SQ":
            return dummy_value(element.VR)
        items = Sequence()
        for item in element.value or ():
            dummies = Dataset()
            for inner in self(item, depth=depth + 1):
                value = self._dummy(inner, depth + 1)
                dummies[inner.tag] = DataElement(inner.tag, inner.VR, value)
            items.append(dummies)
        return items

    def _unlisted(self, element: DataElement, depth: int) -> Iterator[DataElement]:
        """Judge what the table doesn't name: it stays as its VR allows, if MR images have it."""
        known = element.keyword in mr_attributes()
        value = self._kept(element, depth, listed=False) if known else None
        if value is None and element.keyword in _REQUIRED_TEXTS:
            value = REMOVED
        if value is None:
            self.tally.add(Action.REMOVE, element)
            return
        action = Action.KEEP if value == element.value else Action.CLEAN
        self.tally.add(Action.CLEAN if element.VR == "SQ" else action, element)
        yield DataElement(element.tag, element.VR, value)

    def _private(self, element: DataElement, dataset: Dataset) -> Iterator[DataElement]:
        found = safe_creator(element, dataset)
        value = None if found is None else self.keeper.kept(element)
        if found is None or value is None:
            if not element.tag.is_private_creator:
                self.tally.add(Action.REMOVE, element)
            return
        place, creator = found
        self.tally.add(Action.KEEP, element)
        yield DataElement(place, "LO", creator)
        yield DataElement(element.tag, element.VR, value)
