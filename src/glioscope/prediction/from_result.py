"""Inputs from a result.json that the main job wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from glioscope.core import InputError, Patient
from glioscope.prediction.groups import MIDLINE_DISTANCE
from glioscope.prediction.inputs import Inputs


def inputs_from_result(result: Mapping[str, Any], patient: Patient) -> Inputs:
    """Return the inputs of a result.

    Args:
        result: As `glioscope.report` serializes it; of schema 1.0 it lacks intensities.
        patient: Age and sex, which overrule those in the result.

    Raises:
        InputError: If it is no result, or a value can't be true.
    """
    try:
        shape = result["measurements"]["shape"].get("whole_tumor", {})
        measured = _values(shape) | _values(result["measurements"].get("intensity", {}))
        aside = (result["location"] or {}).get("midline_distance")
        if aside is not None and aside["value"] is not None:
            measured[MIDLINE_DISTANCE] = float(aside["value"])
        own = patient_of(result)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"no result of glioscope analyze ({type(error).__name__}: {error}); give the"
        msg += " result.json, or the folder that holds it"
        raise InputError(msg) from error
    return Inputs(
        age_years=own.age_years if patient.age_years is None else patient.age_years,
        sex=patient.sex or own.sex,
        measured=measured,
    )


def patient_of(result: Mapping[str, Any]) -> Patient:
    """Return age and sex as a result holds them.

    Raises:
        KeyError: If it is no result.
    """
    own = result["patient"]
    age = None if own["age"] is None else float(own["age"]["value"])
    return Patient(age_years=age, sex=cast('Literal["F", "M", "O"] | None', own["sex"]))


def _values(quantities: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(quantity["value"])
        for name, quantity in quantities.items()
        if quantity["value"] is not None
    }
