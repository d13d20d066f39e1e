"""Label files against an expert's, paired by their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glioscope.core import InputError, Region
from glioscope.evaluation import (
    CohortScores,
    check_disjoint,
    evaluate_case,
    evaluate_cohort,
    read_id_column,
)
from glioscope.io import read_labels

BRATS_REGIONS = (Region.ET, Region.TC, Region.WT)
"""What BraTS scores."""

_SUFFIXES = (".nii.gz", ".nii")
_ENDINGS = ("-seg", "_seg", "-segmentation", "_segmentation", "_tumor_segmentation")
_ONLY_NAMES = ("segmentation", "seg")


def evaluate_labels(
    prediction: Path,
    truth: Path,
    *,
    regions: tuple[Region, ...] = BRATS_REGIONS,
    trained_on: Path | None = None,
) -> CohortScores:
    """Score labels against an expert's.

    Two files are one case.  Of two folders, each case is a file (``CASE.nii.gz``,
    ``CASE-seg.nii.gz``) or a folder that holds one (``CASE/segmentation.nii.gz``, as ``analyze``
    writes it; ``CASE/CASE-seg.nii.gz``, as BraTS comes); cases are paired by name.

    Args:
        prediction: File or folder.
        truth: File or folder.
        regions: Those that the truth can speak about; ``(Region.WT,)`` for a whole-tumor mask.
        trained_on: CSV with the ids of the patients that the predicting model has seen.

    Raises:
        InputError: If nothing can be paired, a case of the truth has no prediction, or a patient
            of ``trained_on`` is among the cases, under whatever public name.
        GridMismatchError: If two files of a pair lie on different grids.
    """
    pairs = _pairs(prediction, truth)
    if trained_on is not None:
        check_disjoint(read_id_column(trained_on).ids, pairs)
    return evaluate_cohort(
        [
            evaluate_case(read_labels(mine), read_labels(expert), case_id=case_id, regions=regions)
            for case_id, (mine, expert) in sorted(pairs.items())
        ]
    )


def scores_table(scores: CohortScores) -> str:
    """Return the means and 95% intervals as a table of plain text."""
    lines = [f"{len(scores.cases)} case(s); mean [95% interval, bootstrap by patient]"]
    for region, metrics in scores.regions.items():
        lines.append(str(region))
        lines += [
            f"  {metric:<26}{value.mean:9.3f}  [{value.low:.3f}, {value.high:.3f}]"
            for metric, value in metrics.items()
        ]
    if scores.mean_iou is not None:
        value = scores.mean_iou
        lines.append(
            f"mean IoU of the labels  {value.mean:.3f}  [{value.low:.3f}, {value.high:.3f}]"
        )
    return "\n".join(lines)


def _pairs(prediction: Path, truth: Path) -> Mapping[str, tuple[Path, Path]]:
    for path in (prediction, truth):
        if not path.exists():
            msg = f"{path.name}: no such file or folder; check the path"
            raise InputError(msg)
    if prediction.is_file() and truth.is_file():
        return {_case_name(truth) or truth.name: (prediction, truth)}
    if prediction.is_file() or truth.is_file():
        msg = "one is a file and the other a folder; give two files or two folders"
        raise InputError(msg)
    mine, experts = _label_files(prediction), _label_files(truth)
    missing = sorted(set(experts) - set(mine))
    if not experts or missing:
        found = f"no prediction for {', '.join(missing[:3])}" if experts else "no label file there"
        msg = f"{found}; name files CASE.nii.gz or CASE-seg.nii.gz, or folders CASE, in both"
        raise InputError(msg)
    return {case_id: (mine[case_id], expert) for case_id, expert in experts.items()}


def _label_files(folder: Path) -> dict[str, Path]:
    files = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            held = [file for file in sorted(path.iterdir()) if _holds_labels(file)]
            if len(held) == 1:
                files[path.name] = held[0]
        elif path.name.endswith(_SUFFIXES):
            files[_case_name(path)] = path
    return files


def _holds_labels(path: Path) -> bool:
    stem = _stem(path)
    return path.name.endswith(_SUFFIXES) and (stem in _ONLY_NAMES or stem.endswith(_ENDINGS))


def _case_name(path: Path) -> str:
    stem = _stem(path)
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    return path.parent.name if stem in _ONLY_NAMES else stem


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".nii")
