"""How good held-out predictions are, with intervals over patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from glioscope.core import Entity, Evidence, Target
from glioscope.evaluation import (
    Interval,
    PairedDifference,
    auc,
    bootstrap_metric,
    calibration,
    paired_metric,
    uno_c,
)
from glioscope.learning.tables.crossvalidation import (
    HeldOut,
    HeldOutSurvival,
    probabilities_of,
    truth,
)
from glioscope.learning.tables.lines import Bools, Floats
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.survival import outcome
from glioscope.prediction import OUTCOMES, marginal

TAU_DAYS: Final = 1826.0
"""Uno's C looks at the first five years."""

Repeats = Sequence[Sequence[HeldOut]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One yes-or-no question.

    Args:
        target: Whose outcome it asks for.
        outcome: Its name.
        asked: Patients whose answer is known, shape ``(N,)``.
        labels: The answers, shape ``(N,)``.
    """

    target: Target
    outcome: str
    asked: Bools
    labels: Bools


def questions(patients: Sequence[LabeledPatient]) -> dict[Target, Question]:
    """Return what is asked: IDH-mutant, grade 4, 1p/19q-codeleted as the table records it."""
    everyone = np.ones(len(patients), dtype=bool)
    asked = {
        (Target.IDH, "mutant"): (everyone, [p.idh_mutant for p in patients]),
        (Target.GRADE, "4"): (everyone, [p.grade == 4 for p in patients]),
        (Target.CODELETION, "codeleted"): (
            np.array([p.codeleted is not None for p in patients]),
            [bool(p.codeleted) for p in patients],
        ),
    }
    return {
        target: Question(target=target, outcome=name, asked=who, labels=np.array(labels, bool))
        for (target, name), (who, labels) in asked.items()
    }


def over_repeats(metric: Callable[..., float]) -> Callable[..., float]:
    """Return a metric of labels and a column of scores as its mean over the columns."""

    def mean(labels: Bools, scores: Floats) -> float:
        return float(np.mean([metric(labels, column) for column in scores.T]))

    return mean


def expected_error(labels: Bools, probabilities: Floats) -> float:
    """Return the expected calibration error, 10 bins."""
    return calibration(labels, probabilities).expected_calibration_error


def auc_interval(question: Question, found: Repeats) -> Interval:
    """Return the AUC, the mean over the repeats, with its interval."""
    scores = probabilities_of(found, question.target, question.outcome)[question.asked]
    return bootstrap_metric(over_repeats(auc), question.labels[question.asked], scores)


def auc_gain(question: Question, ours: Repeats, theirs: Repeats) -> PairedDifference:
    """Return how much greater the AUC of one model is than that of another."""
    columns = [
        probabilities_of(found, question.target, question.outcome)[question.asked]
        for found in (ours, theirs)
    ]
    return paired_metric(
        over_repeats(auc), question.labels[question.asked], ours=columns[0], theirs=columns[1]
    )


def evidence_of(
    patients: Sequence[LabeledPatient], found: Repeats, baseline: Repeats, *, data: str
) -> dict[Target, Evidence]:
    """Return the evidence of one pattern of inputs.

    Args:
        patients: Scored.
        found: Held out, of the pattern.
        baseline: Held out, of age and sex alone.
        data: Name of the data set.
    """
    evidence = {Target.ENTITY: _accuracy_evidence(patients, found, baseline, data=data)}
    for target, question in questions(patients).items():
        if len(set(question.labels[question.asked].tolist())) < 2:
            continue
        interval, base = auc_interval(question, found), auc_interval(question, baseline)
        labels = question.labels[question.asked]
        scores = probabilities_of(found, target, question.outcome)[question.asked]
        evidence[target] = Evidence(
            metric="AUC of grade 4" if target is Target.GRADE else "AUC",
            value=_short(interval.mean),
            low=_short(interval.low),
            high=_short(interval.high),
            baseline=_short(base.mean),
            majority=_short(max(labels.mean(), 1 - labels.mean())),
            calibration_error=_short(over_repeats(expected_error)(labels, scores)),
            patients=len(labels),
            data=data,
        )
    return evidence


def told_evidence(
    patients: Sequence[LabeledPatient], found: Repeats, baseline: Repeats, *, idh: str, data: str
) -> dict[Target, Evidence]:
    """Return the evidence among the patients of one IDH status that was told.

    Args:
        patients: All that were scored.
        found: Held out, of the pattern, nothing told.
        baseline: Held out, of age and sex alone.
        idh: ``"mutant"`` or ``"wildtype"``.
        data: Name of the data set.
    """
    own = [i for i, patient in enumerate(patients) if truth(patient, Target.IDH) == idh]
    among = [patients[i] for i in own]
    ours, base = (
        [[_told(repeat[i], idh) for i in own] for repeat in repeats]
        for repeats in (found, baseline)
    )
    evidence = evidence_of(among, ours, base, data=f"{data}, all IDH-{idh},")
    left = {Target.ENTITY, Target.GRADE} | ({Target.CODELETION} if idh == "mutant" else set())
    return {target: one for target, one in evidence.items() if target in left}


def _told(held_out: HeldOut, idh: str) -> HeldOut:
    """Condition one held-out prediction on the IDH status."""
    members = {entity.value for entity in OUTCOMES[Target.IDH][idh]}
    free = held_out.probabilities[Target.ENTITY]
    left = {name: p if name in members else 0.0 for name, p in free.items()}
    total = sum(left.values())
    told = {Entity(name): p / total for name, p in left.items()}
    return HeldOut(
        probabilities={target: marginal(told, target) for target in OUTCOMES}, sets=held_out.sets
    )


def survival_evidence(
    patients: Sequence[LabeledPatient],
    found: Sequence[HeldOutSurvival],
    baseline: Sequence[HeldOutSurvival],
    *,
    data: str,
) -> Evidence:
    """Return Uno's C of held-out risks."""
    interval, base = uno_interval(patients, found), uno_interval(patients, baseline)
    return Evidence(
        metric="C-index (Uno)",
        value=_short(interval.mean),
        low=_short(interval.low),
        high=_short(interval.high),
        baseline=_short(base.mean),
        majority=None,
        calibration_error=None,
        patients=len(patients),
        data=data,
    )


def uno_interval(
    patients: Sequence[LabeledPatient], found: Sequence[HeldOutSurvival], *, resamples: int = 500
) -> Interval:
    """Return Uno's C, the mean over the repeats, with its interval."""
    days, died = outcome(patients)
    score = partial(uno_c, days, died, tau_days=TAU_DAYS)

    def mean(own_days: Floats, own_died: Bools, risks: Floats) -> float:
        return float(np.mean([score(own_days, own_died, risk) for risk in risks.T]))

    risks = np.stack([one.risk for one in found], axis=1)
    return bootstrap_metric(mean, days, died, risks, resamples=resamples)


def coverage_of(
    patients: Sequence[LabeledPatient], found: Repeats, target: Target
) -> Mapping[str, float]:
    """Return how often the sets held the truth: of all, by outcome, and how large they are."""
    truths = [truth(patient, target) for patient in patients]
    held = np.array(
        [[true in one.sets[target] for true, one in zip(truths, r, strict=True)] for r in found]
    )
    sizes = np.mean([[len(one.sets[target]) for one in repeat] for repeat in found])
    rates = {"all": float(held.mean()), "size": float(sizes)}
    for name in sorted(Counter(truths)):
        own = np.array([true == name for true in truths])
        rates[name] = float(held[:, own].mean())
    return rates


def right_and_sure(
    patients: Sequence[LabeledPatient], found: Repeats, target: Target
) -> tuple[Floats, Floats]:
    """Return whether the most probable outcome was right and its probability, ``(R, N)`` each."""
    truths = [truth(patient, target) for patient in patients]
    right, sure = [], []
    for repeat in found:
        best = [max(one.probabilities[target].items(), key=lambda item: item[1]) for one in repeat]
        right.append([name == true for (name, _), true in zip(best, truths, strict=True)])
        sure.append([probability for _, probability in best])
    return np.array(right, dtype=np.float64), np.array(sure)


def _accuracy_evidence(
    patients: Sequence[LabeledPatient], found: Repeats, baseline: Repeats, *, data: str
) -> Evidence:
    right, sure = right_and_sure(patients, found, Target.ENTITY)
    base, _ = right_and_sure(patients, baseline, Target.ENTITY)
    interval = bootstrap_metric(lambda rows: float(np.mean(rows)), right.T)
    shares = Counter(truth(patient, Target.ENTITY) for patient in patients)
    errors = [expected_error(r.astype(bool), s) for r, s in zip(right, sure, strict=True)]
    return Evidence(
        metric="accuracy",
        value=_short(interval.mean),
        low=_short(interval.low),
        high=_short(interval.high),
        baseline=_short(float(base.mean())),
        majority=_short(max(shares.values()) / len(patients)),
        calibration_error=_short(float(np.mean(errors))),
        patients=len(patients),
        data=data,
    )


def _short(value: float) -> float:
    return round(float(value), 4)
