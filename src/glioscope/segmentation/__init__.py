"""Case to Segmentation: runtime, tiling, uncertainty, post-processing."""

from glioscope.segmentation.config import SegmentConfig
from glioscope.segmentation.grid import NetworkGrid
from glioscope.segmentation.labels import Rules
from glioscope.segmentation.patient import to_patient_grid
from glioscope.segmentation.segment import REGIONS, network_grid, network_input, segment

__all__ = [
    "REGIONS",
    "NetworkGrid",
    "Rules",
    "SegmentConfig",
    "network_grid",
    "network_input",
    "segment",
    "to_patient_grid",
]
