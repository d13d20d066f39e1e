"""All patterns, the domain and the neighbors as one model that can be shipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.covariance import LedoitWolf
from sklearn.model_selection import KFold

from glioscope.core import Evidence, Target
from glioscope.learning.tables.crossvalidation import truth
from glioscope.learning.tables.joint import entity_of, fit_pattern
from glioscope.learning.tables.lines import Floats
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.survival import (
    SURVIVAL_DAYS,
    fit_survival,
    kps_effect,
)
from glioscope.prediction import (
    EVERY,
    IMAGE_GROUPS,
    MGMT_LEAST_AUC,
    OUTCOMES,
    PATTERNS,
    QUARTERS,
    SURVIVAL_PATTERNS,
    Domain,
    Neighbors,
    PredictionModel,
    feature_names,
)

_OUTSIDE_SHARE = 1 / 200
"""Of the training patients, out of fold, that the domain's limit leaves outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What cross-validation measured, to be told with each prediction.

    Args:
        mgmt: Whether images tell MGMT.
        evidence: By pattern and target.
        evidence_told: By pattern, then the IDH status that was told, then target.
        survival: By pattern, then what was told.
        sex_gain: By target.
    """

    mgmt: Evidence
    evidence: Mapping[tuple[str, ...], Mapping[Target, Evidence]]
    evidence_told: Mapping[tuple[str, ...], Mapping[str, Mapping[Target, Evidence]]]
    survival: Mapping[tuple[str, ...], Mapping[str, Evidence]]
    sex_gain: Mapping[Target, float]


def learn(
    patients: Sequence[LabeledPatient],
    tcga: Sequence[LabeledPatient],
    measured: Measured,
    *,
    version: str,
) -> PredictionModel:
    """Learn everything on all patients.

    Args:
        patients: One a patient, with entity and all groups.
        tcga: For the effect of the Karnofsky status.
        measured: By cross-validation.
        version: Of the weights.

    Raises:
        ValueError: If images do tell MGMT by now, which the product says they do not.
    """
    if measured.mgmt.low > MGMT_LEAST_AUC:
        msg = (
            f"the interval of MGMT's AUC starts at {measured.mgmt.low:.2f}, above"
            f" {MGMT_LEAST_AUC:.2f}: give it a model of its own before this ships"
        )
        raise ValueError(msg)
    patterns = {
        groups: replace(
            fit_pattern(patients, groups),
            evidence=measured.evidence[groups],
            evidence_told=measured.evidence_told[groups],
        )
        for groups in PATTERNS
    }
    survival = {
        groups: replace(fit_survival(patients, groups), evidence=measured.survival[groups])
        for groups in SURVIVAL_PATTERNS
    }
    kps_per_ten, kps_mean, _ = kps_effect(tcga)
    return PredictionModel(
        version=version,
        patterns=patterns,
        survival=survival,
        days=np.array(SURVIVAL_DAYS),
        kps_per_ten=kps_per_ten,
        kps_mean=kps_mean,
        mgmt=measured.mgmt,
        sex_gain=measured.sex_gain,
        shares={target: shares(patients, target) for target in OUTCOMES},
        domain=learn_domain(patients),
        neighbors=learn_neighbors(patients),
    )


def shares(patients: Sequence[LabeledPatient], target: Target) -> dict[str, float]:
    """Return the share of the patients that each outcome has."""
    counts = Counter(truth(patient, target) for patient in patients)
    return {name: round(counts[name] / len(patients), 6) for name in OUTCOMES[target]}


def learn_domain(patients: Sequence[LabeledPatient]) -> Domain:
    """Learn where the patients lie, and how far out one of 200 that was not seen lies."""
    features = np.stack([patient.inputs.vector(IMAGE_GROUPS) for patient in patients])
    ages = [p.inputs.age_years for p in patients if p.inputs.age_years is not None]
    whole = _spread(features)
    combinations = {
        tuple(g for g in IMAGE_GROUPS if g in pattern or (place and g == "location"))
        for pattern in PATTERNS
        if "shape" in pattern
        for place in (False, True)
    }
    distances: dict[str, list[float]] = {"+".join(images): [] for images in combinations}
    for seen, held in KFold(5, shuffle=True, random_state=0).split(features):
        mean, covariance = _spread(features[seen])
        own = Domain(mean=mean, covariance=covariance, limits={}, youngest_years=0, oldest_years=0)
        for name, found in distances.items():
            images = tuple(name.split("+"))
            found += [own.distance(patients[i].inputs, images) for i in held]
    limits = {name: float(np.quantile(d, 1 - _OUTSIDE_SHARE)) for name, d in distances.items()}
    return Domain(
        mean=whole[0],
        covariance=whole[1],
        limits=dict(sorted(limits.items())),
        youngest_years=float(min(ages)),
        oldest_years=float(max(ages)),
    )


def learn_neighbors(patients: Sequence[LabeledPatient]) -> Neighbors:
    """Keep the patients, coarsely and without ids.

    Who holds the public table can still tell whose row is whose; that table is all they find.
    """
    groups = ("age", "sex", *IMAGE_GROUPS)
    features = np.stack([patient.inputs.vector(groups) for patient in patients])
    mean, scale = features.mean(axis=0), features.std(axis=0)
    if feature_names(groups) != EVERY:
        msg = "the features of the neighbors are out of order"
        raise ValueError(msg)
    quarters = np.rint((features - mean) / scale * QUARTERS).astype(np.int16)
    rows = zip((_summary(patient) for patient in patients), quarters, strict=True)
    # sorted, so that the order of the table, which is that of its ids, is lost
    ordered = sorted(rows, key=lambda row: (str(row[0]), row[1].tolist()))
    return Neighbors(
        mean=mean,
        scale=scale,
        features=np.stack([features for _, features in ordered]),
        summaries=tuple(summary for summary, _ in ordered),
    )


def _summary(patient: LabeledPatient) -> tuple[str, int, str, int | None, bool | None]:
    months = None if patient.os_days is None else 3 * round(patient.os_days / 365.25 * 4)
    band = int((patient.inputs.age_years or 0) // 5 * 5)
    return entity_of(patient).value, band, patient.inputs.sex or "O", months, patient.died


def _spread(features: Floats) -> tuple[Floats, Floats]:
    """Return mean and covariance, shrunk in units of standard deviations (Ledoit and Wolf 2004)."""
    mean, scale = features.mean(axis=0), features.std(axis=0)
    shrunk = LedoitWolf().fit((features - mean) / scale).covariance_
    return mean, shrunk * np.outer(scale, scale)
