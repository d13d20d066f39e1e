"""An Observation for each question that was answered from the images."""

from __future__ import annotations

from collections.abc import Iterator

from glioscope.io.dicom_out.codes_sr import outcome_code, probability_code, target_code
from glioscope.io.fhir.numbers import observation
from glioscope.io.fhir.setting import Setting
from glioscope.io.fhir.terms import Json, concept, defined, narrative, quantity
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.stated import Stated, StatedOutcome, stated


def prediction_observations(result: WrittenResult, setting: Setting) -> Iterator[tuple[str, Json]]:
    """Yield URN and Observation of every prediction, and of what the pathologist told.

    A prediction has no value, only a component with the probability of each answer: nothing that
    a system could file as the patient's tested status.
    """
    for one in stated(result):
        urn = setting.urn("prediction", str(one.target))
        fields = _told(one, one.known) if one.known is not None else _predicted(one, result)
        yield urn, observation(urn, setting, note=[{"text": one.caution}], **fields)


def _told(one: Stated, known: str) -> Json:
    code = target_code(one.target)
    return {
        "text": narrative(f"{code.meaning}: {known}, as told; not predicted."),
        "code": concept(code.meaning, code),
        "valueCodeableConcept": concept(known, outcome_code(one.target, known)),
        "method": {"text": "as the pathologist told, not predicted"},
    }


def _predicted(one: Stated, result: WrittenResult) -> Json:
    code = target_code(one.target)
    answers = [f"{answer.label}: probability {answer.probability}" for answer in one.outcomes]
    return {
        "text": narrative(f"{code.meaning}. {one.caution}", *answers),
        "code": concept(f"{code.meaning}, predicted from imaging", code),
        "method": {"text": f"predicted by {result.content['assessment']['model']}"},
        **({} if answers else {"dataAbsentReason": _UNKNOWN}),
        "component": [_answer(one, answer) for answer in one.outcomes],
    }


_UNKNOWN: Json = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
            "code": "unknown",
            "display": "Unknown",
        }
    ],
    "text": "the images do not tell",
}


def _answer(one: Stated, answer: StatedOutcome) -> Json:
    certainty = f"{100 * one.confidence:g}% confidence"
    verdict = "can't be excluded" if answer.in_set else "excluded"
    code = probability_code(one.target, answer.name)
    return defined(
        code=concept(f"probability of {answer.label}", code),
        valueQuantity=quantity(answer.probability, "1"),
        interpretation=[{"text": f"{verdict} with {certainty}"}],
    )
