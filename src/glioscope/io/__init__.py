"""NIfTI and DICOM in and out; the only room that knows LPS."""

from glioscope.io.itk import from_itk, from_itk_affine, to_itk, to_itk_affine

__all__ = ["from_itk", "from_itk_affine", "to_itk", "to_itk_affine"]
