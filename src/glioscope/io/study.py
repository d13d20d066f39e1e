"""A folder as it came from the scanner or a data set, read into a Study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from glioscope.core import InputError, Sequence, Series, Study, Volume
from glioscope.io.folder import Contents, scan
from glioscope.io.nifti import is_nifti, load_nifti
from glioscope.io.nifti_series import nifti_series, read_nifti_series
from glioscope.io.patients import check_one_patient


def read_study(
    folder: Path,
    *,
    case_id: str | None = None,
    overrides: Mapping[Sequence, Path] | None = None,
    brain_mask: Path | None = None,
) -> Study:
    """Read all usable series of one patient at one time point.

    Args:
        folder: Any depth, any mixture of DICOM and NIfTI; DICOM wins where both are.
        case_id: Pseudonym; the folder's name if not given.
        overrides: The user's own choice of a NIfTI file or a DICOM folder for a sequence.
        brain_mask: The user's own brain mask, NIfTI.

    Raises:
        InputError: If there is no usable series, or more than one patient, or a file of a series
            is damaged; the message says what, where and what to do.
    """
    contents = scan(folder)
    chosen = _overridden(overrides or {}, root=folder)
    check_one_patient(contents)
    given = [*(overrides or {}).values(), *([brain_mask] if brain_mask else [])]
    found, notices = read_nifti_series(contents, without=given)
    if not chosen and not found:
        raise InputError(_nothing(contents))
    return Study(
        case_id=case_id or folder.resolve().name,
        series=chosen + found,
        brain_mask=None if brain_mask is None else _mask(brain_mask),
        notices=contents.notices() + notices,
    )


def _overridden(overrides: Mapping[Sequence, Path], *, root: Path) -> tuple[Series, ...]:
    series: list[Series] = []
    for sequence, path in overrides.items():
        if not path.exists():
            msg = f"{path.name}, given as {sequence}: no such file or folder; check the path"
            raise InputError(msg)
        series.append(nifti_series(path, name=_name(path, root), declared=sequence, by_user=True))
    return tuple(series)


def _name(path: Path, root: Path) -> PurePosixPath:
    below = path.resolve()
    inside = below.is_relative_to(root.resolve())
    return PurePosixPath(below.relative_to(root.resolve()) if inside else path.name)


def _mask(path: Path) -> Volume:
    if not is_nifti(path):
        msg = f"the brain mask {path.name} is not NIfTI (.nii or .nii.gz); convert it first"
        raise InputError(msg)
    volume = load_nifti(path, name=path.name).volume
    mask = volume.data > 0
    if not mask.any() or mask.all():
        msg = f"the brain mask {path.name} holds no brain (it is constant); give another one"
        raise InputError(msg)
    return volume.with_data(np.asarray(mask))


def _nothing(contents: Contents) -> str:
    told = " ".join(notice.message for notice in contents.notices())
    return f"{contents.root.name} holds no usable series of a head MRI. {told}"
