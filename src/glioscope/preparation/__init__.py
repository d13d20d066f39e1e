"""Study to Case: identification, quality, alignment, brain extraction, normalization."""

from glioscope.preparation.normalize import robust_statistics, robust_zscore

__all__ = ["robust_statistics", "robust_zscore"]
