"""One distribution over the entities: it adds up, and facts condition it as Bayes says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.core import Entity, InputError, Target
from glioscope.prediction import FAMILIES, OUTCOMES, Joint, Known, Linear, Softmax, marginal

ONES = np.ones(2)
FEW = st.floats(-6, 6)


def joint_of(weights: list[float], other_grade_2: float = 0.6) -> Joint:
    """Return a joint distribution over two features from 18 numbers."""
    numbers = np.array(weights)
    return Joint(
        families=Softmax(
            mean=0 * ONES,
            scale=ONES,
            weights=numbers[:10].reshape(5, 2),
            intercepts=numbers[10:15],
        ),
        codeleted=Linear(
            mean=0 * ONES, scale=ONES, weights=numbers[15:17], intercept=float(numbers[17])
        ),
        other_grade_2=other_grade_2,
    )


def weights() -> st.SearchStrategy[list[float]]:
    return st.lists(FEW, min_size=18, max_size=18)


def vectors() -> st.SearchStrategy[list[float]]:
    return st.lists(FEW, min_size=2, max_size=2)


PLAIN = joint_of([0.0] * 18)

# glioblastoma, other, mutant of grade 2, 3, 4; a quarter of the mutants of grade 2 and 3 codeleted
PAPER = Joint.combined(np.array([0.5, 0.1, 0.2, 0.12, 0.08]), 0.25)


def named(distribution: Mapping[Entity, float]) -> dict[str, float]:
    return {entity.name: value for entity, value in distribution.items() if value > 0}


def test_families_and_codeletion_make_the_entities_as_on_paper() -> None:
    assert list(PAPER) == list(Entity)
    assert named(PAPER) == pytest.approx(
        {
            "GLIOBLASTOMA_4": 0.5,
            "OTHER": 0.1,
            "ASTROCYTOMA_2": 0.15,
            "OLIGODENDROGLIOMA_2": 0.05,
            "ASTROCYTOMA_3": 0.09,
            "OLIGODENDROGLIOMA_3": 0.03,
            "ASTROCYTOMA_4": 0.08,
        }
    )


def test_markers_are_sums_of_entities_as_on_paper() -> None:
    assert marginal(PAPER, Target.IDH) == pytest.approx({"mutant": 0.4, "wildtype": 0.6})
    assert marginal(PAPER, Target.CODELETION) == pytest.approx({"codeleted": 0.08, "intact": 0.92})
    assert marginal(PAPER, Target.GRADE) == pytest.approx(
        {"2": 0.2, "3": 0.12, "4": 0.58, "none": 0.1}
    )


def test_the_entities_are_those_of_the_classification() -> None:
    # Louis et al., Neuro Oncol 2021;23(8):1231
    facts = {entity.name: (entity.idh_mutant, entity.codeleted, entity.grade) for entity in Entity}

    assert facts == {
        "GLIOBLASTOMA_4": (False, False, 4),
        "ASTROCYTOMA_2": (True, False, 2),
        "ASTROCYTOMA_3": (True, False, 3),
        "ASTROCYTOMA_4": (True, False, 4),
        "OLIGODENDROGLIOMA_2": (True, True, 2),
        "OLIGODENDROGLIOMA_3": (True, True, 3),
        "OTHER": (False, False, None),
    }


@pytest.mark.parametrize("target", OUTCOMES)
def test_the_outcomes_of_a_target_share_out_all_entities(target: Target) -> None:
    members = [entity for entities in OUTCOMES[target].values() for entity in entities]

    assert sorted(members) == sorted(Entity)


def test_families_share_out_all_entities_the_intact_one_first() -> None:
    assert sorted(e for members in FAMILIES.values() for e in members) == sorted(Entity)
    for members in FAMILIES.values():
        assert [entity.codeleted for entity in members] == [False, True][: len(members)]


@given(weights=weights(), features=vectors())
def test_no_weights_make_an_impossible_patient(weights: list[float], features: list[float]) -> None:
    found = joint_of(weights).distribution(np.array(features))

    assert sum(found.values()) == pytest.approx(1.0, abs=1e-12)
    assert all(0 <= probability <= 1 for probability in found.values())
    idh, grade = marginal(found, Target.IDH), marginal(found, Target.GRADE)
    arms = marginal(found, Target.CODELETION)
    for outcomes in (idh, grade, arms):
        assert sum(outcomes.values()) == pytest.approx(1.0, abs=1e-12)
    assert arms["codeleted"] <= idh["mutant"]
    assert arms["codeleted"] <= grade["2"] + grade["3"] + 1e-12
    assert grade["none"] <= idh["wildtype"]
    assert idh["mutant"] >= grade["2"] + grade["3"] - 1e-12
    assert sum(p for e, p in found.items() if e.grade == 4 and e.codeleted) == 0
    assert sum(p for e, p in found.items() if not e.idh_mutant and e.codeleted) == 0


def test_a_known_mutation_conditions_as_bayes_does_by_hand() -> None:
    told = PLAIN.conditioned(PAPER, Known(idh="mutant"))

    assert named(told) == pytest.approx(
        {
            "ASTROCYTOMA_2": 0.375,
            "OLIGODENDROGLIOMA_2": 0.125,
            "ASTROCYTOMA_3": 0.225,
            "OLIGODENDROGLIOMA_3": 0.075,
            "ASTROCYTOMA_4": 0.2,
        }
    )
    assert PLAIN.probability(PAPER, Known(idh="mutant")) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("grade", "entities", "share_of_other"),
    [
        ("2", {"ASTROCYTOMA_2": 0.15, "OLIGODENDROGLIOMA_2": 0.05}, 0.6),
        ("3", {"ASTROCYTOMA_3": 0.09, "OLIGODENDROGLIOMA_3": 0.03}, 0.4),
    ],
)
def test_other_keeps_the_part_that_has_the_grade_told(
    grade: Any, entities: dict[str, float], share_of_other: float
) -> None:
    left = {**entities, "OTHER": 0.1 * share_of_other}

    told = PLAIN.conditioned(PAPER, Known(grade=grade))

    assert named(told) == pytest.approx({k: v / sum(left.values()) for k, v in left.items()})
    assert PLAIN.probability(PAPER, Known(grade=grade)) == pytest.approx(sum(left.values()))


def test_a_wildtype_tumor_of_grade_4_is_a_glioblastoma() -> None:
    told = PLAIN.conditioned(PAPER, Known(idh="wildtype", grade="4"))

    assert named(told) == {"GLIOBLASTOMA_4": 1.0}


def test_nothing_told_changes_nothing() -> None:
    assert PLAIN.conditioned(PAPER, Known()) == pytest.approx(PAPER)
    assert PLAIN.probability(PAPER, Known(mgmt="methylated")) == pytest.approx(1.0)


@given(weights=weights(), features=vectors(), grade=st.sampled_from(["2", "3", "4"]))
def test_facts_told_one_after_the_other_are_facts_told_together(
    weights: list[float], features: list[float], grade: Any
) -> None:
    joint = joint_of(weights)
    free = joint.distribution(np.array(features))

    first = joint.conditioned(free, Known(idh="mutant"))
    both = joint.conditioned(first, Known(grade=grade))

    assert both == pytest.approx(joint.conditioned(free, Known(idh="mutant", grade=grade)))
    assert sum(both.values()) == pytest.approx(1.0)


def test_a_tumor_that_is_hardly_codeleted_can_be_told_to_be() -> None:
    joint = joint_of([0.0] * 17 + [-50.0])

    told = joint.conditioned(joint.distribution(ONES), Known(codeletion="codeleted"))

    assert named(told) == pytest.approx({"OLIGODENDROGLIOMA_2": 0.5, "OLIGODENDROGLIOMA_3": 0.5})


def test_facts_that_leave_no_probability_are_refused() -> None:
    certain = {entity: float(entity is Entity.GLIOBLASTOMA_4) for entity in Entity}

    with pytest.raises(InputError, match="leave no entity of WHO CNS 2021"):
        PLAIN.conditioned(certain, Known(idh="mutant"))


def test_a_joint_comes_back_from_json() -> None:
    rng = np.random.default_rng(3)
    joint = joint_of(rng.normal(size=18).tolist(), other_grade_2=1 / 3)

    back = Joint.from_json(json.loads(json.dumps(joint.to_json())))

    assert back.distribution(ONES) == pytest.approx(joint.distribution(ONES), abs=1e-5)
    assert back.other_grade_2 == pytest.approx(1 / 3, abs=1e-6)
