"""CaseResult as plain JSON values: everything, each number with unit, region, method and path.

The shape is documented in ``result.schema.json`` beside this module and in
``docs/result-schema.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from glioscope.core import (
    REGION_LABELS,
    RESULT_SCHEMA_VERSION,
    Alignment,
    CaseResult,
    Choice,
    Label,
    Quality,
    Quantity,
    Region,
    Segmentation,
    Sequence,
)
from glioscope.report.numbers import SIGNIFICANT_DIGITS
from glioscope.report.plain import (
    PREPARED,
    READ,
    Json,
    grid_json,
    json_bytes,
    matrix_json,
    model_json,
    notice_json,
    patient_json,
    plain,
    point_json,
    quantity_json,
    without_folder,
)
from glioscope.report.provenance import provenance_json
from glioscope.report.serialize_assessment import assessment_json
from glioscope.report.serialize_findings import location_json, measurements_json
from glioscope.report.words import (
    MISSING_COSTS,
    REGION_ORDER,
    STATEMENT,
    all_notices,
    missing_sequences,
    used_sequences,
)


def result_to_json(result: CaseResult) -> dict[str, Any]:
    """Return everything that is known of a case as plain values; no voxels, dates or folders.

    Floats are rounded to 6 significant digits (affines to 10), keys have a fixed order, so the
    same result always gives the same bytes.

    Raises:
        OutputError: If a number is not finite.
    """
    return {
        "schema_version": RESULT_SCHEMA_VERSION,
        "statement": STATEMENT,
        "case_id": result.case.case_id,
        "patient": patient_json(result.patient),
        "has_tumor": result.findings.has_tumor,
        "conventions": _conventions(),
        "provenance": provenance_json(result),
        "sequences": _sequences_json(result),
        "segmentation": _segmentation_json(result),
        "measurements": measurements_json(result.findings.measurements),
        "location": location_json(result.findings.location, result.case.to_template),
        "assessment": None if result.assessment is None else assessment_json(result.assessment),
        "notices": [notice_json(notice) for notice in all_notices(result)],
        "versions": {name: result.versions[name] for name in sorted(result.versions)},
        "configuration": plain(result.configuration),
    }


def result_bytes(result: CaseResult) -> bytes:
    """Return result.json as it is written."""
    return json_bytes(result_to_json(result))


def result_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of result.json."""
    text = files("glioscope.report").joinpath("result.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _conventions() -> Json:
    return {
        "world": "RAS+ millimeters in the patient's own space, that of the reference sequence",
        "sides": "left and right are the patient's own",
        "undefined": "null, never 0",
        "significant_digits": SIGNIFICANT_DIGITS,
        "labels": {str(int(label)): label.name.lower() for label in Label},
        "regions": {
            str(region): [int(label) for label in REGION_LABELS[region]] for region in REGION_ORDER
        },
    }


def _sequences_json(result: CaseResult) -> Json:
    case = result.case
    return {
        "used": [str(sequence) for sequence in used_sequences(result)],
        "missing": [
            {"sequence": str(sequence), "cost": MISSING_COSTS[sequence]}
            for sequence in missing_sequences(result)
        ],
        "reference": str(case.reference),
        "choices": [_choice_json(choice) for choice in case.choices],
        "alignments": [_alignment_json(alignment) for alignment in case.alignments],
        "qualities": [_quality_json(quality) for quality in case.qualities],
        "case_grid": grid_json(case.brain),
        "reference_grid": grid_json(case.reference_grid),
    }


def _choice_json(choice: Choice) -> Json:
    probability = Quantity(
        name="content_probability",
        value=choice.content_probability,
        unit="1",
        region=None,
        method="probability of the sequence read from the image content",
    )
    return {
        "sequence": str(choice.sequence),
        "series_id": without_folder(choice.series_id),
        "by_tags": _name(choice.by_tags),
        "by_content": _name(choice.by_content),
        "by_name": _name(choice.by_name),
        "content_probability": quantity_json(probability, READ),
    }


def _alignment_json(alignment: Alignment) -> Json:
    moved = Quantity(
        name="moved",
        value=alignment.moved_mm,
        unit="mm",
        region=None,
        method="mean displacement over the brain by the rigid registration to the reference",
    )
    similarity = Quantity(
        name="similarity",
        value=alignment.similarity,
        unit="1",
        region=None,
        method="normalized mutual information with the reference after registration, 1 to 2",
    )
    return {
        "sequence": str(alignment.sequence),
        "already_aligned": alignment.already_aligned,
        "moved": quantity_json(moved, PREPARED),
        "similarity": quantity_json(similarity, PREPARED),
        "to_reference": matrix_json(alignment.to_reference),
    }


_QUALITY_METHODS: Mapping[str, tuple[str, str]] = {
    "coverage": ("mm", "extent of the acquired slices along the slice axis"),
    "snr": ("1", "mean of the foreground over the standard deviation of the background"),
    "contrast_to_noise": ("1", "distance of the two main tissue peaks over the noise"),
    "motion": ("1", "ghosting ratio along the worst axis; 0 is none"),
    "saturated": ("%", "foreground voxels at the maximum of the stored range"),
}


def _quality_json(quality: Quality) -> Json:
    values = {
        "coverage": quality.coverage_mm,
        "snr": quality.snr,
        "contrast_to_noise": quality.contrast_to_noise,
        "motion": quality.motion,
        "saturated": quality.saturated_percent,
    }
    numbers = {
        name: quantity_json(
            Quantity(name=name, value=values[name], unit=unit, region=None, method=method), READ
        )
        for name, (unit, method) in _QUALITY_METHODS.items()
    }
    return {
        "sequence": str(quality.sequence),
        "series_id": without_folder(quality.series_id),
        "shape": list(quality.shape),
        "spacing_mm": point_json(quality.spacing_mm),
        **numbers,
        "noise_slices": list(quality.noise_slices),
        "notices": [notice_json(notice) for notice in quality.notices],
    }


def _segmentation_json(result: CaseResult) -> Json:
    segmentation = result.segmentation
    return {
        "sequences": [str(sequence) for sequence in used_sequences(result)],
        "model": model_json(segmentation.model),
        "expected_dice": _dice_json(segmentation, segmentation.expected_dice),
        "complete_dice": _dice_json(segmentation, segmentation.complete_dice),
        "has_uncertainty": segmentation.uncertainty is not None,
    }


def _dice_json(
    segmentation: Segmentation, figures: Mapping[Region, tuple[float, float, float]]
) -> Json:
    name = segmentation.model.name if segmentation.model else "the model"
    return {
        str(region): quantity_json(
            Quantity(
                name="mean_dice",
                value=figures[region][0],
                unit="1",
                region=region,
                method=f"cross-validated by patient, from the card of {name}",
                low=figures[region][1],
                high=figures[region][2],
                interval="95% bootstrap interval of the mean over patients",
            ),
            (),
        )
        for region in REGION_ORDER
        if region in figures
    }


def _name(sequence: Sequence | None) -> str | None:
    return None if sequence is None else str(sequence)
