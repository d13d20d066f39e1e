"""Two perpendicular diameters in an axial plane, as RANO measures them.

RANO 2.0 (Wen et al., J Clin Oncol 2023;41(33):5187, doi:10.1200/JCO.23.01059) keeps the
bidimensional measure of RANO (Wen et al., J Clin Oncol 2010;28(11):1963,
doi:10.1200/JCO.2009.26.3541): the longest diameter of a lesion in an axial plane and the
longest one perpendicular to it in the same plane, measurable if both reach 10 mm.  Of all
planes the one with the largest product is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.measure import find_contours

from glioscope.core import Diameters, Quantity, Region, Volume
from glioscope.measurement.edges import Crossings, Frame, find_crossings, fitted_end_mm
from glioscope.measurement.farthest import farthest_pair

MEASURABLE_MM: Final = 10.0

_MARGIN_VOX: Final = 4
_SMOOTHING_VOX: Final = 1.0

_Point2 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Chord:
    """A straight line between two points of one plane, mm."""

    start: _Point2
    end: _Point2

    @property
    def length_mm(self) -> float:
        return float(np.linalg.norm(self.end - self.start))

    @property
    def direction(self) -> _Point2:
        return np.asarray((self.end - self.start) / self.length_mm)


def axial_diameters(mask: Volume, *, region: Region, first_slice: int = 0) -> Diameters | None:
    """Measure one lesion.

    The chords are found on the outline of the smoothed mask in each plane; their ends are then
    moved to where the surface passes between the voxels (``fitted_end_mm``).  A chord may
    cross what is not in the mask: necrosis inside a rim, a notch.

    Args:
        mask: Boolean, one lesion; any axes, of which the nearest to the patient's vertical is
            taken as across the axial planes.
        region: Named in the quantities.
        first_slice: Where the lowest axial slice of the mask lies on the case's grid.

    Returns:
        ``None`` for a mask that is empty or has no extent in plane.
    """
    axial = _axial_last(mask)
    boxes = ndimage.find_objects(axial.data.astype(np.uint8))
    if not boxes:
        return None
    starts = np.array([part.start for part in boxes[0]])
    cropped = _filled(np.pad(np.asarray(axial.data[boxes[0]], dtype=bool), _MARGIN_VOX))
    best = _largest_product(cropped, axial.spacing_mm)
    if best is None:
        return None
    plane, *coarse = best
    crossings = find_crossings(cropped, axial.spacing_mm)
    ends = [
        _refined(chord, plane, crossings, axial.spacing_mm, free)
        for chord, free in zip(coarse, (1, 0), strict=True)
    ]
    shift = starts - _MARGIN_VOX
    world = [axial.world(points / np.array(axial.spacing_mm) + shift) for points in ends]
    return _diameters(
        world[0], world[1], slice_index=int(plane + shift[2]) + first_slice, region=region
    )


def axial_axis(volume: Volume) -> int:
    """Return the array axis that runs nearest to the patient's vertical."""
    return int((np.abs(volume.affine[2, :3]) / np.array(volume.spacing_mm)).argmax())


def _axial_last(mask: Volume) -> Volume:
    axial = axial_axis(mask)
    order = [*(axis for axis in range(3) if axis != axial), axial]
    return Volume(data=mask.data.transpose(order), affine=mask.affine[:, [*order, 3]])


def _filled(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Fill what a rim encloses in each plane, for diameters run from outer edge to outer edge."""
    planes = [ndimage.binary_fill_holes(mask[:, :, plane]) for plane in range(mask.shape[2])]
    return np.stack(planes, axis=2)


def _largest_product(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[int, _Chord, _Chord] | None:
    outlines = sorted(_outlines(mask, spacing_mm), key=lambda found: -found[1].length_mm)
    best: tuple[int, _Chord, _Chord] | None = None
    largest_mm2 = 0.0
    for plane, longest, polygons in outlines:
        # The perpendicular is never longer than the longest.
        if longest.length_mm**2 <= largest_mm2:
            break
        across = _longest_across(polygons, longest.direction)
        if longest.length_mm * across.length_mm > largest_mm2:
            largest_mm2 = longest.length_mm * across.length_mm
            best = plane, longest, across
    return best


def _outlines(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> Iterator[tuple[int, _Chord, list[_Point2]]]:
    scale = np.array(spacing_mm[:2])
    for plane in np.flatnonzero(mask.any(axis=(0, 1))).tolist():
        smooth = ndimage.gaussian_filter(mask[:, :, plane].astype(np.float32), _SMOOTHING_VOX)
        # A structure thinner than the smoothing never reaches 0.5.
        level = float(smooth.max()) / 2
        polygons = [polygon * scale for polygon in find_contours(smooth, level)]
        yield plane, _Chord(*farthest_pair(np.concatenate(polygons))), polygons


def _longest_across(polygons: list[_Point2], direction: _Point2) -> _Chord:
    """Return the longest line across a direction between outermost points of the outline.

    Its length along the direction is linear between vertices, so one of them has the longest.
    """
    across = np.array([-direction[1], direction[0]])
    along = [polygon @ direction for polygon in polygons]
    height = [polygon @ across for polygon in polygons]
    at = np.unique(np.concatenate(along))
    low, high = np.full(at.size, np.inf), np.full(at.size, -np.inf)
    for x, y in zip(along, height, strict=True):
        crossing = _heights_at(at, x, y)
        low = np.fmin(low, np.nanmin(crossing, axis=1, initial=np.inf, where=~np.isnan(crossing)))
        high = np.fmax(
            high, np.nanmax(crossing, axis=1, initial=-np.inf, where=~np.isnan(crossing))
        )
    place = int((high - low).argmax())
    foot = at[place] * direction
    return _Chord(foot + low[place] * across, foot + high[place] * across)


def _heights_at(at: _Point2, x: _Point2, y: _Point2) -> npt.NDArray[np.float64]:
    """Return where a polygon crosses each of the lines, shape ``(lines, sides)``, NaN if not."""
    start, run = x[:-1], np.diff(x)
    safe = np.where(run == 0, 1.0, run)
    share = (at[:, None] - start) / safe
    heights = y[:-1] + share * np.diff(y)
    # The tolerance keeps a vertex that rounding puts a hair beyond its own side.
    return np.where((share >= -1e-9) & (share <= 1 + 1e-9) & (run != 0), heights, np.nan)


def _refined(
    chord: _Chord,
    plane: int,
    crossings: Crossings,
    spacing_mm: tuple[float, float, float],
    free: int,
) -> npt.NDArray[np.float64]:
    """Return both ends in the volume, mm, shape ``(2, 3)``."""
    x, y = chord.direction.tolist()
    across = np.array([[-y, x, 0.0], [0.0, 0.0, 1.0]])
    ends = []
    for point, sign in ((chord.start, -1.0), (chord.end, 1.0)):
        frame = Frame(
            outwards=sign * np.array([x, y, 0.0]),
            across=across,
            free=free,
            chord_mm=chord.length_mm,
        )
        end_mm = np.append(point, plane * spacing_mm[2])
        ends.append(fitted_end_mm(crossings, end_mm=end_mm, frame=frame, spacing_mm=spacing_mm))
    return np.array(ends)


def _diameters(
    longest_mm: npt.NDArray[np.float64],
    perpendicular_mm: npt.NDArray[np.float64],
    *,
    slice_index: int,
    region: Region,
) -> Diameters:
    lengths = [float(np.linalg.norm(ends[1] - ends[0])) for ends in (longest_mm, perpendicular_mm)]
    # Along a slightly ragged edge the perpendicular can come out a hair longer.
    if lengths[1] > lengths[0]:
        longest_mm, perpendicular_mm, lengths = perpendicular_mm, longest_mm, lengths[::-1]

    def quantity(name: str, value: float, unit: str, method: str) -> Quantity:
        return Quantity(name=name, value=value, unit=unit, region=region, method=method)

    return Diameters(
        longest=quantity(
            "longest_axial_diameter",
            lengths[0],
            "mm",
            "longest line in an axial plane between two points of the outline, on the plane with"
            " the largest product of the two diameters (RANO 2.0)",
        ),
        perpendicular=quantity(
            "perpendicular_axial_diameter",
            lengths[1],
            "mm",
            "longest line perpendicular to the longest diameter in the same axial plane (RANO 2.0)",
        ),
        product=quantity(
            "product_of_axial_diameters",
            lengths[0] * lengths[1],
            "mm2",
            "longest times perpendicular axial diameter (RANO 2.0)",
        ),
        slice_index=slice_index,
        longest_ends_mm=_ends(longest_mm),
        perpendicular_ends_mm=_ends(perpendicular_mm),
        measurable=min(lengths) >= MEASURABLE_MM,
    )


def _ends(
    points_mm: npt.NDArray[np.float64],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    (ax, ay, az), (bx, by, bz) = points_mm.tolist()
    return (ax, ay, az), (bx, by, bz)
