"""One head in two scanners: gain and shading must not reach the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from glioscope.core import Series, Volume
from glioscope.preparation import PrepareConfig, prepare, resampled, resampled_mask
from glioscope.simulation import SimulationConfig, simulate_patient

CONFIG = PrepareConfig(spacing_mm=3.0, content=False)
GAIN, SHADING = 1.3, 0.13


def _in_another_scanner(volume: Volume) -> Volume:
    """The same head 30% brighter, under a smooth shading of about 7% to either side."""
    right, front, up = np.meshgrid(*[np.linspace(-1, 1, n) for n in volume.shape], indexing="ij")
    shading = np.exp(SHADING * (0.7 * right + 0.5 * front**2 - 0.6 * up * front))
    return volume.with_data((GAIN * volume.data * shading).astype(np.float32))


def _moved(series: Series) -> Series:
    return replace(series, volume=_in_another_scanner(series.volume))


def test_thirty_percent_between_scanners_are_less_than_five_after_preparation() -> None:
    whole = simulate_patient(4, SimulationConfig(spacing_mm=3.0)).study
    # two of the four keep the test quick
    study = replace(whole, series=whole.series[::2])
    other = replace(study, series=tuple(_moved(series) for series in study.series))

    one, two = prepare(study, CONFIG), prepare(other, CONFIG)

    # the grids may be cut differently around the head
    both = one.brain.data & resampled_mask(two.brain, like=one.brain).data
    for sequence in one.images:
        before = _change(one.heads[sequence], two.heads[sequence], both)
        after = _change(one.images[sequence], two.images[sequence], both)
        assert np.median(before) > 0.1
        assert np.percentile(after, 99) < 0.05


def _change(one: Volume, two: Volume, where: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Absolute difference of voxels, over the range of the first image."""
    low, high = np.percentile(one.data[where], (1, 99))
    other = resampled(two, like=one).data
    return np.asarray(np.abs(one.data[where] - other[where]) / (high - low))
