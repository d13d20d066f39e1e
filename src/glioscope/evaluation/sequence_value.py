"""What each sequence is worth: a score over all subsets of the four."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from glioscope.core import InputError
from glioscope.core import Sequence as Mri
from glioscope.evaluation.bootstrap import Interval, bootstrap_interval
from glioscope.evaluation.columns import Numbers, read_numbers
from glioscope.evaluation.draws import patients_of
from glioscope.evaluation.table import Table, interval_text

Subset = frozenset[Mri]

SUBSETS: Final[tuple[Subset, ...]] = tuple(
    frozenset(chosen)
    for size in range(1, len(Mri) + 1)
    for chosen in combinations(tuple(Mri), size)
)
"""The 15 subsets that hold a sequence, small ones first, all four last."""

FULL: Final[Subset] = frozenset(Mri)

SEQUENCE_NAMES: Final = {Mri.T1: "T1", Mri.T1C: "T1c", Mri.T2: "T2", Mri.FLAIR: "FLAIR"}
"""As they are written in tables and drawings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetScore:
    """How well a subset of the sequences does.

    Args:
        sequences: In channel order.
        score: Mean over the patients.
        loss: Score of all four less this one, on the same patients; 0 for all four.
    """

    sequences: tuple[Mri, ...]
    score: Interval
    loss: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceValue:
    """What one sequence is worth.

    Args:
        sequence: Which.
        shapley: Its share of the score of all four: the mean of what it adds, over all orders
            in which the four can be given (Shapley 1953).
        alone: Score of it alone.
        loss_without: Score of all four less that of the other three.
    """

    sequence: Mri
    shapley: Interval
    alone: Interval
    loss_without: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceValues:
    """What the four sequences are worth together and each.

    Args:
        full: Score of all four.
        subsets: All 15, in the order of ``SUBSETS``.
        values: In channel order; their Shapley values sum to the full score less the empty one.
        loss_one_missing: Mean over the four ways to miss one.
        loss_two_missing: Mean over the six ways to miss two.
        empty: Score that no sequence at all is taken to have.
        left_out: Cases without a score for every subset; nothing above counts them.
    """

    full: Interval
    subsets: tuple[SubsetScore, ...]
    values: tuple[SequenceValue, ...]
    loss_one_missing: Interval
    loss_two_missing: Interval
    empty: float
    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return asdict(self)

    def values_table(self) -> Table:
        """Return a row a sequence."""
        rows = tuple(
            (
                SEQUENCE_NAMES[value.sequence],
                interval_text(value.shapley, signed=True),
                interval_text(value.alone),
                interval_text(value.loss_without, signed=True),
            )
            for value in self.values
        )
        return Table(header=("sequence", "Shapley value", "alone", "loss without it"), rows=rows)

    def subsets_table(self) -> Table:
        """Return a row a subset, and one each for one and for two missing."""
        rows = [
            (
                "+".join(SEQUENCE_NAMES[sequence] for sequence in part.sequences),
                interval_text(part.score),
                interval_text(part.loss, signed=True),
            )
            for part in self.subsets
        ]
        for name, loss in (("one", self.loss_one_missing), ("two", self.loss_two_missing)):
            rows.append((f"mean, {name} missing", "", interval_text(loss, signed=True)))
        return Table(header=("sequences", "score", "loss to all four"), rows=tuple(rows))


def sequence_values(
    scores: Mapping[str, Mapping[Subset, float]],
    *,
    empty: float = 0.0,
    patients: Mapping[str, str] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
) -> SequenceValues:
    """Return what each sequence is worth to a score, with intervals over patients.

    Every interval draws from the same cases, and losses are taken case by case, so that they
    are paired.

    Args:
        scores: By case, then by subset; greater is better.  A case that lacks a subset is left
            out of everything and named in the result.
        empty: Score of no sequence: of Dice 0, of an AUC 0.5.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        InputError: If no case has every subset, or a score is not finite.
    """
    kept = sorted(case for case, found in scores.items() if set(found) >= set(SUBSETS))
    left_out = tuple(sorted(set(scores) - set(kept)))
    table = _read_table(scores, kept, left_out)
    names = patients_of(kept, patients)

    def interval(column: Numbers) -> Interval:
        return bootstrap_interval(column.tolist(), patients=names, seed=seed, resamples=resamples)

    loss = {subset: table[FULL] - column for subset, column in table.items()}
    return SequenceValues(
        full=interval(table[FULL]),
        subsets=tuple(
            SubsetScore(
                sequences=tuple(sequence for sequence in Mri if sequence in subset),
                score=interval(table[subset]),
                loss=interval(loss[subset]),
            )
            for subset in SUBSETS
        ),
        values=tuple(
            SequenceValue(
                sequence=sequence,
                shapley=interval(shapley_value(table, sequence, empty=empty)),
                alone=interval(table[frozenset({sequence})]),
                loss_without=interval(loss[FULL - {sequence}]),
            )
            for sequence in Mri
        ),
        loss_one_missing=interval(_mean_missing(loss, 1)),
        loss_two_missing=interval(_mean_missing(loss, 2)),
        empty=empty,
        left_out=left_out,
    )


def shapley_value(table: Mapping[Subset, Numbers], sequence: Mri, *, empty: float = 0.0) -> Numbers:
    r"""Return the Shapley value of a sequence for every case, shape ``(n,)``.

    $$\phi_i = \sum_{S \not\ni i} \frac{|S|! (n - |S| - 1)!}{n!} (v(S \cup i) - v(S))$$ over the
    eight subsets of the other three (Shapley 1953), exact.

    Args:
        table: Scores by subset, each of shape ``(n,)``.
        sequence: Whose value.
        empty: Score of no sequence.
    """
    size = len(Mri)
    others = [subset for subset in (frozenset[Mri](), *SUBSETS) if sequence not in subset]
    value = np.zeros_like(table[FULL])
    for subset in others:
        weight = math.factorial(len(subset)) * math.factorial(size - len(subset) - 1)
        before = table[subset] if subset else empty
        value += weight / math.factorial(size) * (table[subset | {sequence}] - before)
    return value


def _mean_missing(loss: Mapping[Subset, Numbers], missing: int) -> Numbers:
    found = [loss[subset] for subset in SUBSETS if len(subset) == len(Mri) - missing]
    return np.asarray(np.mean(found, axis=0))


def _read_table(
    scores: Mapping[str, Mapping[Subset, float]], kept: Sequence[str], left_out: tuple[str, ...]
) -> dict[Subset, Numbers]:
    if not kept:
        first = f" (such as {left_out[0]})" if left_out else ""
        msg = f"0 of {len(scores)} cases have a score for all {len(SUBSETS)} subsets{first}; score"
        msg += " every subset of cases that have the four sequences"
        raise InputError(msg)
    return {
        subset: read_numbers(
            f"scores of {'+'.join(sorted(subset))}", [scores[case][subset] for case in kept]
        )
        for subset in SUBSETS
    }
