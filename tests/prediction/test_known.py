"""Facts of the pathologist and the surgeon: reading them, and refusing those that can't be."""

from __future__ import annotations

from typing import Any

import pytest

from glioscope.core import Entity, InputError
from glioscope.prediction import Known, parse_known


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ([], Known()),
        (["idh=mutant"], Known(idh="mutant")),
        ([" IDH = Wildtype "], Known(idh="wildtype")),
        (["1p19q=intact", "grade=3"], Known(codeletion="intact", grade="3")),
        (["1p/19q=codeleted"], Known(codeletion="codeleted")),
        (
            ["mgmt=methylated", "resection=gross-total"],
            Known(mgmt="methylated", resection="gross-total"),
        ),
        (["kps=70"], Known(kps=70.0)),
        (["idh=mutant", "IDH=mutant"], Known(idh="mutant")),
    ],
)
def test_facts_are_read(facts: list[str], known: Known) -> None:
    assert parse_known(facts) == known


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (["tert=mutant"], "--known tert=mutant: give one of idh=..., 1p19q=..., grade="),
        (["mutant"], "--known mutant: give one of"),
        (["idh"], "--known idh: give idh=mutant or wildtype"),
        (["idh=maybe"], "--known idh=maybe: give idh=mutant or wildtype"),
        (["grade=1"], "--known grade=1: give grade=2 or 3 or 4"),
        (["kps="], "--known kps=: give a number from 0 to 100"),
        (["kps=good"], "--known kps=good: give a number from 0 to 100"),
        (["kps=120"], "kps 120: give a Karnofsky performance status from 0 to 100"),
        (["kps=nan"], "kps nan"),
        (["idh=mutant", "idh=wildtype"], "idh is told twice, as mutant and as wildtype"),
        (["idh=wildtype", "1p19q=codeleted"], "IDH wildtype, 1p/19q codeleted"),
    ],
)
def test_facts_that_are_not_understood_are_refused(facts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_known(facts)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"idh": "wildtype", "codeletion": "codeleted"}, "IDH wildtype, 1p/19q codeleted"),
        ({"grade": "4", "codeletion": "codeleted"}, "1p/19q codeleted, grade 4"),
    ],
)
def test_facts_that_contradict_one_another_are_refused(facts: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=f"no entity of WHO CNS 2021 is {told}; check"):
        Known(**facts)


@pytest.mark.parametrize(
    ("facts", "possible"),
    [
        ({}, set(Entity)),
        ({"idh": "wildtype"}, {Entity.GLIOBLASTOMA_4, Entity.OTHER}),
        ({"idh": "wildtype", "grade": "2"}, {Entity.OTHER}),
        ({"idh": "wildtype", "grade": "4"}, {Entity.GLIOBLASTOMA_4}),
        ({"idh": "mutant", "grade": "4"}, {Entity.ASTROCYTOMA_4}),
        ({"codeletion": "codeleted"}, {Entity.OLIGODENDROGLIOMA_2, Entity.OLIGODENDROGLIOMA_3}),
        (
            {"grade": "3"},
            {Entity.ASTROCYTOMA_3, Entity.OLIGODENDROGLIOMA_3, Entity.OTHER},
        ),
        (
            {"idh": "mutant", "codeletion": "intact"},
            {Entity.ASTROCYTOMA_2, Entity.ASTROCYTOMA_3, Entity.ASTROCYTOMA_4},
        ),
        ({"mgmt": "methylated", "resection": "biopsy", "kps": 60.0}, set(Entity)),
    ],
)
def test_facts_leave_the_entities_of_the_classification(
    facts: dict[str, Any], possible: set[Entity]
) -> None:
    assert set(Known(**facts).possible) == possible
