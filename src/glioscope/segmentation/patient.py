"""Back from the prepared grid to the one that the scanner wrote."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Case, Label, Volume


def to_patient_grid(labels: Volume, case: Case) -> Volume:
    """Return labels on the grid of the reference series as acquired.

    Each patient voxel takes the label whose share of it is largest, the shares interpolated
    linearly between the voxels of the case; so thick slices take what lies at their centre.

    Args:
        labels: Integers of ``Label`` on the case's grid.
        case: Whose ``reference_grid`` is the target; its world is the same.

    Returns:
        uint8, on the grid of ``case.reference_grid``.
    """
    target = case.reference_grid
    to_case = np.linalg.inv(labels.affine) @ target.affine
    inside = _sampled(labels.data > 0, to_case, target.shape) >= 0.5
    result = np.zeros(target.shape, dtype=np.uint8)
    best = np.zeros(target.shape, dtype=np.float32)
    for label in (Label.NECROSIS, Label.EDEMA, Label.ENHANCING):
        share = _sampled(labels.data == int(label), to_case, target.shape)
        better = inside & (share > best)
        result[better] = int(label)
        best[better] = share[better]
    return target.with_data(result)


def _sampled(
    mask: npt.NDArray[np.bool_], to_case: npt.NDArray[np.float64], shape: tuple[int, int, int]
) -> npt.NDArray[np.float32]:
    matrix, offset = to_case[:3, :3], to_case[:3, 3]
    return np.asarray(
        ndimage.affine_transform(
            mask.astype(np.float32), matrix, offset, output_shape=shape, order=1
        )
    )
