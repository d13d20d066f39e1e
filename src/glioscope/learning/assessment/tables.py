"""The scores of a run as tables, for the terminal and for a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from glioscope.core import Region
from glioscope.evaluation import ClassScores, Interval, Table, interval_text
from glioscope.evaluation.table import UNDEFINED
from glioscope.learning.assessment.scores import MEAN, FewSubsets, RunScores

REGION_NAMES: Final = {
    Region.ET: "enhancing tumor",
    Region.TC: "tumor core",
    Region.WT: "whole tumor",
}

_METRICS: Final = {
    "dice": "Dice",
    "lesion_wise_dice": "lesion-wise Dice",
    "hd95_mm": "HD95, mm",
    "lesion_wise_hd95_mm": "lesion-wise HD95, mm",
    "normalized_surface_dice": "surface Dice at 1 mm",
}


_SEGMENTATION: Final = "Segmentation"
_ANSWERS: Final = "Answers"
_FOLDS: Final = "Folds"
_SHORT: Final = (_SEGMENTATION, _ANSWERS, _FOLDS)


def text(scores: RunScores) -> str:
    """Return what a terminal shows: how the run did, without subsets and calibration."""
    parts = [*scores.notes, _what(scores)]
    parts += [table.text() for title, table in _sections(scores) if title in _SHORT]
    return "\n\n".join(parts)


def page(scores: RunScores) -> str:
    """Return ``table.md``: every table, with what must be known first on top."""
    parts = [f"# {', '.join(scores.runs)}: {scores.settings.part} part"]
    parts += [f"> **{note}**" for note in scores.notes]
    parts.append(f"{_what(scores)}\n\nWeights:\n\n{_weights(scores)}")
    parts += [f"## {title}\n\n{table.markdown()}" for title, table in _sections(scores)]
    return "\n\n".join(parts) + "\n"


def subset_name(name: str) -> str:
    """Return what the Dice of a set of regions is called."""
    return "mean of the three regions" if name == MEAN else name.replace("_", " ")


def _what(scores: RunScores) -> str:
    settings = scores.settings
    cases = f"{len(scores.cases)} {settings.part} case(s) of {scores.patients} patient(s)"
    how = ""
    if scores.cohort is not None:
        mirrored = ", averaged with the mirror image" if settings.mirror else ""
        how = f", on their own grid{mirrored}; probabilities cut at one half, no rule after"
    return (
        f"{cases}{how};\n{scores.seconds:.2f} s a case with {scores.threads} thread(s);"
        " mean [95% interval, bootstrap by patient]"
    )


def _weights(scores: RunScores) -> str:
    return "\n".join(
        f"- {run}: {weights.network} on grid {weights.grid}, `{weights.file}`, SHA-256"
        f" `{weights.sha256[:16]}`"
        for run, weights in scores.runs.items()
    )


def _sections(scores: RunScores) -> Iterator[tuple[str, Table]]:
    if scores.cohort is not None:
        yield _SEGMENTATION, _segmentation(scores)
    if scores.answers:
        yield _ANSWERS, _answers(scores)
    if scores.folds:
        yield _FOLDS, _folds(scores)
    for name, values in scores.subsets.items():
        title = f"Dice by sequences: {subset_name(name)}"
        yield title, values.subsets_table()
        if not isinstance(values, FewSubsets):
            yield f"{title}, value of each", values.values_table()
    if scores.calibration:
        yield "Calibration", _calibration(scores)
    for head, found in scores.answers.items():
        yield f"Answers: {head.replace('_', ' ')}, class by class", _classes(found)
        yield f"Answers: {head.replace('_', ' ')}, confusion", _confusion(found)


def _segmentation(scores: RunScores) -> Table:
    cohort = scores.cohort
    rows: list[tuple[str, ...]] = []
    if cohort is not None:
        for region, metrics in cohort.regions.items():
            values = tuple(_in_unit(metric, metrics[metric]) for metric in _METRICS)
            rows.append((REGION_NAMES.get(region, str(region)), *values))
        blank = ("",) * (len(_METRICS) - 1)
        rows.append(("mean IoU of the labels", interval_text(cohort.mean_iou), *blank))
    return Table(header=("region", *_METRICS.values()), rows=tuple(rows))


def _answers(scores: RunScores) -> Table:
    rows = tuple(
        (
            head.replace("_", " "),
            str(sum(sum(row) for row in found.confusion)),
            interval_text(found.auc),
            interval_text(found.accuracy),
            interval_text(found.apca),
            interval_text(found.sensitivity),
            interval_text(found.specificity),
            interval_text(found.majority_accuracy),
        )
        for head, found in scores.answers.items()
    )
    columns = ("AUC", "accuracy", "APCA", "sensitivity", "specificity", "majority accuracy")
    return Table(header=("question", "cases", *columns), rows=rows)


def _classes(found: ClassScores) -> Table:
    rows = tuple(
        (
            part.name,
            str(part.cases),
            interval_text(part.auc),
            interval_text(part.sensitivity),
            interval_text(part.specificity),
        )
        for part in found.per_class
    )
    return Table(header=("class", "cases", "AUC", "sensitivity", "specificity"), rows=rows)


def _confusion(found: ClassScores) -> Table:
    rows = zip(found.classes, found.confusion, strict=True)
    return Table(
        header=("true, down; called, across", *found.classes),
        rows=tuple((name, *map(str, counts)) for name, counts in rows),
    )


def _calibration(scores: RunScores) -> Table:
    rows = []
    for region, places in scores.calibration.items():
        for place, found in places.items():
            unsure = scores.uncertainty.get(region, {}).get(place)
            rows.append(
                (
                    f"{REGION_NAMES.get(region, str(region))}, {place}",
                    f"{found.voxels}",
                    _fine(found.expected_calibration_error.mean),
                    UNDEFINED if unsure is None else interval_text(unsure.error_auc),
                    UNDEFINED if unsure is None else _fine(unsure.sparsification_error.mean),
                )
            )
    columns = ("voxels", "ECE", "AUC of uncertainty for errors", "sparsification error")
    return Table(header=("region and place", *columns), rows=tuple(rows))


def _folds(scores: RunScores) -> Table:
    rows = tuple(
        (
            metric,
            f"{found.mean:.3f}" + ("" if found.sd is None else f" (SD {found.sd:.3f})"),
            interval_text(found.pooled),
        )
        for metric, found in scores.folds.items()
    )
    return Table(header=("metric", "mean of folds", "all cases"), rows=rows)


def _in_unit(metric: str, interval: Interval) -> str:
    """Return an interval; thousandths of a millimeter say nothing."""
    if metric.endswith("_mm"):
        return f"{interval.mean:.1f} [{interval.low:.1f}, {interval.high:.1f}]"
    return interval_text(interval)


def _fine(value: float) -> str:
    """Return a number that may be far below 0.001."""
    return f"{value:.4f}"
