"""What the pictures are drawn from: cropped volumes whose axes run as a radiologist looks.

Arrays here run from the patient's right to left, anterior to posterior, superior to inferior.
Every plane is then a plain slice: the patient's left is on the right of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import permutations

import numpy as np
import numpy.typing as npt

from glioscope.core import CaseResult, Label, Region, Sequence, Volume, region_mask

_MARGIN_MM = 9.0
_WINDOW_PERCENTILES = (0.5, 99.7)
_PREFERENCE = (Sequence.T1C, Sequence.FLAIR, Sequence.T2, Sequence.T1)


class Plane(Enum):
    """A plane: the axis it is perpendicular to, its columns, its rows, its four letters."""

    AXIAL = (2, 0, 1, "R", "L", "A", "P")
    CORONAL = (1, 0, 2, "R", "L", "S", "I")
    SAGITTAL = (0, 1, 2, "A", "P", "S", "I")

    @property
    def normal(self) -> int:
        """The axis that the plane is perpendicular to."""
        return int(self.value[0])

    @property
    def axes(self) -> tuple[int, int]:
        """The axes along the columns (left to right) and the rows (top to bottom)."""
        return (int(self.value[1]), int(self.value[2]))

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Left, right, top and bottom of the picture."""
        _, _, _, left, right, top, bottom = self.value
        return (left, right, top, bottom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Cropped volumes of one case, all on one grid.

    Args:
        images: One or two sequences, the best first.
        windows: Darkest and brightest intensity by sequence.
        labels: Integers of ``Label``.
        brain: Boolean.
        region: The region that decides which slices are shown; ``None`` without a tumour.
    """

    images: Mapping[Sequence, Volume]
    windows: Mapping[Sequence, tuple[float, float]]
    labels: Volume
    brain: Volume
    region: Region | None

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Between voxel centres along each axis."""
        return self.labels.spacing_mm

    def size_mm(self, axis: int) -> float:
        """Extent along an axis, from edge to edge of the voxels."""
        return self.labels.shape[axis] * self.spacing_mm[axis]

    def place_mm(self, world_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map RAS+ mm, shape ``(..., 3)``, to mm from the center of the first voxel."""
        return np.asarray(self.labels.index(world_mm) * np.array(self.spacing_mm))


def make_scene(result: CaseResult) -> Scene:
    """Choose the best sequences, turn them, and crop them to the brain and the tumour."""
    sources = result.case.heads or result.case.images
    chosen = [sequence for sequence in _PREFERENCE if sequence in sources][:2]
    brain = as_seen(result.case.brain)
    labels = as_seen(result.segmentation.labels)
    box = _box(brain.data.astype(bool) | (labels.data > 0), brain.spacing_mm)
    cropped_brain = _cropped(brain.with_data(brain.data.astype(bool)), box)
    images = {sequence: _cropped(as_seen(sources[sequence]), box) for sequence in chosen}
    return Scene(
        images=images,
        windows={s: _window(image, cropped_brain) for s, image in images.items()},
        labels=_cropped(labels, box),
        brain=cropped_brain,
        region=_shown_region(result.segmentation.labels),
    )


def as_seen(volume: Volume) -> Volume:
    """Turn the array so that its axes run to the patient's left, back and feet.

    Works for any order and flip of the axes; an oblique grid turns to the nearest such order.
    """
    direction = np.abs(volume.affine[:3, :3]) / np.array(volume.spacing_mm)
    order = max(permutations(range(3)), key=lambda p: sum(direction[w, p[w]] for w in range(3)))
    data = volume.data.transpose(order)
    affine = np.array(volume.affine)
    affine[:, :3] = affine[:, list(order)]
    for axis in range(3):
        if affine[axis, axis] > 0:
            affine[:, 3] += affine[:, axis] * (data.shape[axis] - 1)
            affine[:, axis] *= -1
            data = np.flip(data, axis)
    return Volume(data=data, affine=affine)


def best_slice(scene: Scene, plane: Plane) -> int:
    """Return the slice with the largest cross-section; the middle of the brain without a tumour."""
    region = scene.region
    mask = scene.brain.data if region is None else region_mask(scene.labels, region).data
    areas = mask.sum(axis=plane.axes)
    if region is not None:
        return int(areas.argmax())
    filled = np.flatnonzero(areas)
    return int((filled[0] + filled[-1]) // 2)


def _box(mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, ...]) -> tuple[slice, ...]:
    box = []
    for axis, spacing in enumerate(spacing_mm):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(mask.any(axis=others))
        margin = round(_MARGIN_MM / spacing)
        stop = min(int(filled[-1]) + margin + 1, mask.shape[axis])
        box.append(slice(max(int(filled[0]) - margin, 0), stop))
    return tuple(box)


def _cropped(volume: Volume, box: tuple[slice, ...]) -> Volume:
    affine = np.array(volume.affine)
    affine[:3, 3] = volume.world([part.start for part in box])
    return Volume(data=volume.data[box], affine=affine)


def _window(image: Volume, brain: Volume) -> tuple[float, float]:
    low, high = np.percentile(image.data[brain.data][::7], _WINDOW_PERCENTILES)
    return (float(low), float(max(high, low + 1e-6)))


def _shown_region(labels: Volume) -> Region | None:
    core = int(((labels.data == Label.NECROSIS) | (labels.data == Label.ENHANCING)).sum())
    if core * labels.voxel_volume_ml >= 0.1:
        return Region.TC
    return Region.WT if labels.data.any() else None
