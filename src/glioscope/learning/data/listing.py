"""What a data set holds: cases to learn from, and those left out with their reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glioscope.core import Sequence
from glioscope.io import LabelConvention


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a table says of a patient; ``None`` where it says nothing.

    Args:
        grade: WHO grade, 2 to 4.
        tumor_type: ``glioblastoma``, ``astrocytoma`` or ``oligodendroglioma``.
        idh_mutant: Whether IDH1 or IDH2 is mutated.
        codeleted: Whether 1p and 19q are both lost.
        mgmt_methylated: Whether the MGMT promoter is methylated.
        age_years: At the scan.
        sex: ``F`` or ``M``.
        survival_days: Until death, or until last seen.
        dead: Whether ``survival_days`` ends in death.
    """

    grade: int | None = None
    tumor_type: str | None = None
    idh_mutant: bool | None = None
    codeleted: bool | None = None
    mgmt_methylated: bool | None = None
    age_years: float | None = None
    sex: str | None = None
    survival_days: float | None = None
    dead: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase:
    """Files and facts of one case; nothing has been read but names, headers and tables.

    Args:
        case_id: Unique in a listing; a pseudonym of the data set.
        patient: Whose case it is, as the data set names him or her; several cases (time points)
            may be one patient's.
        source: The data set's name, such as ``BraTS 2021``.
        images: NIfTI of each sequence that is there, at least one.
        labels: NIfTI of the expert's labels; ``None`` for a case without any.
        whole_tumor_only: Whether the labels are one mask of the whole tumor, any value above 0.
        convention: What the numbers of the labels mean, for ``io.read_labels``; ``None`` where
            they tell it themselves.
        brain: NIfTI of the brain mask that travels with the case, if one does.
        facts: What tables say.
    """

    case_id: str
    patient: str
    source: str
    images: Mapping[Sequence, Path]
    labels: Path | None = None
    whole_tumor_only: bool = False
    convention: LabelConvention | None = None
    brain: Path | None = None
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A case that nobody can learn from.

    Args:
        case_id: As in ``ListedCase``.
        reason: What is wrong, in one line.
    """

    case_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The cases of one or several data sets, sorted by ``case_id``, and those left out."""

    cases: tuple[ListedCase, ...]
    left_out: tuple[LeftOut, ...] = ()
