"""One DICOM file as it may be shared."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import correct_ambiguous_vr, dcmwrite
from pydicom.uid import ExplicitVRLittleEndian

from glioscope import __version__
from glioscope.io import tolerant
from glioscope.privacy.headers.cleaner import HeaderCleaner
from glioscope.privacy.headers.profile import EDITION
from glioscope.privacy.study.pixels import read_frames, write_frames
from glioscope.privacy.study.report import options

_OF_THE_PIXELS: Final = ("PixelData", "EncapsulatedPixelDataValueTotalLength")


def cleaned_file(file: FileDataset, cleaner: HeaderCleaner, *, keep_face: bool) -> bytes:
    """Return the content of a file without whose it is, Explicit VR Little Endian.

    Preamble and file meta information are made anew, pixels are stored uncompressed.

    Args:
        file: As `read_plain` gives it, its face erased unless it is kept; changed.
        cleaner: Of the patient.
        keep_face: What the header says of recognizable features.

    Raises:
        Exception: What pydicom raises on damage (``glioscope.io.BROKEN``).
    """
    with tolerant():
        frames = read_frames(file)
        correct_ambiguous_vr(file, file.original_encoding[1] is not False)
        for keyword in _OF_THE_PIXELS:
            if keyword in file:
                delattr(file, keyword)
        header = cleaner(file)
        _say_what_was_done(header, patient=cleaner.patient, keep_face=keep_face)
        write_frames(header, frames)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = header.SOPClassUID
        meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        buffer = BytesIO()
        made = FileDataset(buffer, header, file_meta=meta, preamble=b"\0" * 128)
        dcmwrite(buffer, made, enforce_file_format=True, implicit_vr=False, little_endian=True)
        return buffer.getvalue()


def _say_what_was_done(header: Dataset, *, patient: str, keep_face: bool) -> None:
    """Set what PS3.15, E.1.1, asks of a de-identifier."""
    # all that is left is ASCII
    header.SpecificCharacterSet = "ISO_IR 192"
    header.PatientID = header.PatientName = patient
    header.PatientIdentityRemoved = "YES"
    header.DeidentificationMethod = [f"Glioscope {__version__}", f"DICOM PS3.15 {EDITION}"]
    header.DeidentificationMethodCodeSequence = [
        _code(code, meaning) for code, meaning in sorted(options(keep_face=keep_face).items())
    ]
    header.LongitudinalTemporalInformationModified = "MODIFIED"
    if keep_face and "RecognizableVisualFeatures" not in header:
        header.RecognizableVisualFeatures = "YES"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
