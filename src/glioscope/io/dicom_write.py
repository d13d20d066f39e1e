"""A volume as a DICOM MR series: of simulated patients, of NIfTI input, and for tests."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from glioscope import __version__
from glioscope.core import Acquisition, GeometryError, Volume
from glioscope.io.atomic import write_atomically
from glioscope.io.dicom_enhanced import make_enhanced
from glioscope.io.dicom_values import decimal, decimals, derived_uid, lps_axes, slice_position
from glioscope.io.nifti_geometry import SHEAR_LIMIT, shear

_IMPLEMENTATION: Final = UID(derived_uid("glioscope"))
_TWELVE_BITS: Final = 4095
_SIXTEEN_BITS: Final = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomIdentity:
    """Whose series it is, and of which study; pseudonyms only.

    Args:
        patient_id: Pseudonym, for PatientID and PatientName.
        study_instance_uid: Of all series of the study.
        frame_of_reference_uid: Of all series that share the scanner's world.
        study_date: YYYYMMDD.
        study_time: HHMMSS.
        patient_sex: ``F``, ``M``, ``O`` or empty.
        patient_age_years: Whole years.
    """

    patient_id: str
    study_instance_uid: str
    frame_of_reference_uid: str
    study_date: str = "20200101"
    study_time: str = "120000"
    patient_sex: str = ""
    patient_age_years: int | None = None

    @classmethod
    def from_seed(cls, seed: int, *, patient_id: str, study_date: str = "20200101") -> Self:
        """Return an identity whose UIDs follow from a seed, so that it can be made again."""
        parts = (str(seed), patient_id, study_date)
        return cls(
            patient_id=patient_id,
            study_instance_uid=derived_uid("study", *parts),
            frame_of_reference_uid=derived_uid("frame of reference", *parts),
            study_date=study_date,
        )


def write_dicom_series(
    volume: Volume,
    *,
    folder: Path,
    acquisition: Acquisition,
    identity: DicomIdentity,
    series_number: int = 1,
    enhanced: bool = False,
    derivation: str | None = None,
) -> tuple[Path, ...]:
    """Write a volume as one MR series: a file a slice, or one enhanced multi-frame file.

    The axes of the volume become columns, rows and slices, whatever their direction; values that
    are whole and within 0 to 65,535 are stored as they are, others in 12 bits with a rescale, or
    in 16 where the series is derived from another.

    Args:
        volume: Intensities; its axes must be orthogonal.
        folder: Made if it is not there; other series may lie in it.
        acquisition: Goes into the tags; ``None`` leaves a tag out (or empty where it is required).
        identity: Patient and study.
        series_number: Tells the series of the study apart, in the tag, UIDs and file names.
        enhanced: Write Enhanced MR Image Storage: what readers use of it, not every module that
            the standard asks of a scanner.
        derivation: What a series that no scanner made was derived from, and how.

    Returns:
        The files, in slice order; the same arguments give the same bytes.

    Raises:
        GeometryError: If the axes are not orthogonal.
        OutputError: If a file can't be written.
    """
    if shear(volume.affine) > SHEAR_LIMIT:
        msg = "a volume with sheared axes can't be written as DICOM; resample it first"
        raise GeometryError(msg)
    most = _TWELVE_BITS if derivation is None else _SIXTEEN_BITS
    stored, slope, intercept = _stored(volume.data, most=most)
    header = _series_header(volume, acquisition, identity, series_number)
    if derivation is not None:
        _mark_derived(header, derivation)
    header.BitsStored = 12 if int(stored.max()) <= _TWELVE_BITS else 16
    header.HighBit = header.BitsStored - 1
    stem = f"IM-{series_number:04d}"
    if enhanced:
        make_enhanced(header, volume, acquisition, slope=slope, intercept=intercept)
        path = folder / f"{stem}.dcm"
        _write(header, stored.transpose(2, 1, 0), number=1, path=path)
        return (path,)
    if (slope, intercept) != (1.0, 0.0):
        header.RescaleSlope, header.RescaleIntercept = decimal(slope), decimal(intercept)
        header.RescaleType = "US"
    paths = tuple(folder / f"{stem}-{k + 1:04d}.dcm" for k in range(volume.shape[2]))
    for k, path in enumerate(paths):
        _place(header, volume, k)
        _write(header, stored[:, :, k].T, number=k + 1, path=path)
    return paths


def _stored(data: npt.NDArray[Any], *, most: int) -> tuple[npt.NDArray[np.uint16], float, float]:
    values = np.asarray(data, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.rint(values)).all())
    if whole and low >= 0 and high <= _SIXTEEN_BITS:
        return values.astype(np.uint16), 1.0, 0.0
    if whole and high - low <= most:
        return (values - low).astype(np.uint16), 1.0, low
    # The rescale is what the tags will say after rounding, so that a reader undoes just that.
    slope, intercept = float(decimal((high - low) / most or 1.0)), float(decimal(low))
    steps = np.rint((values - intercept) / slope).clip(0, most)
    return steps.astype(np.uint16), slope, intercept


def _mark_derived(header: Dataset, derivation: str) -> None:
    header.DerivationDescription, header.SoftwareVersions = derivation, __version__
    # what only the scanner could tell stands empty
    header.PatientPosition = header.MRAcquisitionType = ""
    header.EchoTrainLength = None


def _series_header(
    volume: Volume, acquisition: Acquisition, identity: DicomIdentity, number: int
) -> Dataset:
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    header.SOPClassUID = MRImageStorage
    header.ImageType = list(acquisition.image_type or ("ORIGINAL", "PRIMARY", "OTHER"))
    header.StudyInstanceUID = identity.study_instance_uid
    header.SeriesInstanceUID = derived_uid(identity.study_instance_uid, "series", str(number))
    header.FrameOfReferenceUID = identity.frame_of_reference_uid
    header.PositionReferenceIndicator = ""
    header.StudyID, header.SeriesNumber, header.AcquisitionNumber = "1", number, number
    header.PatientPosition, header.BodyPartExamined = "HFS", "BRAIN"
    _add_patient(header, acquisition, identity)
    _add_technique(header, acquisition)
    _add_pixel_module(header, volume)
    return header


def _add_patient(header: Dataset, acquisition: Acquisition, identity: DicomIdentity) -> None:
    header.StudyDate = header.SeriesDate = header.ContentDate = identity.study_date
    header.AcquisitionDate = acquisition.acquisition_date or identity.study_date
    header.StudyTime = header.SeriesTime = header.ContentTime = identity.study_time
    header.AcquisitionTime = acquisition.acquisition_time or identity.study_time
    header.PatientID = header.PatientName = identity.patient_id
    header.PatientBirthDate = header.AccessionNumber = header.ReferringPhysicianName = ""
    header.PatientSex = identity.patient_sex
    if identity.patient_age_years is not None:
        header.PatientAge = f"{identity.patient_age_years:03d}Y"


def _add_technique(header: Dataset, acquisition: Acquisition) -> None:
    header.Modality = acquisition.modality or "MR"
    header.Manufacturer = acquisition.manufacturer or "Glioscope simulation"
    inverted = acquisition.inversion_time_ms is not None
    header.ScanningSequence = list(acquisition.scanning_sequence or (["SE", "IR"][: 1 + inverted]))
    header.SequenceVariant, header.ScanOptions = "NONE", ""
    header.MRAcquisitionType, header.EchoTrainLength = "2D", 1
    for name, number in (
        ("InversionTime", acquisition.inversion_time_ms),
        ("FlipAngle", acquisition.flip_angle_deg),
        ("MagneticFieldStrength", acquisition.magnetic_field_strength_t),
        ("SliceThickness", acquisition.slice_thickness_mm),
        ("RepetitionTime", acquisition.repetition_time_ms),
        ("EchoTime", acquisition.echo_time_ms),
    ):
        if number is not None:
            setattr(header, name, decimal(number))
        elif name in {"RepetitionTime", "EchoTime"}:
            # The standard wants these two there, if only empty.
            setattr(header, name, None)
    for name, text in (
        ("SeriesDescription", acquisition.series_description),
        ("ProtocolName", acquisition.protocol_name),
        ("ContrastBolusAgent", acquisition.contrast_bolus_agent),
        ("ManufacturerModelName", acquisition.manufacturer_model_name),
    ):
        if text is not None:
            setattr(header, name, text)


def _add_pixel_module(header: Dataset, volume: Volume) -> None:
    columns, rows, _ = volume.shape
    x_mm, y_mm, z_mm = volume.spacing_mm
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.Rows, header.Columns = rows, columns
    header.BitsAllocated, header.PixelRepresentation = 16, 0
    header.PixelSpacing = decimals([y_mm, x_mm])
    header.SpacingBetweenSlices = decimal(z_mm)


def _place(header: Dataset, volume: Volume, k: int) -> None:
    axes, _ = lps_axes(volume)
    position = slice_position(volume, k)
    header.ImageOrientationPatient = decimals(axes[:, :2].T)
    header.ImagePositionPatient = decimals(position)
    header.SliceLocation = decimal(float(np.cross(axes[:, 0], axes[:, 1]) @ position))
    if "SliceThickness" not in header:
        header.SliceThickness = decimal(volume.spacing_mm[2])


def _write(header: Dataset, pixels: npt.NDArray[np.uint16], *, number: int, path: Path) -> None:
    header.InstanceNumber = number
    header.SOPInstanceUID = derived_uid(header.SeriesInstanceUID, "instance", str(number))
    pixel_bytes = pixels.astype("<u2").tobytes()
    header.add_new("PixelData", "OW", pixel_bytes + b"\0" * (len(pixel_bytes) % 2))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = header.SOPClassUID
    meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _IMPLEMENTATION
    buffer = BytesIO()
    file = FileDataset(buffer, header, file_meta=meta, preamble=b"\0" * 128)
    dcmwrite(buffer, file, enforce_file_format=True)
    write_atomically(path, buffer.getvalue())
