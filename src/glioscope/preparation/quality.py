"""Measured quality of a raw series, before anything is done to it."""

from __future__ import annotations

from glioscope.core import Quality, Sequence, Series


def measure_quality(series: Series, *, sequence: Sequence) -> Quality:
    """Measure one series."""
    volume = series.volume
    axis = max(range(3), key=lambda n: volume.spacing_mm[n])
    return Quality(
        sequence=sequence,
        series_id=series.series_id,
        shape=volume.shape,
        spacing_mm=volume.spacing_mm,
        coverage_mm=volume.spacing_mm[axis] * volume.shape[axis],
        snr=None,
        contrast_to_noise=None,
        motion=None,
        saturated_percent=0.0,
    )
