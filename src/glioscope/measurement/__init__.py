"""Volumes, diameters, shape, lesions, intensity."""

from glioscope.measurement.diameters import MEASURABLE_MM, axial_diameters
from glioscope.measurement.extent import maximum_3d_diameter
from glioscope.measurement.intensity import FIRST_ORDER_FEATURES, first_order_features
from glioscope.measurement.lesions import SATELLITE_MM, SMALLEST_LESION_MM3, find_lesions
from glioscope.measurement.marching_cubes import cube_areas_mm2, cube_codes
from glioscope.measurement.measure import measure
from glioscope.measurement.shape import SHAPE_UNITS, shape_features
from glioscope.measurement.t1c import TUMOR_MEAN, has_true_zero, t1c_intensity
from glioscope.measurement.volumes import region_volumes

__all__ = [
    "FIRST_ORDER_FEATURES",
    "MEASURABLE_MM",
    "SATELLITE_MM",
    "SHAPE_UNITS",
    "SMALLEST_LESION_MM3",
    "TUMOR_MEAN",
    "axial_diameters",
    "cube_areas_mm2",
    "cube_codes",
    "find_lesions",
    "first_order_features",
    "has_true_zero",
    "maximum_3d_diameter",
    "measure",
    "region_volumes",
    "shape_features",
    "t1c_intensity",
]
