"""How well a classifier of two or more classes answers, with intervals over patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval
from glioscope.evaluation.columns import Flags, Numbers, check_lengths, read_probabilities
from glioscope.evaluation.discrimination import auc
from glioscope.evaluation.draws import Draws

Places = npt.NDArray[np.intp]
"""The place of each case's class among the classes, shape ``(n,)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneVsRest:
    """How well one class is told from all others; ``None`` is undefined.

    Args:
        name: Of the class.
        cases: Number of cases that are of it.
        sensitivity: Share of its cases that are called it; also its accuracy in the APCA.
        specificity: Share of the other cases that are called something else.
        auc: Of its probability.
    """

    name: str
    cases: int
    sensitivity: Interval | None
    specificity: Interval | None
    auc: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScores:
    """All scores of a classifier; ``None`` where a class has no case or too few to draw from.

    Args:
        accuracy: Share of the cases called what they are.
        apca: Mean of the per-class accuracies, as the papers on LGG and HGG define it.
        auc: Of the positive class; of more than two classes the mean one-vs-rest.
        majority_accuracy: Of calling every case what most are; a classifier must beat it.
        per_class: One-vs-rest, in the order of the classes.
        positive: Class whose sensitivity and specificity are those of the classifier; ``None``
            for more than two classes.
        confusion: Numbers of cases; a row is a true class, a column what it was called.
    """

    accuracy: Interval
    apca: Interval | None
    auc: Interval | None
    majority_accuracy: Interval
    per_class: tuple[OneVsRest, ...]
    positive: str | None
    confusion: tuple[tuple[int, ...], ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names in the order of ``confusion``."""
        return tuple(part.name for part in self.per_class)

    @property
    def sensitivity(self) -> Interval | None:
        """Of the positive class; ``None`` for more than two classes."""
        return next((p.sensitivity for p in self.per_class if p.name == self.positive), None)

    @property
    def specificity(self) -> Interval | None:
        """Of the positive class; ``None`` for more than two classes."""
        return next((p.specificity for p in self.per_class if p.name == self.positive), None)

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return asdict(self)


def class_scores(
    truth: Sequence[str],
    probabilities: npt.ArrayLike,
    *,
    classes: Sequence[str],
    positive: str | None = None,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 2000,
) -> ClassScores:
    """Score a classifier on cases of known class.

    A case is called the likeliest class; of equally likely ones the first.

    Args:
        truth: Name of each case's class, length n.
        probabilities: Of the classes, each row summing to 1, shape ``(n, C)``; not logits.
        classes: Names of the columns, two or more.
        positive: Of two classes, the one to be found; the second unless given.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        InputError: If a class is unknown, a row is no distribution, or the lengths differ.
    """
    chosen = _positive(classes, positive)
    places = _read_truth(truth, classes)
    shares = _read_shares(probabilities, len(classes))
    check_lengths(truth=places, probabilities=shares)
    called = shares.argmax(axis=1).astype(np.intp)
    draws = Draws(patients=patients, seed=seed, resamples=resamples)
    number = len(classes)

    def per_class_accuracy(true: Places, answer: Places) -> float:
        return average_per_class_accuracy(true, answer, number)

    # What is wrong with the columns ends here; what is left to refuse after is a score that
    # the cases don't define.
    right = draws.interval(accuracy, places, called)
    per_class = tuple(
        _one_vs_rest(name, places == place, called == place, shares[:, place], draws)
        for place, name in enumerate(classes)
    )
    return ClassScores(
        accuracy=right,
        apca=draws.interval_or_none(per_class_accuracy, places, called),
        auc=(
            draws.interval_or_none(macro_auc, places, shares)
            if chosen is None
            else per_class[classes.index(chosen)].auc
        ),
        majority_accuracy=draws.interval(majority_accuracy, places),
        per_class=per_class,
        positive=chosen,
        confusion=_confusion(places, called, number),
    )


def accuracy(truth: Places, called: Places) -> float:
    """Return the share of cases called what they are, 0 to 1."""
    return float((truth == called).mean())


def majority_accuracy(truth: Places) -> float:
    """Return the accuracy of calling every case what most of them are."""
    return float(np.bincount(truth).max() / truth.size)


def average_per_class_accuracy(truth: Places, called: Places, classes: int) -> float:
    """Return the APCA: the mean over the classes of the share called rightly, 0 to 1.

    Args:
        truth: Places of the true classes, shape ``(n,)``.
        called: Places of the classes answered, shape ``(n,)``.
        classes: Number of them.

    Raises:
        InputError: If a class has no case, for its accuracy is undefined then.
    """
    cases = np.bincount(truth, minlength=classes)
    if (cases == 0).any():
        msg = f"class {int(np.argmin(cases))} of {classes} has no case, so that its accuracy is"
        msg += " undefined; add cases of it or leave the class out"
        raise InputError(msg)
    right = np.bincount(truth[truth == called], minlength=classes)
    return float((right / cases).mean())


def macro_auc(truth: Places, probabilities: Numbers) -> float:
    """Return the mean over the classes of the one-vs-rest ``auc``, 0 to 1.

    Args:
        truth: Places of the true classes, shape ``(n,)``.
        probabilities: Shape ``(n, C)``.

    Raises:
        InputError: If a class has no case, or all.
    """
    of_class = [auc(truth == place, column) for place, column in enumerate(probabilities.T)]
    return float(np.mean(of_class))


def _one_vs_rest(
    name: str, true: Flags, called: Flags, probability: Numbers, draws: Draws
) -> OneVsRest:
    return OneVsRest(
        name=name,
        cases=int(true.sum()),
        sensitivity=draws.interval_or_none(_share_found, true, called),
        specificity=draws.interval_or_none(_share_found, ~true, ~called),
        auc=draws.interval_or_none(auc, true, probability),
    )


def _share_found(true: Flags, called: Flags) -> float:
    if not true.any():
        msg = "no case of the class; give at least one"
        raise InputError(msg)
    return float(called[true].mean())


def _confusion(truth: Places, called: Places, classes: int) -> tuple[tuple[int, ...], ...]:
    pairs = np.bincount(truth * classes + called, minlength=classes * classes)
    return tuple(tuple(row) for row in pairs.reshape(classes, classes).tolist())


def _positive(classes: Sequence[str], positive: str | None) -> str | None:
    if len(classes) < 2 or len(set(classes)) < len(classes):
        msg = f"classes {', '.join(classes) or 'none'}; give two or more, each once"
        raise InputError(msg)
    if positive is not None and (len(classes) > 2 or positive not in classes):
        msg = f"positive class {positive!r} of {', '.join(classes)}; name one of two classes, and"
        msg += " none of more"
        raise InputError(msg)
    if len(classes) > 2:
        return None
    return classes[1] if positive is None else positive


def _read_truth(truth: Sequence[str], classes: Sequence[str]) -> Places:
    unknown = sorted({name for name in truth if name not in classes})
    if unknown or not truth:
        msg = f"truth: {unknown[0]!r} is no class" if unknown else "truth: no case"
        msg += f"; give each case one of {', '.join(classes)}"
        raise InputError(msg)
    return np.array([classes.index(name) for name in truth], dtype=np.intp)


def _read_shares(probabilities: npt.ArrayLike, classes: int) -> Numbers:
    shares = read_probabilities("probabilities", probabilities, ndim=2)
    if shares.shape[1] != classes:
        msg = f"probabilities: {shares.shape[1]} columns for {classes} classes; give one a class"
        raise InputError(msg)
    totals = shares.sum(axis=1)
    worst = int(np.argmax(np.abs(totals - 1)))
    # Softmax in float16 is off by about 1e-3.
    if abs(totals[worst] - 1) > 5e-3:
        msg = f"probabilities: row {worst} sums to {totals[worst]:.4g}; give a softmax over the"
        msg += " classes, each row summing to 1"
        raise InputError(msg)
    return shares
