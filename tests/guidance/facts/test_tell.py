"""Facts as people write them."""

from __future__ import annotations

import pytest

from glioscope.core import InputError
from glioscope.guidance import load_vocabulary, told_facts


@pytest.mark.parametrize(
    ("pair", "name", "value"),
    [
        ("idh=mutant", "idh", "mutant"),
        ("IDH = Mutant", "idh", "mutant"),
        ("1p/19q=codeleted", "1p19q", "codeleted"),
        ("prior_radiotherapy=YES", "prior-radiotherapy", "yes"),
        ("sex=f", "sex", "F"),
        ("kps=80", "kps", 80.0),
        ("kps=80 %", "kps", 80.0),
        ("steroids=4mg", "dexamethasone-mg", 4.0),
        ("platelets=150 10^9/L", "platelets", 150.0),
        ("+7/-10=gain-loss", "chr7-10", "gain-loss"),
    ],
)
def test_a_fact_is_understood_in_the_ways_people_write_it(
    pair: str, name: str, value: str | float
) -> None:
    assert told_facts([pair]) == {name: value}


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        (["idh"], "fact=value"),
        (["colour=red"], "no such fact"),
        (["methylation=yes"], "guidance facts"),
        (["platelet=100"], "did you mean platelets"),
        (["idh=maybe"], "give mutant or wildtype"),
        (["kps=eighty"], "give a number"),
        (["kps=120"], "0 to 100"),
        (["platelets=150 mg"], "give a number in 10\\^9/L"),
        (["age-years=nan"], "give a number"),
        (["age-years=1e9"], "give a number"),
        (["idh=mutant", "IDH=wildtype"], "told twice"),
        (["entity=glioblastoma"], "no such fact"),
    ],
)
def test_a_fact_that_is_unknown_or_can_not_be_true_is_refused(pairs: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        told_facts(pairs)


def test_the_same_fact_told_twice_alike_is_one_fact() -> None:
    assert told_facts(["idh=mutant", "idh=Mutant"]) == {"idh": "mutant"}


def test_an_error_repeats_neither_a_long_text_nor_control_characters() -> None:
    with pytest.raises(InputError) as caught:
        told_facts(["\x1b[31mevil" + "x" * 5000 + "=1"])

    assert len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)


def test_every_fact_can_be_told_in_its_own_words() -> None:
    for entry in load_vocabulary().facts.values():
        if entry.derived:
            continue
        value = f"{entry.high:g}" if entry.kind == "number" else entry.choices[-1]

        assert set(told_facts([f"{entry.id}={value}"])) == {entry.id}
