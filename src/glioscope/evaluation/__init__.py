"""Metrics with confidence intervals."""

from glioscope.evaluation.bootstrap import (
    Interval,
    PairedDifference,
    bootstrap_interval,
    paired_bootstrap,
)
from glioscope.evaluation.case import CaseScores, RegionScores, evaluate_case
from glioscope.evaluation.cohort import METRICS, CohortScores, evaluate_cohort
from glioscope.evaluation.lesionwise import (
    LesionRules,
    LesionWiseScores,
    lesion_wise_dice,
    lesion_wise_scores,
)
from glioscope.evaluation.overlap import dice, iou, mean_iou
from glioscope.evaluation.surface import (
    ABSENT_HD95_MM,
    SurfaceDistances,
    hd95_mm,
    normalized_surface_dice,
)

__all__ = [
    "ABSENT_HD95_MM",
    "METRICS",
    "CaseScores",
    "CohortScores",
    "Interval",
    "LesionRules",
    "LesionWiseScores",
    "PairedDifference",
    "RegionScores",
    "SurfaceDistances",
    "bootstrap_interval",
    "dice",
    "evaluate_case",
    "evaluate_cohort",
    "hd95_mm",
    "iou",
    "lesion_wise_dice",
    "lesion_wise_scores",
    "mean_iou",
    "normalized_surface_dice",
    "paired_bootstrap",
]
