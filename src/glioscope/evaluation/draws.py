"""The draws that all intervals of one table share, and whose cases they draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval
from glioscope.evaluation.resampling import bootstrap_metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """How patients are drawn for every interval of a table.

    Args:
        patients: Whose case each row is; every row its own patient if ``None``.
        seed: Of the draws.
        resamples: Number of draws.
    """

    patients: Sequence[str] | None
    seed: int
    resamples: int

    def interval(self, metric: Callable[..., float], *columns: npt.ArrayLike) -> Interval:
        """Return the metric with its interval, by ``bootstrap_metric``.

        Raises:
            InputError: As ``bootstrap_metric``.
        """
        return bootstrap_metric(
            metric, *columns, patients=self.patients, seed=self.seed, resamples=self.resamples
        )

    def interval_or_none(
        self, metric: Callable[..., float], *columns: npt.ArrayLike
    ) -> Interval | None:
        """Return the same, ``None`` where the cases don't define the metric or its interval.

        Check columns and patients before: what is wrong with them would end here unseen.
        """
        try:
            return self.interval(metric, *columns)
        except InputError:
            return None


def patients_of(cases: Sequence[str], patients: Mapping[str, str] | None) -> list[str]:
    """Return the patient of each case; every case its own patient if ``None`` is given.

    Raises:
        InputError: If a case has no patient.
    """
    if patients is None:
        return list(cases)
    for case in cases:
        if case not in patients:
            msg = f"case {case}: no patient is given for it; name one for every case"
            raise InputError(msg)
    return [patients[case] for case in cases]
