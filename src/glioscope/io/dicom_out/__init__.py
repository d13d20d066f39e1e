"""Results as DICOM objects of the patient's own study."""

from glioscope.io.dicom_out.derived_series import SERIES_FOLDER, write_derived_series
from glioscope.io.dicom_out.identity import Identity, Output, identify
from glioscope.io.dicom_out.origin import Origin, find_origin
from glioscope.io.dicom_out.pdf import make_pdf
from glioscope.io.dicom_out.pictures import make_pictures
from glioscope.io.dicom_out.read_seg import read_segmentation
from glioscope.io.dicom_out.seg import make_segmentation
from glioscope.io.dicom_out.sr import make_report
from glioscope.io.dicom_out.structures import make_structures

__all__ = [
    "SERIES_FOLDER",
    "Identity",
    "Origin",
    "Output",
    "find_origin",
    "identify",
    "make_pdf",
    "make_pictures",
    "make_report",
    "make_segmentation",
    "make_structures",
    "read_segmentation",
    "write_derived_series",
]
