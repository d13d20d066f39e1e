"""Volumes, diameters, shape, lesions."""

from glioscope.measurement.marching_cubes import cube_areas_mm2, cube_codes

__all__ = ["cube_areas_mm2", "cube_codes"]
