"""NIfTI and DICOM in and out; the only room that knows LPS."""

from glioscope.io.atomic import write_atomically
from glioscope.io.csv_table import read_csv, read_records
from glioscope.io.dicom_decode import Decoder
from glioscope.io.dicom_frames import check_frames
from glioscope.io.dicom_open import open_dicom, whole
from glioscope.io.dicom_patient import patient_key
from glioscope.io.dicom_quiet import BROKEN, tolerant
from glioscope.io.dicom_write import DicomIdentity, write_dicom_series
from glioscope.io.folder import Contents, scan
from glioscope.io.itk import from_itk, from_itk_affine, to_itk, to_itk_affine
from glioscope.io.labels import LabelConvention, read_labels
from glioscope.io.lock import exclusive
from glioscope.io.names import Role, clue_of_name
from glioscope.io.nifti import read_volume, write_volume
from glioscope.io.nifti_open import BROKEN_NIFTI, open_nifti
from glioscope.io.patients import check_one_patient, find_patients
from glioscope.io.study import read_study
from glioscope.io.template import Template, load_template

__all__ = [
    "BROKEN",
    "BROKEN_NIFTI",
    "Contents",
    "Decoder",
    "DicomIdentity",
    "LabelConvention",
    "Role",
    "Template",
    "check_frames",
    "check_one_patient",
    "clue_of_name",
    "exclusive",
    "find_patients",
    "from_itk",
    "from_itk_affine",
    "load_template",
    "open_dicom",
    "open_nifti",
    "patient_key",
    "read_csv",
    "read_labels",
    "read_records",
    "read_study",
    "read_volume",
    "scan",
    "to_itk",
    "to_itk_affine",
    "tolerant",
    "whole",
    "write_atomically",
    "write_dicom_series",
    "write_volume",
]
