"""Voxels that become background; all others keep their value bit by bit."""

from __future__ import annotations

from glioscope.core import Volume, check_same_grid


def erase_face(volume: Volume, mask: Volume, *, background: float | None = None) -> Volume:
    """Return the volume with the voxels of a mask set to background.

    Args:
        volume: Intensities, any dtype; left untouched.
        mask: Bool, on the same grid.
        background: New value; the least of the volume where ``None``.

    Raises:
        GridMismatchError: If the mask lies on another grid.
    """
    check_same_grid(case_id="of the face", volume=volume, mask=mask)
    data = volume.data.copy()
    data[mask.data] = volume.data.min() if background is None else background
    return volume.with_data(data)
