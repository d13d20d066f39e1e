"""The way from the scanner's files to a number, as named steps that numbers refer to."""

from __future__ import annotations

from glioscope.core import CaseResult, ModelInfo, Region
from glioscope.report.assessment_words import inputs_text
from glioscope.report.plain import Json
from glioscope.report.words import SEQUENCE_NAMES, sequences_text, used_sequences


def provenance(result: CaseResult) -> dict[str, str]:
    """Return the steps by name, each in a sentence or two a radiologist understands."""
    steps = {
        "read": _read(result),
        "prepare": _prepare(result),
        "segment": _segment(result),
        "measure": _measure(result),
    }
    location = result.findings.location
    if location is not None:
        steps["locate"] = (
            f"The brain was registered to the MNI ICBM 152 template and structures were named by"
            f" {location.atlas}."
        )
    if result.assessment is not None:
        steps["predict"] = f"Type, grade and markers. {inputs_text(result.assessment)}"
    return steps


def provenance_json(result: CaseResult) -> list[Json]:
    """Return the steps in order."""
    return [{"step": step, "what": what} for step, what in provenance(result).items()]


def _read(result: CaseResult) -> str:
    return (
        f"{sequences_text(result.case.sequences)} were chosen from the series given and read with"
        " their geometry; quality was measured before any change."
    )


def _prepare(result: CaseResult) -> str:
    reference = SEQUENCE_NAMES[result.case.reference]
    spacing = " × ".join(f"{size:.3g}" for size in result.case.brain.spacing_mm)
    alignments = result.case.alignments
    aligned = bool(alignments) and all(alignment.already_aligned for alignment in alignments)
    how = "came aligned" if aligned else f"were brought rigidly to the {reference}"
    return (
        f"The sequences {how} and were put onto one grid of {spacing} mm; the brain was extracted,"
        " corrected for the bias field and normalized, unless a remark says that it came so."
    )


def _segment(result: CaseResult) -> str:
    model = result.segmentation.model
    if model is None:
        return "The labels came from elsewhere, such as an expert's mask; no network was used."
    return f"{_model(model)} labeled every voxel from {sequences_text(used_sequences(result))}."


def _model(model: ModelInfo) -> str:
    members = "one network" if model.members == 1 else f"the mean of {model.members} networks"
    return f"Model {model.name} {model.version} ({members}; {model.runtime})"


def _measure(result: CaseResult) -> str:
    measurements = result.findings.measurements
    volume = measurements.volumes.get(Region.WT)
    how = f" ({volume.method})" if volume else ""
    labels = f"Volumes{how}, diameters and shape were computed from the labels alone"
    if not measurements.intensity:
        return f"{labels}."
    return f"{labels}, intensity from the T1c before normalization, its bias field removed."
