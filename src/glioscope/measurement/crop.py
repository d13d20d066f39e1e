"""The part of a grid that holds something."""

from __future__ import annotations

import numpy as np

from glioscope.core import Volume


def filled_box(volume: Volume) -> tuple[slice, slice, slice]:
    """Return the box of all voxels that are not 0; one voxel where there are none."""
    spans = []
    flat = volume.data != 0
    for axis in range(3):
        filled = np.flatnonzero(flat.any(axis=tuple({0, 1, 2} - {axis})))
        spans.append(slice(int(filled[0]), int(filled[-1]) + 1) if filled.size else slice(0, 1))
        # The next axes look only where this one found something.
        flat = np.moveaxis(np.moveaxis(flat, axis, 0)[spans[-1]], 0, axis)
    i, j, k = spans
    return i, j, k


def cut(volume: Volume, box: tuple[slice, ...]) -> Volume:
    """Return a box of a volume, at its own place in the world."""
    affine = volume.affine.copy()
    affine[:3, 3] = volume.world([part.start for part in box])
    return Volume(data=volume.data[box], affine=affine)
