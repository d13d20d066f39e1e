"""The scores of a cross-validation, over its patients and over its folds."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval, bootstrap_interval
from glioscope.evaluation.columns import read_numbers
from glioscope.evaluation.draws import patients_of
from glioscope.evaluation.table import UNDEFINED, Table, interval_text


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldScore:
    """The cases that one fold was tested on.

    Args:
        fold: Its name.
        cases: Number of them.
        mean: Of their scores.
        sd: Standard deviation over them (n - 1); ``None`` for a single case.
    """

    fold: str
    cases: int
    mean: float
    sd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldSummary:
    """A score of a cross-validation.

    Args:
        pooled: Mean over all cases with its interval over patients: how sure the score is.
        mean: Of the means of the folds, each fold counting the same.
        sd: Standard deviation of the means of the folds (n - 1); ``None`` for one fold.  It
            says how much training and patients differ, and is no interval of the mean.
        folds: In the order given.
    """

    pooled: Interval
    mean: float
    sd: float | None
    folds: tuple[FoldScore, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return asdict(self)

    def table(self) -> Table:
        """Return a row a fold, the mean of the folds and all cases pooled."""
        rows = [
            (part.fold, str(part.cases), _mean_and_sd(part.mean, part.sd)) for part in self.folds
        ]
        cases = str(sum(part.cases for part in self.folds))
        rows.append(("mean of folds", UNDEFINED, _mean_and_sd(self.mean, self.sd)))
        rows.append(("all cases", cases, interval_text(self.pooled)))
        return Table(header=("fold", "cases", "score"), rows=tuple(rows))


def summarize_folds(
    folds: Mapping[str, Mapping[str, float]],
    *,
    patients: Mapping[str, str] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
) -> FoldSummary:
    """Summarize the scores of the cases that each fold was tested on.

    Args:
        folds: By fold, then by case; all finite.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        InputError: If there is no fold, one has no case, a score is not finite, a case has no
            patient, or a patient is in two folds.
    """
    if not folds:
        msg = "no fold; give at least one, two or more for a standard deviation"
        raise InputError(msg)
    columns = {
        fold: read_numbers(f"scores of fold {fold}", list(scores.values())).tolist()
        for fold, scores in folds.items()
    }
    names = _patients_apart(folds, patients)
    values = [value for column in columns.values() for value in column]
    found = tuple(
        FoldScore(fold=fold, cases=len(column), mean=statistics.fmean(column), sd=_sd(column))
        for fold, column in columns.items()
    )
    means = [part.mean for part in found]
    return FoldSummary(
        pooled=bootstrap_interval(values, patients=names, seed=seed, resamples=resamples),
        mean=statistics.fmean(means),
        sd=_sd(means),
        folds=found,
    )


def _patients_apart(
    folds: Mapping[str, Mapping[str, float]], patients: Mapping[str, str] | None
) -> list[str]:
    """Return the patient of every case, fold by fold, none of them in two folds."""
    seen: dict[str, str] = {}
    found: list[str] = []
    for fold, scores in folds.items():
        names = patients_of(list(scores), patients)
        for name in names:
            if seen.setdefault(name, fold) != fold:
                msg = f"patient {name} is in folds {seen[name]} and {fold}; one of them was"
                msg += " trained on what the other tests, so split by patient and train again"
                raise InputError(msg)
        found += names
    return found


def _sd(values: list[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 else None


def _mean_and_sd(mean: float, sd: float | None) -> str:
    return f"{mean:.3f}" if sd is None else f"{mean:.3f} (SD {sd:.3f})"
