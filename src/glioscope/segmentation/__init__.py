"""Case to Segmentation: runtime, tiling, uncertainty, post-processing."""
