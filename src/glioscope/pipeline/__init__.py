"""Composes the rooms: one case, a cohort, predictions alone, resume, the run manifest.

Names are imported when they are asked for: predictions from a result need neither ITK nor the
network's runtime, and must not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glioscope.pipeline.cohort import CohortRow, Manner, analyze_cohort
    from glioscope.pipeline.config import AnalyzeConfig, Source
    from glioscope.pipeline.evaluate import BRATS_REGIONS, evaluate_labels, scores_table
    from glioscope.pipeline.export_config import ExportConfig, Standard
    from glioscope.pipeline.exports import export_result
    from glioscope.pipeline.outputs import write_case, write_segmentation
    from glioscope.pipeline.parts import measure_labels, prepare_folder, segment_folder
    from glioscope.pipeline.patient import analyze, find
    from glioscope.pipeline.plans import PlanRequest, plan_patient
    from glioscope.pipeline.predict import (
        CasePrediction,
        TableRow,
        predict_result,
        predict_table,
        read_patients,
        read_result_json,
    )

__all__ = [
    "BRATS_REGIONS",
    "AnalyzeConfig",
    "CasePrediction",
    "CohortRow",
    "ExportConfig",
    "Manner",
    "PlanRequest",
    "Source",
    "Standard",
    "TableRow",
    "analyze",
    "analyze_cohort",
    "evaluate_labels",
    "export_result",
    "find",
    "measure_labels",
    "plan_patient",
    "predict_result",
    "predict_table",
    "prepare_folder",
    "read_patients",
    "read_result_json",
    "scores_table",
    "segment_folder",
    "write_case",
    "write_segmentation",
]

_HOMES = {
    "cohort": ("CohortRow", "Manner", "analyze_cohort"),
    "config": ("AnalyzeConfig", "Source"),
    "evaluate": ("BRATS_REGIONS", "evaluate_labels", "scores_table"),
    "export_config": ("ExportConfig", "Standard"),
    "exports": ("export_result",),
    "outputs": ("write_case", "write_segmentation"),
    "parts": ("measure_labels", "prepare_folder", "segment_folder"),
    "patient": ("analyze", "find"),
    "plans": ("PlanRequest", "plan_patient"),
    "predict": (
        "CasePrediction",
        "TableRow",
        "predict_result",
        "predict_table",
        "read_patients",
        "read_result_json",
    ),
}
"""Module by the names that live in it; none of them is also the name of a module."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's names have every type
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    msg = f"module {__name__} has no attribute {name}"
    raise AttributeError(msg)
