"""The images of a result, as files."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from glioscope.core import Case, OutputError, Segmentation, Volume
from glioscope.io import write_volume
from glioscope.segmentation import to_patient_grid

PREPARED = "prepared"
"""Folder of everything on the prepared grid."""


def write_case(case: Case, folder: Path) -> None:
    """Write the prepared sequences and the brain to ``prepared/``.

    Args:
        case: Its images are written in robust standard deviations of the brain.
        folder: Exists.

    Raises:
        OutputError: If a file can't be written; that file then is not there.
    """
    prepared = folder / PREPARED
    files = {prepared / f"{sequence}.nii.gz": volume for sequence, volume in case.images.items()}
    _write({**files, prepared / "brain.nii.gz": case.brain})


def write_segmentation(
    case: Case, segmentation: Segmentation, folder: Path, *, probabilities: bool
) -> None:
    """Write the labels, on the grid of the reference series as acquired and on the prepared one.

    Args:
        case: Whose grids they are.
        segmentation: Of this case.
        folder: Exists.
        probabilities: Write the regions' probabilities and the uncertainty too.

    Raises:
        OutputError: If a file can't be written; that file then is not there.
    """
    prepared = folder / PREPARED
    files: dict[Path, Volume] = {
        folder / "segmentation.nii.gz": to_patient_grid(segmentation.labels, case),
        prepared / "segmentation.nii.gz": segmentation.labels,
    }
    if probabilities:
        for region, volume in segmentation.probabilities.items():
            files[prepared / f"probability_{region}.nii.gz"] = volume
        if segmentation.uncertainty is not None:
            files[prepared / "uncertainty.nii.gz"] = segmentation.uncertainty
    _write(files)


def make_folder(folder: Path) -> None:
    """Make a folder for results.

    Raises:
        OutputError: If it can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"can't make {folder.name} ({error.strerror}); choose another folder with -o"
        raise OutputError(msg) from error


def _write(files: Mapping[Path, Volume]) -> None:
    for folder in {path.parent for path in files}:
        make_folder(folder)
    # zlib lets go of the interpreter while it compresses, so threads do run side by side
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(write_volume, volume, path) for path, volume in files.items()]:
            done.result()
