"""Case to Segmentation: runtime, tiling, uncertainty, post-processing."""

from glioscope.segmentation.grid import NetworkGrid

__all__ = ["NetworkGrid"]
