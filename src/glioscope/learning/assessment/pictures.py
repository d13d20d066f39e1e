"""The drawings of a run's scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation import RocCurve, SequenceValues, roc_curve
from glioscope.evaluation.drawings import (
    confusion_figure,
    reliability_figure,
    roc_figure,
    subsets_figure,
    training_figure,
    uncertainty_figure,
)
from glioscope.learning.assessment.answers import CLASSES
from glioscope.learning.assessment.scores import RunScores
from glioscope.learning.assessment.tables import subset_name
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.metrics import read_figures


def pictures(scores: RunScores, runs: Sequence[Path]) -> Iterator[tuple[str, Figure]]:
    """Yield drawings by the name of their file.

    Args:
        scores: Of the runs.
        runs: Their folders, whose ``metrics.csv`` are drawn.
    """
    yield from _segmentation(scores)
    for head, answer in scores.answers.items():
        figure, _ = confusion_figure(answer.confusion, answer.classes)
        yield f"confusion-{_file(head)}.png", figure
        yield from _rocs(scores, head)
    for name, folder in zip(scores.runs, runs, strict=True):
        yield from _training(RunFolder(path=folder), "" if len(runs) == 1 else f"-{_file(name)}")


def _segmentation(scores: RunScores) -> Iterator[tuple[str, Figure]]:
    for name, values in scores.subsets.items():
        if isinstance(values, SequenceValues):
            figure, _ = subsets_figure(values, score=f"Dice, {subset_name(name)}")
            yield f"subsets-{_file(name)}.png", figure
    for region, places in scores.calibration.items():
        for place, found in places.items():
            figure, _ = reliability_figure(found.bins, error=found.expected_calibration_error)
            yield f"reliability-{_file(region)}-{_file(place)}.png", figure
    for region, qualities in scores.uncertainty.items():
        for place, quality in qualities.items():
            figure, _ = uncertainty_figure(quality.bins)
            yield f"uncertainty-{_file(region)}-{_file(place)}.png", figure


def _rocs(scores: RunScores, head: str) -> Iterator[tuple[str, Figure]]:
    """Yield the curves of all classes that the cases define; of two classes that of the second."""
    found, classes = scores.answers[head], CLASSES[head]
    told = [
        case.answers[head]
        for case in scores.cases
        if head in case.answers and case.answers[head].truth is not None
    ]
    curves: dict[str, RocCurve] = {}
    for place, name in enumerate(classes):
        if found.positive in {None, name}:
            try:
                curves[name] = roc_curve(
                    [answer.truth == place for answer in told],
                    [answer.probs[place] for answer in told],
                )
            except InputError:
                # no case of the class, or none of another: there is no curve to draw
                continue
    if curves:
        areas = {part.name: part.auc for part in found.per_class if part.auc is not None}
        yield f"roc-{_file(head)}.png", roc_figure(curves, areas=areas)[0]


def _training(run: RunFolder, ending: str) -> Iterator[tuple[str, Figure]]:
    if not run.metrics.exists():
        return
    # stages stand one after another; each counts its steps from 1
    history: dict[str, list[tuple[float, float]]] = {}
    before, stage, last = 0, None, 0
    for figure in read_figures(run.metrics):
        if figure.stage != stage:
            before, stage, last = before + last, figure.stage, 0
        last = max(last, figure.step)
        name = figure.metric
        if name == "train/loss" or name.startswith("validation/dice"):
            history.setdefault(name, []).append((before + figure.step, figure.value))
    # a run of few steps has a single point, which is no curve
    if any(len(points) > 1 for points in history.values()):
        drawn = {name: tuple(points) for name, points in sorted(history.items())}
        yield f"training{ending}.png", training_figure(drawn)[0]


def _file(name: str) -> str:
    return name.replace(" ", "-").replace("_", "-").replace("/", "-")
