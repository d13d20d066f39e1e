"""What two lists of patients have in common, and what nobody can tell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

_NAMED_IN_ERRORS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPatient:
    """A patient on both sides.

    Args:
        train_ids: All ids of the training list that mean this patient, as given.
        test_ids: Those of the test list.
    """

    train_ids: tuple[str, ...]
    test_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Two data sets that have patients in common, without a table that says which.

    Args:
        train_set: Name of the data set, and whether its source is known.
        test_set: The other.
        train_ids: Ids concerned, as given.
        test_ids: Ids concerned, as given.
    """

    train_set: str
    test_set: str
    train_ids: tuple[str, ...]
    test_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakageReport:
    """What is known of the overlap of two lists of patients.

    Args:
        train_patients: Number of different patients in the training list, as far as known.
        test_patients: In the test list.
        shared: Patients on both sides.
        unknown_train: Ids that the registry does not hold; only their own spellings were
            compared, so that the patient may be on the other side under another name.
        unknown_test: Those of the test list.
        doubts: Where an overlap can't be excluded.
    """

    train_patients: int
    test_patients: int
    shared: tuple[SharedPatient, ...]
    unknown_train: tuple[str, ...]
    unknown_test: tuple[str, ...]
    doubts: tuple[Doubt, ...]

    @property
    def disjoint(self) -> bool:
        """Whether no patient is known to be on both sides; no proof while ids are unknown."""
        return not self.shared

    @property
    def proven(self) -> bool:
        """Whether the sides are disjoint and nothing was unknown or in doubt."""
        return self.disjoint and not (self.unknown_train or self.unknown_test or self.doubts)

    def refusal(self) -> str:
        """Return the message that refuses this mixture, with the first patients' ids."""
        pairs = [f"{s.train_ids[0]} = {s.test_ids[0]}" for s in self.shared[:_NAMED_IN_ERRORS]]
        more = len(self.shared) - len(pairs)
        named = ", ".join(pairs) + (f" and {more} more" if more else "")
        return (
            f"patients on both sides of the split: {len(self.shared)} ({named}); take them out of"
            " the training or of the test list (`glioscope leakage TRAIN.csv TEST.csv` lists all)"
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return {"disjoint": self.disjoint, "proven": self.proven, **asdict(self)}
