"""Scores over many patients, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from glioscope.core import InputError, Region
from glioscope.evaluation.bootstrap import Interval, bootstrap_interval
from glioscope.evaluation.case import CaseScores, RegionScores

METRICS = tuple(
    field.name for field in fields(RegionScores) if field.name not in {"truth_ml", "prediction_ml"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortScores:
    """The means of a cohort, with their intervals, and the cases behind them.

    Args:
        regions: By region, then by metric (``METRICS``).
        mean_iou: Of the three labels; ``None`` where no case has it.
        cases: What the means are made of.
    """

    regions: Mapping[Region, Mapping[str, Interval]]
    mean_iou: Interval | None
    cases: tuple[CaseScores, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return {
            "regions": {
                str(region): {metric: asdict(interval) for metric, interval in metrics.items()}
                for region, metrics in self.regions.items()
            },
            "mean_iou": None if self.mean_iou is None else asdict(self.mean_iou),
            "cases": [case.as_json() for case in self.cases],
        }


def evaluate_cohort(
    cases: Sequence[CaseScores],
    *,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
) -> CohortScores:
    """Summarize the scores of many cases.

    Args:
        cases: Scored by ``evaluate_case``; a region is averaged over the cases that have it.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        InputError: If there is no case, or the patients are not as many as the cases.
    """
    names = [case.case_id for case in cases] if patients is None else list(patients)
    if not cases or len(names) != len(cases):
        msg = f"{len(cases)} cases and {len(names)} patients; give at least one case, and one"
        msg += " patient a case"
        raise InputError(msg)
    present = [region for region in Region if any(region in case.regions for case in cases)]

    def interval(values: Sequence[tuple[str, float]]) -> Interval:
        return bootstrap_interval(
            [value for _, value in values],
            patients=[name for name, _ in values],
            seed=seed,
            resamples=resamples,
        )

    named = list(zip(names, cases, strict=True))
    regions = {
        region: {
            metric: interval(
                [(n, getattr(c.regions[region], metric)) for n, c in named if region in c.regions]
            )
            for metric in METRICS
        }
        for region in present
    }
    ious = [(name, case.mean_iou) for name, case in named if case.mean_iou is not None]
    return CohortScores(
        regions=regions, mean_iou=interval(ious) if ious else None, cases=tuple(cases)
    )
