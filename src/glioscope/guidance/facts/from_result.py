"""A written result to facts: what was told with it, what was measured, what is only predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from glioscope.core import InputError
from glioscope.guidance.facts.facts import Facts, FactValue, PredictedMarker

_MARKERS: Final = ("idh", "1p19q", "grade", "mgmt")
_BELOW_TENTORIUM: Final = frozenset({"cerebellum", "midbrain", "pons", "medulla", "brainstem"})
_MIDLINE: Final = frozenset({"brainstem", "thalamus", "hypothalamus and ventral diencephalon"})
_LEAST_ENHANCEMENT_ML: Final = 0.1
"""A few stray voxels of a segmentation are not yet an enhancing tumor; below it nothing is said."""


def facts_from_result(result: Mapping[str, Any]) -> Facts:
    """Return the facts of a ``result.json``.

    Markers that the user told for the analysis are told here too.  A predicted marker stays a
    predicted one, with the outcomes that its set can't exclude.

    Args:
        result: Content of ``result.json``, schema version 1.x.

    Raises:
        InputError: If it is no result of an analysis.
    """
    try:
        return Facts(told=_told(result), measured=_measured(result), predicted=_predicted(result))
    except (KeyError, TypeError, ValueError) as error:
        msg = (
            f"result.json is not one of Glioscope or damaged (at {error});"
            " give the folder that `glioscope analyze -o` wrote, or analyze again"
        )
        raise InputError(msg) from error


def _told(result: Mapping[str, Any]) -> Mapping[str, FactValue]:
    patient = result["patient"]
    told: dict[str, FactValue] = {}
    age = (patient.get("age") or {}).get("value")
    if age is not None:
        told["age-years"] = float(age)
    if patient.get("sex"):
        told["sex"] = str(patient["sex"])
    predictions = (result.get("assessment") or {}).get("predictions", {})
    for marker in _MARKERS:
        known = predictions.get(marker, {}).get("known")
        if known is not None:
            told[marker] = str(known)
    known = result.get("configuration", {}).get("known", {})
    if known.get("resection"):
        told["resection"] = str(known["resection"])
    if known.get("kps") is not None:
        told["kps"] = float(known["kps"])
    return told


def _measured(result: Mapping[str, Any]) -> Mapping[str, FactValue]:
    used = set(result["sequences"]["used"])
    measured: dict[str, FactValue] = {"t1c-available": _yes("t1c" in used)}
    if not result["has_tumor"]:
        return measured
    enhancing = result["measurements"]["volumes"]["enhancing_tumor"]["value"]
    if "t1c" in used and enhancing is not None:
        if enhancing == 0.0:
            measured["enhancement"] = "absent"
        elif enhancing >= _LEAST_ENHANCEMENT_ML:
            measured["enhancement"] = "present"
    if result["measurements"]["multifocal"] is not None:
        measured["multifocal"] = _yes(result["measurements"]["multifocal"])
    return {**measured, **_place(result["location"])}


def _place(location: Mapping[str, Any] | None) -> Mapping[str, FactValue]:
    if not location or not location["main_lobe"]:
        return {}
    involved = {one["structure"] for one in location["involvement"].get("whole_tumor", ())}
    measured: dict[str, FactValue] = {"midline-location": _yes(location["main_lobe"] in _MIDLINE)}
    if not involved & _BELOW_TENTORIUM:
        measured["supratentorial"] = "yes"
    elif location["main_lobe"] in _BELOW_TENTORIUM:
        measured["supratentorial"] = "no"
    shift = (location.get("midline_shift") or {}).get("value")
    if shift is not None:
        measured["midline-shift-mm"] = round(float(shift), 1)  # no plan hangs on less
    return measured


def _predicted(result: Mapping[str, Any]) -> Mapping[str, PredictedMarker]:
    predictions = (result.get("assessment") or {}).get("predictions", {})
    found: dict[str, PredictedMarker] = {}
    for marker in _MARKERS:
        prediction = predictions.get(marker, {})
        outcomes = [o for o in prediction.get("outcomes", ()) if o["name"] != "none"]
        if outcomes and prediction.get("known") is None:
            found[marker] = PredictedMarker(
                outcome=str(outcomes[0]["name"]),
                probability=float(outcomes[0]["probability"]),
                possible=tuple(str(o["name"]) for o in outcomes if o["in_set"]),
                others={str(o["name"]): float(o["probability"]) for o in outcomes[1:]},
            )
    return found


def _yes(value: object) -> str:
    return "yes" if value else "no"
