"""Metrics with confidence intervals, and the registry that keeps patients on one side."""

from glioscope.evaluation.ablation import Ablation, RunScore, compare_runs
from glioscope.evaluation.bootstrap import (
    Interval,
    PairedDifference,
    bootstrap_interval,
    paired_bootstrap,
)
from glioscope.evaluation.calibration import Calibration, ReliabilityBin, calibration
from glioscope.evaluation.case import CaseScores, RegionScores, evaluate_case
from glioscope.evaluation.classes import ClassScores, OneVsRest, class_scores
from glioscope.evaluation.cohort import METRICS, CohortScores, evaluate_cohort
from glioscope.evaluation.concordance import harrell_c, uno_c
from glioscope.evaluation.discrimination import auc
from glioscope.evaluation.fold_summary import FoldScore, FoldSummary, summarize_folds
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
from glioscope.evaluation.resampling import bootstrap_metric, paired_metric
from glioscope.evaluation.roc import RocCurve, roc_curve
from glioscope.evaluation.selective import selective_accuracy
from glioscope.evaluation.sequence_value import (
    SUBSETS,
    SequenceValue,
    SequenceValues,
    SubsetScore,
    sequence_values,
    shapley_value,
)
from glioscope.evaluation.surface import (
    ABSENT_HD95_MM,
    SurfaceDistances,
    hd95_mm,
    normalized_surface_dice,
)
from glioscope.evaluation.survival_curve import KaplanMeier, kaplan_meier, log_rank
from glioscope.evaluation.survival_error import (
    SurvivalGroup,
    brier_at,
    calibration_at,
    integrated_brier,
)
from glioscope.evaluation.table import Table, interval_text
from glioscope.evaluation.voxel_calibration import (
    UncertaintyBin,
    UncertaintyQuality,
    VoxelCalibration,
    sparsification_error,
    uncertainty_quality,
    voxel_calibration,
)
from glioscope.evaluation.voxel_tally import VoxelBins, VoxelTally, near_region, tally_voxels

__all__ = [
    "ABSENT_HD95_MM",
    "METRICS",
    "SUBSETS",
    "Ablation",
    "Calibration",
    "CaseScores",
    "ClassScores",
    "CohortScores",
    "DataSet",
    "Doubt",
    "FoldScore",
    "FoldSummary",
    "IdColumn",
    "Interval",
    "KaplanMeier",
    "LeakageRegistry",
    "LeakageReport",
    "LesionRules",
    "LesionWiseScores",
    "OneVsRest",
    "PairedDifference",
    "PatientId",
    "RegionScores",
    "ReliabilityBin",
    "RocCurve",
    "RunScore",
    "SequenceValue",
    "SequenceValues",
    "SharedPatient",
    "SubsetScore",
    "SurfaceDistances",
    "SurvivalGroup",
    "Table",
    "UncertaintyBin",
    "UncertaintyQuality",
    "VoxelBins",
    "VoxelCalibration",
    "VoxelTally",
    "auc",
    "bootstrap_interval",
    "bootstrap_metric",
    "brier_at",
    "calibration",
    "calibration_at",
    "check_disjoint",
    "class_scores",
    "compare_runs",
    "dice",
    "evaluate_case",
    "evaluate_cohort",
    "harrell_c",
    "hd95_mm",
    "integrated_brier",
    "interval_text",
    "iou",
    "kaplan_meier",
    "lesion_wise_dice",
    "lesion_wise_scores",
    "log_rank",
    "mean_iou",
    "near_region",
    "normalized_surface_dice",
    "paired_bootstrap",
    "paired_metric",
    "read_id",
    "read_id_column",
    "roc_curve",
    "selective_accuracy",
    "sequence_values",
    "shapley_value",
    "sparsification_error",
    "summarize_folds",
    "tally_voxels",
    "uncertainty_quality",
    "uno_c",
    "voxel_calibration",
]
