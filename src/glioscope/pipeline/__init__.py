"""Composes the rooms: one case, a cohort, resume, the run manifest."""

from glioscope.pipeline.analyze import analyze, find
from glioscope.pipeline.cohort import CohortRow, analyze_cohort
from glioscope.pipeline.config import AnalyzeConfig, Source
from glioscope.pipeline.evaluate import BRATS_REGIONS, evaluate_labels, scores_table
from glioscope.pipeline.outputs import write_case, write_segmentation
from glioscope.pipeline.parts import measure_labels, prepare_folder, segment_folder

__all__ = [
    "BRATS_REGIONS",
    "AnalyzeConfig",
    "CohortRow",
    "Source",
    "analyze",
    "analyze_cohort",
    "evaluate_labels",
    "find",
    "measure_labels",
    "prepare_folder",
    "scores_table",
    "segment_folder",
    "write_case",
    "write_segmentation",
]
