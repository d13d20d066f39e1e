"""Metrics with confidence intervals, and the registry that keeps patients on one side."""

from glioscope.evaluation.bootstrap import (
    Interval,
    PairedDifference,
    bootstrap_interval,
    paired_bootstrap,
)
from glioscope.evaluation.case import CaseScores, RegionScores, evaluate_case
from glioscope.evaluation.cohort import METRICS, CohortScores, evaluate_cohort
from glioscope.evaluation.id_column import IdColumn, read_id_column
from glioscope.evaluation.leakage import LeakageRegistry, check_disjoint
from glioscope.evaluation.leakage_report import Doubt, LeakageReport, SharedPatient
from glioscope.evaluation.lesionwise import (
    LesionRules,
    LesionWiseScores,
    lesion_wise_dice,
    lesion_wise_scores,
)
from glioscope.evaluation.overlap import dice, iou, mean_iou
from glioscope.evaluation.patient_ids import DataSet, PatientId, read_id
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
    "DataSet",
    "Doubt",
    "IdColumn",
    "Interval",
    "LeakageRegistry",
    "LeakageReport",
    "LesionRules",
    "LesionWiseScores",
    "PairedDifference",
    "PatientId",
    "RegionScores",
    "SharedPatient",
    "SurfaceDistances",
    "bootstrap_interval",
    "check_disjoint",
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
    "read_id",
    "read_id_column",
]
