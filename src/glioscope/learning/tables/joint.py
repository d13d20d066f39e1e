"""The joint distribution of one pattern of inputs, learned with its calibration and its sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.model_selection import StratifiedKFold

from glioscope.core import Entity, Target
from glioscope.learning.tables.lines import (
    Bools,
    Floats,
    Ints,
    LineSpec,
    calibrating_line,
    calibrating_softmax,
    fit_line,
    fit_softmax,
    line_loss,
    softmax_loss,
)
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.prediction import (
    CONFIDENCE,
    FAMILIES,
    OUTCOMES,
    Joint,
    Linear,
    PatternModel,
    Softmax,
    expit,
    marginal,
    softmax,
    threshold,
)

FAMILY_SPEC: Final = LineSpec(strengths=(0.02, 0.03, 0.05))

CODELETED_SPEC: Final = LineSpec(
    strengths=(0.3, 1.0, 3.0),
    # few patients, and shape alone tells most: the rest must earn its weight
    soft=("age", "sex", "enhancement pattern", "brightness", "location"),
)

_OLIGODENDROGLIOMAS: Final = frozenset((Entity.OLIGODENDROGLIOMA_2, Entity.OLIGODENDROGLIOMA_3))


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConfig:
    """Of the inner folds.

    Args:
        folds: Inner folds.
        repeats: Of the inner folds.
        seed: Of the folds.
        calibrate: Switched off only to measure what it brings.
    """

    folds: int = 5
    repeats: int = 3
    seed: int = 0
    calibrate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """The training patients of one pattern, as arrays.

    Args:
        groups: Of the features.
        features: Shape ``(N, F)``.
        entities: Of each patient.
        config: Of the inner folds.
    """

    groups: tuple[str, ...]
    features: Floats
    entities: tuple[Entity, ...]
    config: FitConfig

    @property
    def family(self) -> Ints:
        """Place of each patient's family, shape ``(N,)``."""
        place = {e: i for i, members in enumerate(FAMILIES.values()) for e in members}
        return np.array([place[entity] for entity in self.entities])

    @property
    def codeleted(self) -> Bools:
        """Whether each patient has an oligodendroglioma."""
        return np.array([entity.codeleted for entity in self.entities])

    @property
    def asked(self) -> Bools:
        """Whether 1p/19q decides the patient's entity: IDH-mutant of grade 2 or 3."""
        return np.array([e.idh_mutant and e.grade != 4 for e in self.entities])

    def folds(self) -> Iterator[tuple[int, Ints, Ints]]:
        """Yield repeat, seen and held out patients, the entities spread evenly."""
        for repeat in range(self.config.repeats):
            folds = StratifiedKFold(
                self.config.folds, shuffle=True, random_state=self.config.seed + repeat
            )
            for seen, held in folds.split(self.features, strata(self.entities)):
                yield repeat, seen, held


def fit_pattern(
    patients: Sequence[LabeledPatient],
    groups: tuple[str, ...],
    config: FitConfig | None = None,
) -> PatternModel:
    """Learn the joint distribution, its calibration and its sets.

    Penalties, calibration and thresholds all come from the same inner folds, whose patients no
    line had seen.

    Args:
        patients: With entity and every group.
        groups: A pattern.
        config: Of the inner folds.
    """
    lesson = Lesson(
        groups=groups,
        features=np.stack([patient.inputs.vector(groups) for patient in patients]),
        entities=tuple(entity_of(patient) for patient in patients),
        config=config or FitConfig(),
    )
    families, family_scores = _families(lesson)
    codeleted, codeletion_scores = _codeleted(lesson)
    grades = [p.grade for p in patients if p.entity is Entity.OTHER]
    # Laplace's rule of succession: a share of a handful of patients is never 0
    share = (grades.count(2) + 1) / (len(grades) + 2)
    joint = Joint(families=families, codeleted=codeleted, other_grade_2=share)
    thresholds = _thresholds(family_scores, codeletion_scores, lesson.entities)
    return PatternModel(joint=joint, thresholds=thresholds)


def strata(entities: Sequence[Entity]) -> list[str]:
    """Return what folds are spread evenly over.

    The two oligodendrogliomas of grade 3 are too few for a stratum of their own.
    """
    three, two = Entity.OLIGODENDROGLIOMA_3, Entity.OLIGODENDROGLIOMA_2
    return [(two if entity is three else entity).value for entity in entities]


def entity_of(patient: LabeledPatient) -> Entity:
    """Return the patient's entity.

    Raises:
        ValueError: If it is not known.
    """
    if patient.entity is None:
        msg = "a patient without an entity can't train the joint distribution"
        raise ValueError(msg)
    return patient.entity


def _families(lesson: Lesson) -> tuple[Softmax, Floats]:
    """Return the calibrated softmax and its scores out of fold, shape ``(R, N, K)``."""
    family, count = lesson.family, len(FAMILIES)
    shape = (lesson.config.repeats, len(family), count)
    scores = {strength: np.zeros(shape) for strength in FAMILY_SPEC.strengths}
    for repeat, seen, held in lesson.folds():
        for strength, held_out in scores.items():
            fitted = fit_softmax(
                lesson.features[seen], family[seen], strength=strength, families=count
            )
            held_out[repeat, held] = fitted.scores(lesson.features[held])
    best = min(scores, key=lambda strength: softmax_loss(scores[strength], family))
    slope, offsets = 1.0, np.zeros(count)
    if lesson.config.calibrate:
        slope, offsets = calibrating_softmax(scores[best], family)
    fitted = fit_softmax(lesson.features, family, strength=best, families=count)
    return fitted.rescaled(slope=slope, offsets=offsets), slope * scores[best] + offsets


def _codeleted(lesson: Lesson) -> tuple[Linear, Floats]:
    """Return the calibrated node and its scores out of fold, shape ``(R, N)``."""
    asked, positive = lesson.asked, lesson.codeleted
    shape = (lesson.config.repeats, len(asked))
    scores = {strength: np.zeros(shape) for strength in CODELETED_SPEC.strengths}
    for repeat, seen, held in lesson.folds():
        own = seen[asked[seen]]
        for strength, held_out in scores.items():
            line = _line(lesson, own, strength)
            held_out[repeat, held] = line(lesson.features[held])
    best = min(scores, key=lambda s: line_loss(scores[s][:, asked], positive[asked]))
    slope, offset = 1.0, 0.0
    if lesson.config.calibrate:
        slope, offset = calibrating_line(scores[best][:, asked], positive[asked])
    line = _line(lesson, np.flatnonzero(asked), best)
    return line.rescaled(slope=slope, offset=offset), slope * scores[best] + offset


def _line(lesson: Lesson, own: Ints, strength: float) -> Linear:
    return fit_line(
        lesson.features[own],
        lesson.codeleted[own],
        strength=strength,
        groups=lesson.groups,
        spec=CODELETED_SPEC,
    )


def _thresholds(
    family_scores: Floats, codeletion_scores: Floats, entities: Sequence[Entity]
) -> dict[Target, dict[str, float]]:
    """Return the conformal thresholds: the mean over the repeats, each valid by itself.

    The two oligodendrogliomas of grade 3 count with those of grade 2.
    """
    probabilities = softmax(family_scores)
    repeats = range(len(probabilities))
    held_out = [
        [
            Joint.combined(probabilities[r, i], expit(float(codeletion_scores[r, i])))
            for r in repeats
        ]
        for i in range(len(entities))
    ]
    thresholds: dict[Target, dict[str, float]] = {}
    for target, outcomes in OUTCOMES.items():
        thresholds[target] = {}
        for name, members in outcomes.items():
            pool = _OLIGODENDROGLIOMAS if set(members) <= _OLIGODENDROGLIOMAS else set(members)
            own = [i for i, entity in enumerate(entities) if entity in pool]
            each = [
                threshold(
                    [_of_truth(held_out[i][r], target, name, entities[i]) for i in own],
                    confidence=CONFIDENCE,
                )
                for r in repeats
            ]
            thresholds[target][name] = float(np.mean(each))
    return thresholds


def _of_truth(
    distribution: dict[Entity, float], target: Target, name: str, entity: Entity
) -> float:
    probabilities = marginal(distribution, target)
    return probabilities[entity.value if target is Target.ENTITY else name]
