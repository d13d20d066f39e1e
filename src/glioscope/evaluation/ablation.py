"""Several runs on the same patients: what each change of a model is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import (
    Interval,
    PairedDifference,
    bootstrap_interval,
    paired_bootstrap,
)
from glioscope.evaluation.draws import patients_of
from glioscope.evaluation.table import Table, interval_text

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By run, then by case, then by metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScore:
    """One metric of one run.

    Args:
        run: Its name.
        score: Mean over the cases.
        difference: This run less the reference, on the same cases; ``None`` for the reference
            itself.
    """

    run: str
    score: Interval
    difference: PairedDifference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """Runs compared with one of them.

    Args:
        reference: The run that the others are compared with.
        metrics: By metric, its runs: the reference first, the others in the order given.
        cases: Number of cases that all runs share.
        left_out: By run, how many of its cases another run lacks.
    """

    reference: str
    metrics: Mapping[str, tuple[RunScore, ...]]
    cases: int
    left_out: Mapping[str, int]

    def table(self, metric: str) -> Table:
        """Return a row a run.

        Raises:
            InputError: If there is no such metric.
        """
        if metric not in self.metrics:
            msg = f"metric {metric!r}: not scored; choose one of {', '.join(self.metrics)}"
            raise InputError(msg)
        rows = tuple(
            (part.run, interval_text(part.score), _difference_text(part.difference))
            for part in self.metrics[metric]
        )
        return Table(header=("run", metric, f"less {self.reference}"), rows=rows)

    def text(self) -> str:
        """Return a table a metric for a terminal, with what was compared above."""
        return "\n\n".join([self._what(), *(self.table(name).text() for name in self.metrics)])

    def markdown(self) -> str:
        """Return the same as Markdown."""
        return "\n\n".join([self._what(), *(self.table(name).markdown() for name in self.metrics)])

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return asdict(self)

    def _what(self) -> str:
        first = next(iter(self.metrics.values()))[0].score
        text = f"{self.cases} case(s) of {first.patients} patient(s) that all runs share"
        lost = [f"{run} {number}" for run, number in self.left_out.items() if number]
        text += f"; cases left out: {', '.join(lost)}" if lost else ""
        return f"{text}\nmean [95% interval, bootstrap by patient]; * difference clear of 0"


def compare_runs(
    runs: Scores,
    *,
    reference: str,
    shared_only: bool = False,
    patients: Mapping[str, str] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
) -> Ablation:
    """Compare runs with one of them on the same cases.

    Args:
        runs: Scores of each run; every case has the same metrics, all finite.
        reference: Name of the run that the others are compared with.
        shared_only: Whether cases that a run lacks are left out of all; refused otherwise.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        InputError: If the reference is no run, the runs were scored on different cases or none
            is shared, a case has no patient, or a metric is missing or not finite.
    """
    if reference not in runs:
        msg = f"reference {reference!r}: no such run; choose one of {', '.join(runs) or 'none'}"
        raise InputError(msg)
    cases = _shared_cases(runs, shared_only=shared_only)
    names = patients_of(cases, patients)
    ordered = [reference, *(run for run in runs if run != reference)]

    def compared(metric: str) -> tuple[RunScore, ...]:
        columns = {run: _column(runs, run, cases, metric) for run in ordered}
        return tuple(
            RunScore(
                run=run,
                score=bootstrap_interval(column, patients=names, seed=seed, resamples=resamples),
                difference=None
                if run == reference
                else paired_bootstrap(
                    column, columns[reference], patients=names, seed=seed, resamples=resamples
                ),
            )
            for run, column in columns.items()
        )

    return Ablation(
        reference=reference,
        metrics={metric: compared(metric) for metric in _metrics(runs, cases)},
        cases=len(cases),
        left_out={run: len(runs[run]) - len(cases) for run in ordered},
    )


def _shared_cases(runs: Scores, *, shared_only: bool) -> list[str]:
    shared = set.intersection(*(set(scores) for scores in runs.values()))
    largest = max(runs, key=lambda run: len(runs[run]))
    every = set().union(*runs.values())
    if not shared:
        msg = f"no case is shared by all of {', '.join(runs)}; score every run on the same cases"
        raise InputError(msg)
    if shared != every and not shared_only:
        lacking = {run: len(every - set(scores)) for run, scores in runs.items()}
        listed = ", ".join(f"{run} lacks {count}" for run, count in lacking.items() if count)
        msg = f"of {len(every)} cases {listed}, such as {min(every - shared)}; score every run on"
        msg += f" the same cases, or compare only the {len(shared)} shared ones with shared_only"
        raise InputError(msg)
    return [case for case in runs[largest] if case in shared]


def _metrics(runs: Scores, cases: Sequence[str]) -> tuple[str, ...]:
    first = next(iter(runs.values()))[cases[0]]
    for run, scores in runs.items():
        for case in cases:
            if set(scores[case]) != set(first) or not first:
                found = ", ".join(sorted(scores[case])) or "none"
                expected = ", ".join(sorted(first)) or "at least one"
                msg = f"case {case} of run {run}: metrics {found}, expected {expected}; score all"
                msg += " cases of all runs by the same metrics"
                raise InputError(msg)
    return tuple(first)


def _column(runs: Scores, run: str, cases: Sequence[str], metric: str) -> list[float]:
    column = [runs[run][case][metric] for case in cases]
    for case, value in zip(cases, column, strict=True):
        if not np.isfinite(value):
            msg = f"case {case} of run {run}: {metric} is {value}; leave the case out of all runs"
            msg += " or score it by a metric that is defined"
            raise InputError(msg)
    return column


def _difference_text(difference: PairedDifference | None) -> str:
    if difference is None:
        return "reference"
    interval = difference.difference
    clear = interval.low > 0 or interval.high < 0
    return interval_text(interval, signed=True) + (" *" if clear else "  ")
