"""Whether images tell MGMT: the same features, asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.stats import rankdata
from sklearn.model_selection import StratifiedKFold

from glioscope.core import Evidence
from glioscope.evaluation import auc, bootstrap_metric
from glioscope.learning.tables.lines import (
    Bools,
    Floats,
    LineSpec,
    calibrating_line,
    fit_line,
    line_loss,
)
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.scores import over_repeats
from glioscope.prediction import PATTERNS

_SPEC: Final = LineSpec(strengths=(0.001, 0.003, 0.01, 0.03, 0.1))


def mgmt_evidence(patients: Sequence[LabeledPatient], *, data: str, repeats: int = 5) -> Evidence:
    """Return how well MGMT is told from everything, out of fold, the penalty chosen inside.

    Args:
        patients: Those without a clear test are left out.
        data: Name of the data set.
        repeats: Of five folds.
    """
    told = [patient for patient in patients if patient.mgmt_methylated is not None]
    labels = np.array([bool(patient.mgmt_methylated) for patient in told])
    ours = _held_out(told, labels, PATTERNS[0], repeats)
    base = _held_out(told, labels, ("age", "sex"), repeats)
    interval = bootstrap_metric(over_repeats(auc), labels, ours)
    return Evidence(
        metric="AUC",
        value=round(interval.mean, 4),
        low=round(interval.low, 4),
        high=round(interval.high, 4),
        baseline=round(over_repeats(auc)(labels, base), 4),
        majority=round(float(max(labels.mean(), 1 - labels.mean())), 4),
        calibration_error=None,
        patients=len(told),
        data=data,
    )


def _held_out(
    patients: Sequence[LabeledPatient], labels: Bools, groups: tuple[str, ...], repeats: int
) -> Floats:
    """Return held-out scores as ranks within their fold, a column a repeat."""
    features = np.stack([patient.inputs.vector(groups) for patient in patients])
    found = np.zeros((len(labels), repeats))
    for repeat in range(repeats):
        split = StratifiedKFold(5, shuffle=True, random_state=100 + repeat)
        for seen, held in split.split(features, labels):
            scores = _scores(features[seen], labels[seen], features[held], groups)
            # where nothing is told, all of a fold get the share of the others, which is lower the
            # more of its own are methylated: pooled as they are, folds would score below chance
            found[held, repeat] = rankdata(scores) / len(held)
    return found


def _scores(seen: Floats, labels: Bools, held: Floats, groups: tuple[str, ...]) -> Floats:
    inner = {strength: np.zeros((1, len(labels))) for strength in _SPEC.strengths}
    for own, left in StratifiedKFold(5, shuffle=True, random_state=0).split(seen, labels):
        for strength, scores in inner.items():
            line = fit_line(seen[own], labels[own], strength=strength, groups=groups, spec=_SPEC)
            scores[0, left] = line(seen[left])
    best = min(inner, key=lambda strength: line_loss(inner[strength], labels))
    slope, offset = calibrating_line(inner[best], labels)
    line = fit_line(seen, labels, strength=best, groups=groups, spec=_SPEC)
    return np.asarray(slope * line(held) + offset)
