"""Results as DICOM objects of the patient's own study."""
