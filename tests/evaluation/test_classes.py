"""Scores of classifiers on paper and against scikit-learn."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import metrics

from glioscope.core import InputError
from glioscope.evaluation import ClassScores, auc, bootstrap_metric, class_scores

GRADES = ("LGG", "HGG")
ENTITIES = ("astrocytoma", "glioblastoma", "oligodendroglioma")


def papers_table(right: dict[str, int], wrong: dict[str, int], **options: Any) -> ClassScores:
    """Score a classifier that is right and wrong about so many cases of each grade."""
    truth, sure = [], []
    for name in GRADES:
        truth += [name] * (right[name] + wrong[name])
        sure += [name] * right[name] + [GRADES[1 - GRADES.index(name)]] * wrong[name]
    rows = [[0.9, 0.1] if name == "LGG" else [0.1, 0.9] for name in sure]
    return class_scores(truth, rows, classes=GRADES, resamples=50, **options)


def made(size: int, classes: int, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[Any]]:
    """Return places of true classes and a softmax that knows something of them."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=size)
    logits = rng.normal(size=(size, classes)) + 1.2 * np.eye(classes)[truth]
    shares = np.exp(logits)
    return truth, shares / shares.sum(axis=1, keepdims=True)


def value(interval: Any) -> float:
    assert interval is not None
    return float(interval.mean)


def test_scores_published_for_157_patients_follow_from_their_confusion_matrix() -> None:
    # Of 34 LGG one is called HGG, all 123 HGG are found: accuracy 0.9936, APCA 0.9853,
    # sensitivity 1, specificity 0.9706 in the paper.
    scores = papers_table({"LGG": 33, "HGG": 123}, {"LGG": 1, "HGG": 0})

    assert scores.confusion == ((33, 1), (0, 123))
    assert round(scores.accuracy.mean, 4) == 0.9936
    assert round(value(scores.apca), 4) == 0.9853
    assert value(scores.sensitivity) == 1.0
    assert round(value(scores.specificity), 4) == 0.9706
    assert scores.majority_accuracy.mean == pytest.approx(123 / 157)
    assert scores.positive == "HGG"


def test_calling_all_cases_high_grade_is_no_skill_by_apca() -> None:
    scores = papers_table({"LGG": 0, "HGG": 78}, {"LGG": 22, "HGG": 0})

    assert scores.accuracy.mean == scores.majority_accuracy.mean == 0.78
    assert value(scores.apca) == 0.5


def test_naming_the_other_class_positive_exchanges_sensitivity_and_specificity() -> None:
    found = papers_table({"LGG": 7, "HGG": 9}, {"LGG": 3, "HGG": 1}, positive="LGG")

    assert (value(found.sensitivity), value(found.specificity)) == (0.7, 0.9)


@pytest.mark.parametrize("classes", [2, 3])
def test_scores_agree_with_scikit_learn(classes: int) -> None:
    truth, shares = made(150, classes, seed=classes)
    names = ENTITIES[:classes]

    scores = class_scores([names[t] for t in truth], shares, classes=names, resamples=20)

    called = shares.argmax(axis=1)
    recalls = metrics.recall_score(truth, called, average=None)
    ranked = shares[:, 1] if classes == 2 else shares
    assert scores.accuracy.mean == pytest.approx(metrics.accuracy_score(truth, called))
    assert value(scores.apca) == pytest.approx(metrics.balanced_accuracy_score(truth, called))
    assert value(scores.auc) == pytest.approx(
        metrics.roc_auc_score(truth, ranked, multi_class="ovr", average="macro")
    )
    assert scores.confusion == tuple(map(tuple, metrics.confusion_matrix(truth, called).tolist()))
    assert [value(part.sensitivity) for part in scores.per_class] == pytest.approx(recalls)
    for place, part in enumerate(scores.per_class):
        specificity = metrics.recall_score(truth != place, called != place)
        assert value(part.specificity) == pytest.approx(specificity)
        assert value(part.auc) == pytest.approx(auc(truth == place, shares[:, place]))


def test_sensitivity_and_specificity_of_three_classes_are_of_no_single_one() -> None:
    truth, shares = made(60, 3, seed=0)

    scores = class_scores([ENTITIES[t] for t in truth], shares, classes=ENTITIES, resamples=20)

    assert scores.positive is None
    assert scores.sensitivity is None
    assert scores.specificity is None


def test_intervals_draw_patients_and_not_scans() -> None:
    truth, shares = made(60, 2, seed=5)
    names = [GRADES[t] for t in truth]
    patients = [str(place) for place in range(60)]
    run = partial(class_scores, classes=GRADES, seed=4, resamples=200)

    once = run(names, shares, patients=patients)
    twice = run(names * 2, np.tile(shares, (2, 1)), patients=patients * 2)

    assert twice.accuracy.patients == 60
    assert (twice.accuracy, twice.apca) == (once.accuracy, once.apca)
    expected = bootstrap_metric(
        auc, truth == 1, shares[:, 1], patients=patients, seed=4, resamples=200
    )
    assert once.auc == expected


def test_a_class_without_cases_leaves_its_scores_undefined() -> None:
    scores = class_scores(["LGG", "LGG"], [[0.8, 0.2], [0.4, 0.6]], classes=GRADES, resamples=20)

    assert scores.accuracy.mean == 0.5
    assert (scores.apca, scores.auc, scores.sensitivity) == (None, None, None)
    assert value(scores.specificity) == 0.5


def test_scores_go_through_json() -> None:
    scores = papers_table({"LGG": 3, "HGG": 3}, {"LGG": 1, "HGG": 1})

    read = json.loads(json.dumps(scores.as_json()))

    assert read["confusion"] == [[3, 1], [1, 3]]
    assert read["per_class"][0]["sensitivity"]["mean"] == 0.75


@pytest.mark.parametrize(
    ("truth", "rows", "options", "message"),
    [
        (["LGG", "GBM"], [[1, 0], [0, 1]], {}, "'GBM' is no class; give each case one of LGG, HGG"),
        ([], [[1, 0]], {}, "no case"),
        (["LGG"], [[1, 0], [0, 1]], {}, "different lengths"),
        (["LGG"], [[0.4, 0.4]], {}, r"row 0 sums to 0.8"),
        (["LGG"], [[2.0, -1.0]], {}, "not logits"),
        (["LGG"], [[0.2, 0.3, 0.5]], {}, "3 columns for 2 classes"),
        (["LGG"], [[1, 0]], {"positive": "GBM"}, "positive class 'GBM'"),
        (["LGG"], [[1, 0]], {"patients": ["a", "b"]}, "1 rows but 2 patients"),
        (["LGG"], [[1.0]], {"classes": ("LGG",)}, "give two or more"),
    ],
)
def test_wrong_columns_are_refused(
    truth: list[str], rows: list[list[float]], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        class_scores(truth, rows, **{"classes": GRADES, **options})
