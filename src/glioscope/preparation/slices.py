"""Slices that hold no head, and heads cut by the edge of an earlier registration."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.preparation.scene import Scene

_LEAST_HEAD_MM2: Final = 400.0
_LEAST_CORRELATION: Final = 0.25
"""Neighbouring pixels correlate at 0.9 in a head (0.4 in one of 4 mm pixels), at 0 in noise.

Noise that was interpolated correlates too, but is dark, so it holds no patch of head.
"""

_TAPERED_MM2: Final = 6000.0
"""A disc of 87 mm: the top of a head, 13 mm below the vertex of a ball of 80 mm radius."""

_LEAST_CUT_MM: Final = 40.0
_STRAIGHT_MM: Final = 2.0
_BEND_MM: Final = 1.0
"""A stretch of 40 mm of the outline of a head (radius 70 to 90 mm) bends by 1.5 to 2 mm."""

_CENTRAL_MM: Final = 55.0
"""A cut farther than this from the middle of the head takes scalp or face, not brain."""


def empty_slices(scene: Scene) -> tuple[int, ...]:
    """Return the slices that hold noise or nothing: no patch of head, or no structure."""
    pixel_mm2 = scene.spacing_mm[0] * scene.spacing_mm[1]
    found = []
    for k in range(scene.data.shape[2]):
        area_mm2 = float(np.count_nonzero(scene.head[..., k])) * pixel_mm2
        if area_mm2 < _LEAST_HEAD_MM2 or _structure(scene.data[..., k]) < _LEAST_CORRELATION:
            found.append(k)
    return tuple(found)


def beyond_the_head(scene: Scene, empty: tuple[int, ...]) -> bool:
    """Tell whether all empty slices lie above or below a head that ends before them.

    Air above a vertex is how a scan should be; noise right beside a wide slice has replaced a part
    of the head.
    """
    filled = [k for k in range(scene.data.shape[2]) if k not in set(empty)]
    if not filled:
        return False
    pixel_mm2 = scene.spacing_mm[0] * scene.spacing_mm[1]
    ends = [filled[0]] * (empty[0] < filled[0]) + [filled[-1]] * (empty[-1] > filled[-1])
    areas = [float(np.count_nonzero(scene.head[..., k])) * pixel_mm2 for k in ends]
    return len(filled) == filled[-1] - filled[0] + 1 and max(areas) < _TAPERED_MM2


def cut_slices(scene: Scene) -> tuple[int, ...]:
    """Return the slices where a straight edge of padding cuts the head.

    Registration with another program leaves such wedges: padding whose border with tissue is a
    straight line.  The outline of a head on a masked background touches padding too, but is round.
    """
    if not scene.head.any():
        return ()
    inside = np.argwhere(scene.head.any(axis=2))
    middle_mm = inside.mean(axis=0) * np.array(scene.spacing_mm[:2])
    return tuple(k for k in range(scene.data.shape[2]) if _is_cut(scene, middle_mm, k))


def _structure(picture: npt.NDArray[np.float32]) -> float:
    """Return the correlation of each pixel with its neighbour along both axes, the smaller one."""
    if picture.std() == 0:
        return 0.0
    pairs = ((picture[:-1], picture[1:]), (picture[:, :-1], picture[:, 1:]))
    return min(_correlation(one.ravel(), other.ravel()) for one, other in pairs)


def _correlation(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _is_cut(scene: Scene, middle_mm: npt.NDArray[np.float64], k: int) -> bool:
    """Look for a straight, long border between padding and tissue near the middle of the head."""
    padding, tissue = scene.padding[..., k], scene.tissue[..., k]
    touching = ndimage.binary_dilation(padding, iterations=2) & tissue
    parts, count = ndimage.label(touching, structure=np.ones((3, 3)))
    spacing = np.array(scene.spacing_mm[:2])
    lines = (np.argwhere(parts == n) * spacing - middle_mm for n in range(1, count + 1))
    return any(_is_line(line) for line in lines)


def _is_line(points_mm: npt.NDArray[np.float64]) -> bool:
    """Tell whether points lie on a straight stretch of 40 mm that comes near the origin."""
    if len(points_mm) < 8 or float(np.linalg.norm(points_mm, axis=1).min()) > _CENTRAL_MM:
        return False
    centred = points_mm - points_mm.mean(axis=0)
    along, across = (centred @ np.linalg.svd(centred, full_matrices=False)[2].T).T
    length_mm = float(along.std()) * np.sqrt(12.0)
    if length_mm < _LEAST_CUT_MM or float(across.std()) > _STRAIGHT_MM:
        return False
    inner = np.abs(along) < length_mm / 6
    bend_mm = abs(float(across[inner].mean()) - float(across[~inner].mean())) if inner.any() else 0
    return bend_mm <= _BEND_MM
