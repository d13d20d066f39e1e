"""Values of sequences in games whose Shapley values are known."""

from __future__ import annotations

import json
from functools import partial
from itertools import permutations

import numpy as np
import pytest

from glioscope.core import InputError, Sequence
from glioscope.evaluation import bootstrap_interval, sequence_values
from glioscope.evaluation.sequence_value import FULL, SUBSETS, Subset

WORTH = {Sequence.T1: 0.05, Sequence.T1C: 0.4, Sequence.T2: 0.15, Sequence.FLAIR: 0.3}

quick = partial(sequence_values, resamples=100)


def additive(factor: float = 1.0) -> dict[Subset, float]:
    return {subset: factor * sum(WORTH[one] for one in subset) for subset in SUBSETS}


def test_there_are_fifteen_subsets_and_the_full_one_is_last() -> None:
    assert len(set(SUBSETS)) == 15
    assert [len(subset) for subset in SUBSETS] == [1] * 4 + [2] * 6 + [3] * 4 + [4]
    assert SUBSETS[-1] == FULL


def test_where_worths_add_up_the_value_is_the_worth() -> None:
    found = quick({"a": additive(), "b": additive(0.5)})

    for value in found.values:
        worth = 0.75 * WORTH[value.sequence]
        assert value.shapley.mean == pytest.approx(worth)
        assert value.alone.mean == pytest.approx(worth)
        assert value.loss_without.mean == pytest.approx(worth)
    # A sequence of the four is missing in 3 of the 6 pairs, and in 1 of the 4 single losses.
    assert found.loss_one_missing.mean == pytest.approx(0.75 * 0.9 / 4)
    assert found.loss_two_missing.mean == pytest.approx(0.75 * 0.9 / 2)


def test_where_any_sequence_does_they_share_alike() -> None:
    found = quick({"a": dict.fromkeys(SUBSETS, 0.8)}, empty=0.2)

    assert [value.shapley.mean for value in found.values] == pytest.approx([0.15] * 4)
    assert [value.loss_without.mean for value in found.values] == [0.0] * 4
    assert found.empty == 0.2


def test_two_that_only_help_together_share_the_worth_and_others_have_none() -> None:
    pair = {Sequence.T1, Sequence.T1C}
    found = quick({"a": {subset: float(pair <= subset) for subset in SUBSETS}})

    assert [value.shapley.mean for value in found.values] == pytest.approx([0.5, 0.5, 0, 0])


def test_values_are_those_over_all_orders_and_sum_to_what_all_four_add() -> None:
    rng = np.random.default_rng(0)
    scores = {str(place): dict(zip(SUBSETS, rng.random(15), strict=True)) for place in range(7)}

    found = quick(scores, empty=0.1)

    for value in found.values:
        added: list[float] = []
        for order in permutations(Sequence):
            before = frozenset(order[: order.index(value.sequence)])
            after = before | {value.sequence}
            added += [game[after] - game.get(before, 0.1) for game in scores.values()]
        assert value.shapley.mean == pytest.approx(np.mean(added))
    total = sum(value.shapley.mean for value in found.values)
    assert total == pytest.approx(found.full.mean - 0.1)


def test_losses_are_paired_and_draw_patients() -> None:
    # Patients differ much, what T1 adds to them hardly.
    rng = np.random.default_rng(1)
    scores, added = {}, []
    for place in range(40):
        level, gain = rng.uniform(0, 0.5), rng.normal(0.05, 0.01)
        scores[f"{place:02}"] = {s: level + gain * (Sequence.T1 in s) for s in SUBSETS}
        added.append(gain)
    patients = {case: case[0] for case in scores}

    found = quick(scores, patients=patients, seed=3)

    names = [case[0] for case in scores]
    expected = bootstrap_interval(added, patients=names, seed=3, resamples=100)
    loss = found.values[0].loss_without
    assert [loss.low, loss.high] == pytest.approx([expected.low, expected.high])
    assert loss.patients == 4
    assert loss.high - loss.low < 0.1 * (found.full.high - found.full.low)


def test_a_case_that_lacks_a_subset_is_left_out_and_named() -> None:
    partly = {subset: 0.0 for subset in SUBSETS if Sequence.T2 not in subset}

    found = quick({"whole": additive(), "no-t2": partly})

    assert found.left_out == ("no-t2",)
    assert found.full.mean == pytest.approx(0.9)
    assert found.full.patients == 1


def test_tables_have_a_row_a_sequence_and_a_row_a_subset() -> None:
    found = quick({"a": additive()})

    values, subsets = found.values_table(), found.subsets_table()

    assert [row[0] for row in values.rows] == ["T1", "T1c", "T2", "FLAIR"]
    assert values.rows[1][1] == "+0.400 [+0.400, +0.400]"
    assert len(subsets.rows) == 17
    assert subsets.rows[4][0] == "T1+T1c"
    assert subsets.rows[4][1] == "0.450 [0.450, 0.450]"
    assert subsets.rows[-1] == ("mean, two missing", "", "+0.450 [+0.450, +0.450]")


def test_values_go_through_json() -> None:
    read = json.loads(json.dumps(quick({"a": additive()}).as_json()))

    assert read["subsets"][4]["sequences"] == ["t1", "t1c"]
    assert read["values"][3]["shapley"]["mean"] == pytest.approx(0.3)


def test_scores_that_say_nothing_are_refused() -> None:
    with pytest.raises(InputError, match=r"0 of 1 cases have a score for all 15 subsets \(such"):
        quick({"a": {FULL: 0.5}})
    with pytest.raises(InputError, match="scores of flair: nan"):
        quick({"a": {**additive(), frozenset({Sequence.FLAIR}): float("nan")}})
    with pytest.raises(InputError, match="case a: no patient"):
        quick({"a": additive()}, patients={"b": "c"})
