"""How the edge of something pasted is hidden."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def soft_edge(mask: Tensor, *, grow_vox: int = 1) -> Tensor:
    """Return weights that are 1 on the mask and fall to 0 around it.

    Args:
        mask: 0 to 1, shape ``(I, J, K)``.
        grow_vox: The mask is first grown by this many voxels; then its edge is averaged over three.

    Returns:
        0 to 1, same shape.
    """
    window = 2 * grow_vox + 1
    grown = functional.max_pool3d(mask[None, None], window, stride=1, padding=grow_vox)
    return functional.avg_pool3d(grown, 3, stride=1, padding=1, count_include_pad=False)[0, 0]
