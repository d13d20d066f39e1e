"""For NIfTI input: the reference sequence as a DICOM series, for the outputs to refer to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from glioscope import __version__
from glioscope.core import Acquisition, InputError, Volume
from glioscope.io.dicom_header import SliceHeader, read_headers
from glioscope.io.dicom_out.identity import MANUFACTURER, MODEL
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_values import derived_uid
from glioscope.io.dicom_write import DicomIdentity, write_dicom_series
from glioscope.io.folder import scan
from glioscope.io.nifti import load_nifti
from glioscope.io.nifti_series import sha256_of
from glioscope.io.results.folder import WrittenResult
from glioscope.io.sidecar import acquisition_of_nifti

SERIES_FOLDER: Final = "series"
"""Below the output folder."""

_SAME_PLACE_MM: Final = 0.05
_UNKNOWN_TECHNIQUE: Final = ("RM",)
"""ScanningSequence: research mode (PS3.3 C.8.3.1), as NIfTI does not tell the technique."""


def write_derived_series(study: Path, result: WrittenResult, folder: Path) -> Origin:
    """Write the NIfTI file that a result was drawn on as an MR series of a study of its own.

    Voxels and geometry are the file's: whole numbers that span at most 65,536 values come back
    exactly, others within half a step of a 16-bit rescale.  The patient is the case's pseudonym;
    what NIfTI does not tell stands empty.  UIDs follow from the file's content and the version.

    Args:
        study: The folder that was analyzed, unchanged.
        result: Of this study.
        folder: The series is written below it.

    Returns:
        The series, as the origin of all other outputs.

    Raises:
        InputError: If the study does not hold the file as it was analyzed.
        GeometryError: If its axes are not orthogonal: such a file can't have been analyzed.
        OutputError: If the series can't be written.
    """
    path, name, digest = _find(study, result)
    loaded = load_nifti(path, name=name)
    _check_grid(loaded.volume, result, name=name)
    acquisition = acquisition_of_nifti(path, description=loaded.description, name=name)
    sequence = str(result.content["sequences"]["reference"])
    paths = write_dicom_series(
        _orthogonal(loaded.volume),
        folder=folder / SERIES_FOLDER,
        acquisition=_derived(acquisition, sequence),
        identity=_identity(result, digest, study_date=acquisition.acquisition_date or ""),
        derivation=f"Converted from a NIfTI file, SHA-256 {digest}, without resampling",
    )
    return Origin(slices=tuple(_header(one) for one in paths), grid=result.labels)


def _find(study: Path, result: WrittenResult) -> tuple[Path, str, str]:
    """Return the reference file, what messages call it, and its SHA-256."""
    contents = scan(study)
    files = result.files_of(result.reference_series)
    for path in contents.nifti:
        name = str(contents.name(path))
        if name in files:
            digest = sha256_of(path)
            if digest == files[name]:
                return path, name, digest
            msg = (
                f"{name} is not the file that was analyzed (its content has changed); give the"
                " folder as it was analyzed, or analyze it again"
            )
            raise InputError(msg)
    msg = (
        f"{contents.title} does not hold the reference series of case {result.case_id} as NIfTI;"
        " give the folder that was analyzed"
    )
    raise InputError(msg)


def _check_grid(volume: Volume, result: WrittenResult, *, name: str) -> None:
    same = volume.shape == result.labels.shape
    if same:
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in volume.shape])).reshape(3, -1).T
        apart = volume.world(corners) - result.labels.world(corners)
        same = bool(np.linalg.norm(apart, axis=1).max() < _SAME_PLACE_MM)
    if not same:
        msg = f"{name} lies on another grid than the segmentation; analyze the study again"
        raise InputError(msg)


def _orthogonal(volume: Volume) -> Volume:
    """Return a volume whose second axis is at a right angle to its first.

    NIfTI may hold a shear of up to 0.2 mm in 100 mm, which the directions of rows and columns of
    a DICOM image can't; the direction of the slices can and is kept.
    """
    affine = volume.affine.copy()
    first, second = affine[:3, 0], affine[:3, 1]
    turned = second - (second @ first) / (first @ first) * first
    affine[:3, 1] = turned * np.linalg.norm(second) / np.linalg.norm(turned)
    return Volume(data=volume.data, affine=affine)


def _derived(acquisition: Acquisition, sequence: str) -> Acquisition:
    return replace(
        acquisition,
        series_description=f"{sequence.upper()} from NIfTI",
        modality="MR",
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL,
        image_type=("DERIVED", "SECONDARY", "OTHER"),
        scanning_sequence=acquisition.scanning_sequence or _UNKNOWN_TECHNIQUE,
    )


def _identity(result: WrittenResult, digest: str, *, study_date: str) -> DicomIdentity:
    patient = result.content["patient"]
    age = patient["age"]
    parts = (result.case_id, digest, __version__)
    return DicomIdentity(
        patient_id=result.case_id,
        study_instance_uid=derived_uid("study of a NIfTI file", *parts),
        frame_of_reference_uid=derived_uid("frame of reference of a NIfTI file", *parts),
        study_date=study_date,
        study_time="",
        patient_sex=patient["sex"] or "",
        patient_age_years=None if age is None else int(age["value"]),
    )


def _header(path: Path) -> SliceHeader:
    (header,) = read_headers(path, name=path.name)
    return header
