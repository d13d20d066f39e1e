"""What a report says beside measurements: predictions, facts that were told, notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from highdicom.sr import (
    ContainerContentItem,
    ContentSequence,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.sr.codedict import codes

from glioscope.core import Severity
from glioscope.io.dicom_out.codes import BRAIN
from glioscope.io.dicom_out.codes_sr import (
    ABSTAINED,
    ALARM,
    NOT_EXCLUDED,
    NOTICE,
    PROBABILITY,
    QUALITATIVE_EVALUATIONS,
    STATEMENT,
    TOLD,
    outcome_code,
    probability_code,
    target_code,
)
from glioscope.io.dicom_out.identity import Identity
from glioscope.io.dicom_out.sr_groups import add_text, tracking
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.stated import Stated, abstained, notices, stated

_CONTAINS: Final = RelationshipTypeValues.CONTAINS


def prediction_groups(
    result: WrittenResult, identity: Identity
) -> Iterator[MeasurementsAndQualitativeEvaluations]:
    """Yield a group for every question that was asked.

    Each has the probability of every answer, the answers that can't be excluded, and the sentence
    that must stand beside them; or what the pathologist told; or, where images do not tell, that
    sentence alone.
    """
    for answer in stated(result):
        yield _told(answer, identity) if answer.known else _predicted(answer, identity)


def remarks(result: WrittenResult) -> ContainerContentItem:
    """Return the sentences on the whole report (TID 1500 row 12): what it is, and all notices."""
    container = ContainerContentItem(QUALITATIVE_EVALUATIONS, relationship_type=_CONTAINS)
    sentences = [TextContentItem(STATEMENT, str(result.content["statement"]), _CONTAINS)]
    reason = abstained(result)
    if reason is not None:
        sentences.append(TextContentItem(ABSTAINED, reason, _CONTAINS))
    sentences += [
        TextContentItem(
            ALARM if notice.severity is Severity.ALARM else NOTICE, notice.message, _CONTAINS
        )
        for notice in notices(result)
    ]
    container.ContentSequence = ContentSequence(sentences)
    return container


def _predicted(answer: Stated, identity: Identity) -> MeasurementsAndQualitativeEvaluations:
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(identity, f"predicted {answer.target}"),
        finding_type=target_code(answer.target),
        finding_sites=[FindingSite(BRAIN)],
        measurements=[
            Measurement(
                name=probability_code(answer.target, outcome.name),
                value=float(outcome.probability),
                unit=codes.UCUM.NoUnits,
                derivation=PROBABILITY,
            )
            for outcome in answer.outcomes
        ],
        qualitative_evaluations=[
            QualitativeEvaluation(NOT_EXCLUDED, outcome_code(answer.target, outcome.name))
            for outcome in answer.outcomes
            if outcome.in_set
        ],
    )
    add_text(group, codes.DCM.Comment, answer.caution)
    if answer.outcomes:
        add_text(group, codes.DCM.Comment, _set_in_words(answer))
    return group


def _set_in_words(answer: Stated) -> str:
    labels = "; ".join(outcome.label for outcome in answer.outcomes if outcome.in_set)
    return f"Can't be excluded with {answer.confidence:.0%} confidence: {labels}"


def _told(answer: Stated, identity: Identity) -> MeasurementsAndQualitativeEvaluations:
    value = outcome_code(answer.target, str(answer.known))
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(identity, f"told {answer.target}"),
        finding_type=target_code(answer.target),
        finding_sites=[FindingSite(BRAIN)],
        qualitative_evaluations=[QualitativeEvaluation(TOLD, value)],
    )
