"""NIfTI and DICOM in and out; the only room that knows LPS."""

from glioscope.io.atomic import write_atomically
from glioscope.io.csv_table import read_csv, read_records
from glioscope.io.dicom_write import DicomIdentity, write_dicom_series
from glioscope.io.itk import from_itk, from_itk_affine, to_itk, to_itk_affine
from glioscope.io.labels import LabelConvention, read_labels
from glioscope.io.nifti import read_volume, write_volume
from glioscope.io.patients import find_patients
from glioscope.io.study import read_study
from glioscope.io.template import Template, load_template

__all__ = [
    "DicomIdentity",
    "LabelConvention",
    "Template",
    "find_patients",
    "from_itk",
    "from_itk_affine",
    "load_template",
    "read_csv",
    "read_labels",
    "read_records",
    "read_study",
    "read_volume",
    "to_itk",
    "to_itk_affine",
    "write_atomically",
    "write_dicom_series",
    "write_volume",
]
