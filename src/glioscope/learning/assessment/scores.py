"""The scores of a run, or of the folds of a cross-validation, and what they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from glioscope.core import Region
from glioscope.core import Sequence as Mri
from glioscope.evaluation import (
    ClassScores,
    CohortScores,
    FoldSummary,
    Interval,
    SequenceValues,
    SubsetScore,
    Table,
    UncertaintyQuality,
    VoxelCalibration,
    interval_text,
)
from glioscope.evaluation.sequence_value import SEQUENCE_NAMES
from glioscope.learning.assessment.case import CaseAssessment
from glioscope.learning.assessment.settings import Settings

FORMAT = "glioscope-scores-1"

MEAN = "mean"
"""Name of the mean Dice of the three regions, beside those of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FewSubsets:
    """Dice of every subset of fewer than four sequences.

    Args:
        full: Of all.
        subsets: Small ones first, all last; the loss is to all.
        left_out: Cases that were not scored on every subset.
    """

    full: Interval
    subsets: tuple[SubsetScore, ...]
    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return asdict(self)

    def subsets_table(self) -> Table:
        """Return a row a subset."""
        rows = tuple(
            (
                "+".join(SEQUENCE_NAMES[sequence] for sequence in part.sequences),
                interval_text(part.score),
                interval_text(part.loss, signed=True),
            )
            for part in self.subsets
        )
        return Table(header=("sequences", "score", "loss to all"), rows=rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Which weights were judged.

    Args:
        file: Below the folder of the run.
        sha256: Of that file.
        network: Name of the network.
        grid: Training grid that it saw.
    """

    file: str
    sha256: str
    network: str
    grid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScores:
    """The scores of one run, or of several that were each tested on other patients.

    Args:
        runs: Names and weights.
        settings: What was measured.
        sequences: Of the networks.
        notes: What whoever reads the scores must know first.
        cases: What they are made of.
        threads: Of the CPU, behind the seconds of a case.
        cohort: Of the labels; ``None`` without segmentation.
        subsets: Dice by subset of the sequences: ``mean`` of the regions, and each region.
        calibration: By region and place.
        uncertainty: Likewise; empty without dropout or draws.
        answers: By question.
        folds: By metric; empty for one run.
    """

    runs: Mapping[str, Weights]
    settings: Settings
    sequences: tuple[Mri, ...]
    notes: tuple[str, ...]
    cases: tuple[CaseAssessment, ...]
    threads: int
    cohort: CohortScores | None = None
    subsets: Mapping[str, SequenceValues | FewSubsets] = field(default_factory=dict)
    calibration: Mapping[Region, Mapping[str, VoxelCalibration]] = field(default_factory=dict)
    uncertainty: Mapping[Region, Mapping[str, UncertaintyQuality]] = field(default_factory=dict)
    answers: Mapping[str, ClassScores] = field(default_factory=dict)
    folds: Mapping[str, FoldSummary] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Mean time of a case."""
        return sum(case.seconds for case in self.cases) / len(self.cases)

    @property
    def patients(self) -> int:
        """Number of them."""
        return len({case.patient for case in self.cases})

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        cohort = None if self.cohort is None else self.cohort.as_json()
        return {
            "format": FORMAT,
            "notes": list(self.notes),
            "runs": {run: asdict(weights) for run, weights in self.runs.items()},
            "settings": asdict(self.settings),
            "sequences": [str(sequence) for sequence in self.sequences],
            "patients": self.patients,
            "seconds_per_case": self.seconds,
            "threads": self.threads,
            # the cases stand below, with all that is known of them
            "scores": cohort and {key: cohort[key] for key in ("regions", "mean_iou")},
            "subsets": {name: values.as_json() for name, values in self.subsets.items()},
            "calibration": _by_place(self.calibration),
            "uncertainty": _by_place(self.uncertainty),
            "answers": {head: scores.as_json() for head, scores in self.answers.items()},
            "folds": {metric: summary.as_json() for metric, summary in self.folds.items()},
            "cases": [case.as_json() for case in self.cases],
        }


def _by_place(
    found: Mapping[Region, Mapping[str, VoxelCalibration | UncertaintyQuality]],
) -> dict[str, dict[str, Any]]:
    return {
        str(region): {place: part.as_json() for place, part in places.items()}
        for region, places in found.items()
    }
