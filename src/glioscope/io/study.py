"""A folder as it came from the scanner or a data set, read into a Study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from glioscope.core import InputError, Notice, Sequence, Severity, Study, Volume
from glioscope.io.archive import is_archive, stem
from glioscope.io.dicom_series import DicomSeries, read_all_headers, read_dicom_series
from glioscope.io.folder import Contents, listed, printable, scan
from glioscope.io.nifti import is_nifti, load_nifti
from glioscope.io.nifti_series import images_of, nifti_series, read_nifti_series
from glioscope.io.opened import opened
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
        folder: Any depth, any mixture of DICOM and NIfTI.  Where both are, DICOM is read and
            NIfTI left out; of several study dates the latest is read.  Notices say so.  An archive
            (.zip, .tar, .tar.gz, .tgz), or a folder with no image but one archive, is unpacked
            into a temporary folder that is removed again.
        case_id: Pseudonym; the name of the folder or archive if not given.
        overrides: The user's own choice of a NIfTI file, or of a folder with one DICOM series,
            for a sequence; it stands beside what else the folder holds.
        brain_mask: The user's own brain mask, NIfTI.

    Raises:
        InputError: If there is no usable series, or more than one patient, or a file of a series
            is damaged; the message says what, where and what to do.
    """
    with opened(folder) as contents:
        return _read(
            contents,
            case_id=case_id or _name_of(folder),
            overrides=overrides or {},
            brain_mask=brain_mask,
        )


def _name_of(study: Path) -> str:
    return stem(study) if is_archive(study) else study.resolve().name


def _read(
    contents: Contents,
    *,
    case_id: str,
    overrides: Mapping[Sequence, Path],
    brain_mask: Path | None,
) -> Study:
    chosen = _chosen(overrides, root=contents.root)
    given = [*overrides.values(), *([brain_mask] if brain_mask else [])]
    found = _found(contents, without=given)
    taken = {series.series_id for study in chosen for series in study.series}
    series = tuple(series for study in chosen for series in study.series) + tuple(
        series for series in found.series if series.series_id not in taken
    )
    notices = contents.notices() + found.notices
    if not series:
        raise InputError(_nothing(contents, notices))
    frames = {
        uid: frame
        for study in (found, *chosen)
        for uid, frame in study.frame_of_reference_uids.items()
    }
    return Study(
        case_id=case_id,
        series=series,
        brain_mask=None if brain_mask is None else _mask(brain_mask),
        study_instance_uid=found.study_instance_uid,
        frame_of_reference_uids=frames,
        notices=notices,
    )


def _found(contents: Contents, *, without: Iterable[Path]) -> DicomSeries:
    """Read the DICOM of a folder, or its NIfTI if no DICOM series is usable."""
    headers = read_all_headers(contents)
    if headers:
        check_one_patient(contents, {header.path: header.patient for header in headers})
    dicom = read_dicom_series(contents, headers)
    if dicom.series:
        return replace(dicom, notices=dicom.notices + _beside(contents))
    check_one_patient(contents)
    series, notices = read_nifti_series(contents, without=without)
    return DicomSeries(series=series, notices=dicom.notices + notices)


def _beside(contents: Contents) -> tuple[Notice, ...]:
    names = [str(contents.name(path)) for path in images_of(contents)]
    if not names:
        return ()
    message = f"Left out: NIfTI files beside the DICOM series: {listed(names)}."
    return (Notice(code="left-out-nifti", severity=Severity.INFO, message=message),)


def _chosen(overrides: Mapping[Sequence, Path], *, root: Path) -> list[DicomSeries]:
    places = [path.resolve() for path in overrides.values()]
    for sequence, path in overrides.items():
        if places.count(path.resolve()) > 1:
            msg = f"{path.name}, given as {sequence}, is given twice; give a file for each sequence"
            raise InputError(msg)
    return [_override(sequence, path, root=root) for sequence, path in overrides.items()]


def _override(sequence: Sequence, path: Path, *, root: Path) -> DicomSeries:
    if not path.exists():
        msg = f"{path.name}, given as {sequence}: no such file or folder; check the path"
        raise InputError(msg)
    if not path.is_dir():
        series = nifti_series(path, name=_name(path, root), declared=sequence, by_user=True)
        if not path.resolve().is_relative_to(root.resolve()):
            # A file of the same name may lie in the folder.
            series = replace(series, series_id=f"{series.series_id} (given as {sequence})")
        return DicomSeries(series=(series,))
    contents = scan(path)
    dicom = read_dicom_series(contents, read_all_headers(contents))
    if len(dicom.series) != 1:
        told = " ".join(notice.message for notice in dicom.notices)
        msg = (
            f"{path.name}, given as {sequence}, holds {len(dicom.series)} usable DICOM series;"
            f" give the folder of one series. {told}"
        )
        raise InputError(msg.strip())
    return replace(dicom, series=(replace(dicom.series[0], declared=sequence, by_user=True),))


def _name(path: Path, root: Path) -> PurePosixPath:
    below, top = path.resolve(), root.resolve()
    return PurePosixPath(
        printable(below.relative_to(top).as_posix() if below.is_relative_to(top) else path.name)
    )


def _mask(path: Path) -> Volume:
    if not path.exists() or not is_nifti(path):
        msg = f"the brain mask {path.name} is no NIfTI file (.nii or .nii.gz); check the path"
        raise InputError(msg)
    volume = load_nifti(path, name=path.name).volume
    mask = np.asarray(volume.data > 0)
    if not mask.any() or mask.all():
        msg = f"the brain mask {path.name} holds no brain (it is constant); give another one"
        raise InputError(msg)
    return volume.with_data(mask)


def _nothing(contents: Contents, notices: tuple[Notice, ...]) -> str:
    told = " ".join(notice.message for notice in notices)
    counts = f"{len(contents.dicom)} DICOM, {len(contents.nifti)} NIfTI, {contents.others} other"
    return (
        f"{contents.title} holds no usable series of a head MRI ({counts} files)."
        f" {told} Give the folder of the scans, or name the files with --t1, --t1c, --t2, --flair."
    ).replace("  ", " ")
