"""The face in the voxels: found, and erased from volumes and DICOM pixels."""
