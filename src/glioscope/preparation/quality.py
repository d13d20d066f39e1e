"""Measured quality of a raw series, before anything is done to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Notice, Quality, Sequence, Series, Severity
from glioscope.preparation.scene import Scene, look_at, slice_axis
from glioscope.preparation.slices import beyond_the_head, cut_slices, empty_slices

_MEDIAN_OF_RAYLEIGH: Final = 1.1774
_LEAST_AIR_VOXELS: Final = 2000
_DEEP_MM: Final = 25.0

LEAST_COVERAGE_MM: Final = 50.0
THICKEST_MM: Final = 12.0
LEAST_SLICES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noise:
    """What the air around the head tells."""

    snr: float
    contrast_to_noise: float
    ghosting: float


def measure_quality(series: Series, *, sequence: Sequence, stripped: bool) -> Quality:
    """Measure one series and say what of it may harm the result.

    Noise is measured in the air around the head, where the magnitude of pure noise is Rayleigh
    distributed: its median is 1.1774 standard deviations.  A stripped or masked image has no air,
    so signal-to-noise, contrast-to-noise and ghosting stay ``None``.

    Args:
        series: As read.
        sequence: What it was taken as.
        stripped: It shows a brain without its skull.
    """
    volume = series.volume
    axis = slice_axis(volume)
    spacing_mm = volume.spacing_mm
    scene = None if stripped else look_at(volume)
    noise = None if scene is None else _noise(scene)
    empty = () if scene is None else empty_slices(scene)
    cut = () if scene is None else cut_slices(scene)
    quality = Quality(
        sequence=sequence,
        series_id=series.series_id,
        shape=volume.shape,
        spacing_mm=spacing_mm,
        coverage_mm=spacing_mm[axis] * (volume.shape[axis] - len(empty)),
        snr=None if noise is None else noise.snr,
        contrast_to_noise=None if noise is None else noise.contrast_to_noise,
        motion=None if noise is None else noise.ghosting,
        saturated_percent=_saturated_percent(volume.data),
        noise_slices=empty,
    )
    air = scene is not None and bool(empty) and beyond_the_head(scene, empty)
    return _with_notices(quality, axis, cut, series.acquisition.slice_thickness_mm, air=air)


def refusal(quality: Quality) -> str | None:
    """Say why a series can't be used at all; ``None`` if it can."""
    thickest = max(quality.spacing_mm)
    if quality.coverage_mm <= 0:
        return "every slice holds noise or nothing"
    if min(quality.shape) < LEAST_SLICES:
        return f"it has only {min(quality.shape)} slices ({LEAST_SLICES} are needed)"
    if thickest > THICKEST_MM:
        return f"its slices lie {thickest:.1f} mm apart (at most {THICKEST_MM:.0f} mm can be used)"
    if quality.coverage_mm < LEAST_COVERAGE_MM:
        return (
            f"it covers only {quality.coverage_mm:.0f} mm of the head"
            f" ({LEAST_COVERAGE_MM:.0f} mm are needed)"
        )
    return None


def _noise(scene: Scene) -> _Noise | None:
    """Return what the air tells, or ``None`` where there is too little air or no noise in it."""
    air = scene.data[scene.air]
    if air.size < _LEAST_AIR_VOXELS or not scene.tissue.any():
        return None
    sigma = _median(air) / _MEDIAN_OF_RAYLEIGH
    if sigma <= 0:
        return None
    signal = float(scene.data[scene.tissue & scene.head].mean())
    return _Noise(
        snr=signal / sigma,
        contrast_to_noise=_tissue_contrast(scene) / sigma,
        ghosting=_ghosting(scene, signal),
    )


def _median(values: npt.NDArray[np.float32]) -> float:
    """Return the median; whole numbers are spread over their width first.

    Otherwise noise of two grey levels could only have the median 1, 2 or 3.
    """
    if not np.array_equal(values, np.round(values)):
        return float(np.median(values))
    levels, counts = np.unique(values, return_counts=True)
    share = np.cumsum(counts) / counts.sum()
    k = int(np.searchsorted(share, 0.5))
    before = float(share[k - 1]) if k else 0.0
    inside = (0.5 - before) / (float(share[k]) - before)
    low = float(levels[k]) - 0.5
    return max(0.0, low + inside)


def _tissue_contrast(scene: Scene) -> float:
    """Return the distance of the two main tissues deep in the head (three-means, two largest).

    Smoothed first, so that noise does not push the means apart.
    """
    depth_mm = ndimage.distance_transform_edt(scene.head, sampling=scene.spacing_mm)
    smooth = ndimage.uniform_filter(scene.data, size=(3, 3, 1))
    deep = smooth[depth_mm > min(_DEEP_MM, 0.5 * float(depth_mm.max()))]
    centers = np.percentile(deep, (10.0, 50.0, 90.0))
    nearest = np.zeros(deep.shape, dtype=int)
    for _ in range(25):
        nearest = np.abs(deep[:, None] - centers).argmin(axis=1)
        centers = np.array(
            [deep[nearest == n].mean() if (nearest == n).any() else centers[n] for n in range(3)]
        )
    largest = np.argsort(np.bincount(nearest, minlength=3))[1:]
    return float(abs(centers[largest[0]] - centers[largest[1]]))


def _ghosting(scene: Scene, signal: float) -> float:
    """Return how much brighter the air beside the head is along one in-plane axis than the other.

    A moving or pulsing head leaves ghosts along the phase-encoding axis only, as in the ghosting
    ratio of the ACR phantom test: the difference of both pairs of strips over the signal.
    """
    ratios = []
    for k in range(scene.data.shape[2]):
        head, air, data = scene.head[..., k], scene.air[..., k], scene.data[..., k]
        along_a = air & head.any(axis=0, keepdims=True)
        along_b = air & head.any(axis=1, keepdims=True)
        if min(along_a.sum(), along_b.sum()) >= 50:
            ratios.append(float(data[along_a].mean() - data[along_b].mean()) / signal)
    return abs(float(np.median(ratios))) if ratios else 0.0


def _saturated_percent(data: npt.NDArray[np.generic]) -> float:
    """Return the percentage of the brighter half that stands at the very maximum."""
    values = data.astype(np.float32)
    top = values.max()
    bright = np.count_nonzero(values > values.min() + 0.1 * (top - values.min()))
    at_top = np.count_nonzero(values == top)
    return 100.0 * at_top / bright if bright and at_top > 1 else 0.0


def _with_notices(
    quality: Quality,
    axis: int,
    cut: tuple[int, ...],
    thickness_mm: float | None,
    *,
    air: bool,
) -> Quality:
    found = [
        *_about_geometry(quality, axis, thickness_mm),
        *_about_slices(quality, axis, cut, air=air),
        *_about_signal(quality),
    ]
    notices = tuple(
        Notice(code=code, severity=severity, message=message, sequence=quality.sequence)
        for code, severity, message in found
    )
    return replace(quality, notices=notices)


_Found = list[tuple[str, Severity, str]]


def _about_geometry(quality: Quality, axis: int, thickness_mm: float | None) -> _Found:
    name, apart_mm = quality.sequence.upper(), quality.spacing_mm[axis]
    found: _Found = []
    if quality.coverage_mm < 110.0:
        message = (
            f"{name} covers {quality.coverage_mm:.0f} mm of the head; a tumor beyond is unseen."
        )
        found.append(("coverage-short", Severity.WARNING, message))
    if apart_mm > 3.0:
        message = (
            f"{name} has slices {apart_mm:.1f} mm apart; volumes and diameters across slices are"
            " coarse."
        )
        severity = Severity.WARNING if apart_mm > 6.5 else Severity.INFO
        found.append(("slices-thick", severity, message))
    gap_mm = apart_mm - thickness_mm if thickness_mm else 0.0
    if gap_mm > 0.05 * apart_mm and gap_mm > 0.1:
        severity = Severity.WARNING if gap_mm > 0.3 * apart_mm else Severity.INFO
        message = f"{name} leaves {gap_mm:.1f} mm between slices of {thickness_mm:.1f} mm unseen."
        found.append(("slice-gaps", severity, message))
    return found


def _about_slices(quality: Quality, axis: int, cut: tuple[int, ...], *, air: bool) -> _Found:
    name, count = quality.sequence.upper(), quality.shape[axis]
    found: _Found = []
    empty = set(quality.noise_slices)
    head = set(range(count)) - empty
    inner = sorted(k for k in empty if head and min(head) < k < max(head))
    if inner:
        message = f"{name} holds noise or nothing in slices {_listed(inner)} within the head."
        found.append(("noise-slices-inside", Severity.ALARM, message))
    elif empty:
        message = f"{name} holds noise or no head in slices {_listed(sorted(empty))}."
        found.append(("noise-slices", Severity.INFO if air else Severity.WARNING, message))
    if cut:
        message = (
            f"The edge of an earlier registration cuts {name} in slices {_listed(list(cut))}; what"
            " lies beyond is missing."
        )
        found.append(("registration-wedge", Severity.WARNING, message))
    return found


def _about_signal(quality: Quality) -> _Found:
    name = quality.sequence.upper()
    found: _Found = []
    if quality.snr is not None and quality.snr < 12.0:
        message = f"{name} is noisy (signal-to-noise {quality.snr:.0f})."
        found.append(("snr-low", Severity.WARNING, message))
    if quality.motion is not None and quality.motion > 0.03:
        message = f"{name} shows ghosts of {100 * quality.motion:.0f}% beside the head (motion)."
        found.append(("motion", Severity.WARNING, message))
    if quality.saturated_percent > 1.0:
        message = f"{name} is saturated in {quality.saturated_percent:.1f}% of its bright voxels."
        found.append(("saturated", Severity.WARNING, message))
    return found


def _listed(slices: list[int]) -> str:
    """Write ``1-3, 7`` for 0, 1, 2, 6: slices are counted from 1, as viewers do."""
    runs: list[list[int]] = []
    for k in slices:
        if runs and runs[-1][-1] == k - 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    return ", ".join(
        f"{run[0] + 1}-{run[-1] + 1}" if len(run) > 1 else f"{run[0] + 1}" for run in runs
    )
