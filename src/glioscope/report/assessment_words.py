"""How the report words a prediction, and which of its numbers may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from glioscope.core import Assessment, Entity, Evidence, Outcome, Prediction, Target
from glioscope.report.numbers import fixed, percent
from glioscope.report.words import capitalized

CAUTION: Final = "Predicted from imaging; tissue diagnosis needed"
"""Stands at every prediction, in these words."""

TOLD: Final = "told by the pathologist"

SCOPE: Final = (
    "Only diffuse gliomas of adults before treatment are told apart; a metastasis, a lymphoma or"
    " another disease is not among the answers. What is predicted never stands for a test of the"
    " tissue."
)

TARGET_NAMES: Final[Mapping[Target, str]] = MappingProxyType(
    {
        Target.ENTITY: "Tumor type and grade (WHO CNS 2021)",
        Target.GRADE: "WHO grade",
        Target.IDH: "IDH status",
        Target.CODELETION: "1p/19q status",
        Target.MGMT: "MGMT promoter methylation",
    }
)

SURVIVAL_NAME: Final = "Overall survival"

ENTITY_NAMES: Final[Mapping[Entity, str]] = MappingProxyType(
    {
        Entity.GLIOBLASTOMA_4: "Glioblastoma, IDH-wildtype, grade 4",
        Entity.ASTROCYTOMA_2: "Astrocytoma, IDH-mutant, grade 2",
        Entity.ASTROCYTOMA_3: "Astrocytoma, IDH-mutant, grade 3",
        Entity.ASTROCYTOMA_4: "Astrocytoma, IDH-mutant, grade 4",
        Entity.OLIGODENDROGLIOMA_2: ("Oligodendroglioma, IDH-mutant and 1p/19q-codeleted, grade 2"),
        Entity.OLIGODENDROGLIOMA_3: ("Oligodendroglioma, IDH-mutant and 1p/19q-codeleted, grade 3"),
        Entity.OTHER: "Other: IDH-wildtype, lower grade by histology; needs further markers",
    }
)

_OUTCOME_NAMES: Final[Mapping[Target, Mapping[str, str]]] = MappingProxyType(
    {
        Target.ENTITY: {str(entity): name for entity, name in ENTITY_NAMES.items()},
        Target.GRADE: {
            "2": "grade 2",
            "3": "grade 3",
            "4": "grade 4",
            "none": "no grade before further markers are known",
        },
        Target.IDH: {"mutant": "IDH-mutant", "wildtype": "IDH-wildtype"},
        Target.CODELETION: {"codeleted": "1p/19q-codeleted", "intact": "1p/19q intact"},
        Target.MGMT: {"methylated": "methylated", "unmethylated": "unmethylated"},
    }
)


def outcome_name(target: Target, name: str) -> str:
    """Return an outcome in the terms of WHO CNS 2021; one that is not known as it is."""
    return _OUTCOME_NAMES[target].get(name, name)


def shown_predictions(assessment: Assessment) -> tuple[Prediction, ...]:
    """Return the predictions in the order of the targets; none where the model abstained."""
    if assessment.abstained is not None:
        return ()
    found = assessment.predictions
    return tuple(found[target] for target in Target if target in found)


def shown_outcomes(prediction: Prediction) -> tuple[Outcome, ...]:
    """Return the outcomes whose probabilities may be shown, most probable first.

    None where the pathologist has told, and none where nothing says that images tell.
    """
    if prediction.known is not None or prediction.statement is not None:
        return ()
    return tuple(sorted(prediction.outcomes, key=lambda outcome: -outcome.probability))


def standing(prediction: Prediction) -> str:
    """Return what must stand beside it: the caution, who told it, or that nothing is known."""
    if prediction.known is not None:
        return TOLD
    if shown_outcomes(prediction):
        return CAUTION
    return prediction.statement or "no prediction; test the tissue"


def standing_sentence(prediction: Prediction) -> str:
    """Return the sentence that replaces the numbers of a prediction that shows none."""
    if prediction.known is None:
        return f"{TARGET_NAMES[prediction.target]}: {standing(prediction)}."
    known = capitalized(outcome_name(prediction.target, prediction.known))
    return f"{known}: {TOLD}, so this is not a prediction."


def confidence_text(prediction: Prediction) -> str:
    """Return such as "90%"."""
    return f"{round(100.0 * prediction.confidence, 1):g}%"


def set_text(prediction: Prediction) -> str:
    """Return which outcomes can't be excluded, with how much confidence."""
    names = [
        outcome_name(prediction.target, o.name) for o in shown_outcomes(prediction) if o.in_set
    ]
    head = f"The {confidence_text(prediction)} set"
    if not names:
        return f"{head} is empty: no answer fits as answers did in training, so trust none."
    held = "holds only" if len(names) == 1 else "can't exclude any of"
    return f"{head} {held}: {'; '.join(names)}.{_left_out(prediction)}"


def _left_out(prediction: Prediction) -> str:
    """Explain a set that leaves the most probable answer out: it is fair to every answer alike."""
    best = prediction.outcomes[0]
    if best.in_set:
        return ""
    return (
        " The most probable answer is not in it: of the patients for whom it is true, fewer than"
        f" {percent(1 - prediction.confidence)} got so low a probability of it."
    )


def measured_text(evidence: Evidence) -> str:
    """Return the metric with its interval, such as "AUC 0.91 (95% interval 0.88 to 0.94)"."""
    interval = f"{fixed(evidence.low, 2)} to {fixed(evidence.high, 2)}"
    return f"{evidence.metric} {fixed(evidence.value, 2)} (95% interval {interval})"


def evidence_text(evidence: Evidence | None) -> str:
    """Return how good predictions of this kind were, and what simpler ones reach."""
    if evidence is None:
        return "How good such predictions are was not measured."
    parts = [f"How good such predictions are: {_compared(evidence)}"]
    if evidence.majority is not None:
        parts.append(
            f"always naming the most frequent answer is right in {percent(evidence.majority)}"
        )
    if evidence.calibration_error is not None:
        parts.append(f"calibration error {fixed(evidence.calibration_error, 3)} (0 is perfect)")
    return f"{'; '.join(parts)}."


def tried_text(evidence: Evidence | None) -> str:
    """Return how well it was tried to predict what images do not tell; no probability."""
    if evidence is None:
        return "Whether imaging tells was not measured."
    return f"What was measured: {_compared(evidence)}."


def _compared(evidence: Evidence) -> str:
    seen = f"on {evidence.patients} patients of {evidence.data} that the model had not seen"
    text = f"{measured_text(evidence)} {seen}, with the same kinds of inputs"
    if evidence.baseline is None:
        return text
    return f"{text}; age and sex alone reach {fixed(evidence.baseline, 2)}"


def inputs_text(assessment: Assessment) -> str:
    """Return which model predicted from what."""
    inputs = ", ".join(assessment.inputs) or "none"
    return f"Model: {assessment.model or 'not named'}. Inputs: {inputs}."
