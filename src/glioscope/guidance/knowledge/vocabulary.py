"""The names that facts, treatments, tests and refusals go by; records and rules use no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeVar

from glioscope.guidance.knowledge.records import record, tables, unique

_PACKAGE: Final = "glioscope.guidance.knowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactEntry:
    """A fact that may be told of a patient, or be concluded.

    Args:
        id: As `--known` takes it.
        kind: One of several values, yes or no, or a number.
        question: What to find out.
        values: Of a choice.
        unit: Of a number.
        low: Least number that can be true.
        high: Greatest one.
        marker: Tissue decides it, so that a prediction never stands for it.
        derived: Rules conclude it; nobody tells it.
        informative: Shown to readers; no rule hangs on it.
        aliases: Other names that are understood.
    """

    id: str
    kind: Literal["choice", "flag", "number"]
    question: str
    values: tuple[str, ...] = ()
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    marker: bool = False
    derived: bool = False
    informative: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """What it may be; empty for a number."""
        return ("yes", "no") if self.kind == "flag" else self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentEntry:
    """A treatment that may be offered.

    Args:
        id: As rules name it.
        name: As a tumor board says it.
        components: What cautions and contra-indications are written about, such as
            ``"temozolomide"``.
    """

    id: str
    name: str
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEntry:
    """A test that may be ordered.

    Args:
        id: As rules name it.
        name: As a laboratory knows it.
    """

    __test__ = False  # pytest would take the class for one of its own

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalEntry:
    """A kind of refusal beside a contra-indicated treatment.

    Args:
        id: As rules name it.
        what: What is refused, in words.
        blocks: ``"options"`` where nothing at all may be offered beside it.
    """

    id: str
    what: str
    blocks: Literal["options", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All names, each kind in the order of its file.

    Args:
        facts: By id.
        treatments: By id, in the order in which options of one strength are shown.
        tests: By id, first to make first.
        refusals: By id.
    """

    facts: Mapping[str, FactEntry]
    treatments: Mapping[str, TreatmentEntry]
    tests: Mapping[str, TestEntry]
    refusals: Mapping[str, RefusalEntry]

    @property
    def components(self) -> frozenset[str]:
        """Of all treatments."""
        return frozenset(c for entry in self.treatments.values() for c in entry.components)


Entry = TypeVar("Entry", FactEntry, TreatmentEntry, TestEntry, RefusalEntry)


@cache
def load_vocabulary() -> Vocabulary:
    """Return the shipped vocabulary.

    Raises:
        InputError: If a file of it is damaged.
    """
    return Vocabulary(
        facts=_entries(FactEntry, "fact"),
        treatments=_entries(TreatmentEntry, "treatment"),
        tests=_entries(TestEntry, "test"),
        refusals=_entries(RefusalEntry, "refusal"),
    )


def _entries(kind: type[Entry], key: str) -> dict[str, Entry]:
    file = files(_PACKAGE).joinpath("data", f"{key}s.toml")
    found = (record(kind, table, file=file.name, names={}) for table in tables(file, key))
    return unique(((entry.id, entry) for entry in found), key)
