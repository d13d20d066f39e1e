"""Headers without whose they are: DICOM by PS3.15, NIfTI and side-cars by allow lists."""
