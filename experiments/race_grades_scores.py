"""Scores of the race of grades, and what answers without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glioscope.evaluation import class_scores, interval_text
from glioscope.learning.data.batch import clinical_of
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.question import class_of
from glioscope.learning.data.slice_examples import shape_of
from glioscope.learning.data.split import Split
from glioscope.networks.resnet_shape import SHAPE_FEATURES

Told = dict[str, list[float]]
"""Probabilities of the classes by case."""

MEASURES = ("auc", "accuracy", "apca", "sensitivity", "specificity")


def scored(
    result: Mapping[str, Any],
    cases: Sequence[ListedCase],
    *,
    head: str,
    classes: tuple[str, str],
    resamples: int,
) -> dict[str, Any]:
    """Return the scores of one classifier, with intervals over patients.

    Args:
        result: Its ``predictions``, one for each case, which are replaced by the scores; all else
            is kept.
        cases: With a known answer.
        head: The question.
        classes: Names of its classes; the second is to be found.
        resamples: Of the bootstrap.
    """
    told: Told = result["predictions"]
    probs = np.array([told[case.case_id] for case in cases])
    scores = class_scores(
        [classes[class_of(case, head)] for case in cases],
        probs / probs.sum(axis=1, keepdims=True),
        classes=classes,
        positive=classes[1],
        patients=[case.patient for case in cases],
        resamples=resamples,
    )
    shown = {name: getattr(scores, name) for name in MEASURES}
    return {
        **{name: value for name, value in result.items() if name != "predictions"},
        **scores.as_json(),
        **{name: value and asdict(value) for name, value in shown.items()},
        "row": [interval_text(value) for value in shown.values()],
    }


def simple(
    cases: Sequence[ListedCase], cache: CaseCache, parts: Sequence[Split], *, head: str
) -> dict[str, Told]:
    """Return what logistic regressions and the most frequent class say of each test fold.

    Args:
        cases: With a known answer and outlines.
        cache: Where they are prepared.
        parts: One split a fold.
        head: A question of two classes.
    """
    shapes = {
        case.case_id: shape_of(cache.open(case.case_id), SHAPE_FEATURES).numpy() for case in cases
    }
    clinical = {case.case_id: clinical_of(case.facts).numpy() for case in cases}
    classes = {case.case_id: class_of(case, head) for case in cases}
    found: dict[str, Told] = {}
    for split in parts:
        train_ids, test_ids = split.parts["train"], split.parts["test"]
        truth = np.array([classes[name] for name in train_ids])
        for name, inputs in (("shape alone", shapes), ("age and sex", clinical)):
            told = _regression([inputs[i] for i in train_ids], truth, [inputs[i] for i in test_ids])
            found.setdefault(name, {}).update(zip(test_ids, told.tolist(), strict=True))
        # certain of it: shares would differ from fold to fold, and rank the folds
        most = np.eye(2)[np.bincount(truth, minlength=2).argmax()].tolist()
        found.setdefault("most frequent class", {}).update(dict.fromkeys(test_ids, most))
    return found


def _regression(
    known: Sequence[npt.NDArray[Any]],
    truth: npt.NDArray[np.int_],
    asked: Sequence[npt.NDArray[Any]],
) -> npt.NDArray[np.float64]:
    # balanced, as the networks see the classes equally often
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    model.fit(np.stack(known).astype(float), truth)
    return np.asarray(model.predict_proba(np.stack(asked).astype(float)), dtype=np.float64)


def table(result: dict[str, Any]) -> str:
    """Return the scores as Markdown."""
    head = "AUC|Accuracy|APCA|Sensitivity|Specificity|Seconds a step|Parameters, millions"
    lines = [f"|Classifier|{head}|", "|---" * 8 + "|"]
    for name, scores in result["classifiers"].items():
        seconds, count = scores.get("seconds_a_step"), scores.get("parameters")
        cost = [f"{seconds:.2f}" if seconds else "", f"{count / 1e6:.1f}" if count else ""]
        lines.append("|" + "|".join([name, *scores["row"], *cost]) + "|")
    return "\n".join(lines)
