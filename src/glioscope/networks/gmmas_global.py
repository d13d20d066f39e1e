"""The global branch of GMMAS: a small U-Net over the whole image, so a patch knows its place."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from glioscope.networks.fusion_gates import hides_values
from glioscope.networks.gmmas_parts import Encoder
from glioscope.networks.unet import Rise

Size = tuple[int, int, int]


def patch_box(start: Sequence[int], size: Sequence[int], whole: Sequence[int]) -> Tensor:
    """Return where a patch lies in the whole image, as fractions, shape ``(2, 3)``.

    Fractions and not voxels, so that the whole image may come at any resolution.

    Args:
        start: First voxel of the patch along I, J, K.
        size: Of the patch, voxels.
        whole: Size of the whole image on the same grid, voxels.
    """
    first, extent, full = (
        torch.tensor(values, dtype=torch.float32) for values in (start, size, whole)
    )
    return torch.stack([first, first + extent]) / full


def check_box(box: Tensor, *, batch: int) -> None:
    """Refuse a box that lies nowhere in the whole image.

    Args:
        box: To be of shape ``(batch, 2, 3)``: start and stop along I, J, K, 0 to 1.
        batch: Number of patches.

    Raises:
        ValueError: For another shape, or a start or stop out of order or range.
    """
    if tuple(box.shape) != (batch, 2, 3):
        msg = (
            f"patch_box has the shape {tuple(box.shape)}; give ({batch}, 2, 3): start and stop"
            " along I, J, K for each patch"
        )
        raise ValueError(msg)
    if hides_values(box):
        return
    start, stop = box.unbind(1)
    slack = 1e-4
    inside = (start >= -slack) & (stop <= 1 + slack) & (start < stop)
    if not bool(inside.all()):
        msg = (
            f"patch_box {box.tolist()} leaves the whole image; give start < stop as fractions"
            " from 0 to 1, as patch_box() makes them from voxels"
        )
        raise ValueError(msg)


def crop_to_box(features: Tensor, box: Tensor, size: Sequence[int]) -> Tensor:
    """Return features on the grid of a patch, interpolated linearly, shape ``(B, C, *size)``.

    Region-of-interest alignment (He et al. 2017, arXiv:1703.06870) as one small matrix an axis:
    unlike ``grid_sample`` it is deterministic on CUDA and known to OpenVINO in 3D.

    Args:
        features: Of the whole image, ``(B, C, I, J, K)``; repeated beyond the outermost centers
            of its voxels.
        box: Shape ``(B, 2, 3)``, fractions of the whole image.
        size: Of the grid of the patch, voxels.
    """
    # bfloat16 would misplace a patch by half a percent of the image
    start, stop = box.float().unbind(1)
    axes = [
        _hat_matrix(start[:, axis], stop[:, axis], features.shape[2 + axis], size[axis]).to(
            features.dtype
        )
        for axis in range(3)
    ]
    cropped = torch.einsum("bcijk,bpi->bcpjk", features, axes[0])
    cropped = torch.einsum("bcpjk,bqj->bcpqk", cropped, axes[1])
    return torch.einsum("bcpqk,brk->bcpqr", cropped, axes[2])


def _hat_matrix(start: Tensor, stop: Tensor, count: int, wanted: int) -> Tensor:
    """Return weights of linear interpolation, shape ``(B, wanted, count)``, rows of sum 1."""
    ticks = torch.arange(wanted, device=start.device, dtype=start.dtype)
    fraction = start[:, None] + (stop - start)[:, None] * (ticks + 0.5) / wanted
    places = (fraction * count - 0.5).clamp(0, count - 1)
    voxels = torch.arange(count, device=start.device, dtype=start.dtype)
    return (1 - (places[:, :, None] - voxels).abs()).clamp_min(0)


class GlobalBranch(nn.Module):
    """U-Net over the whole image on a small fixed grid; features of each level, finest first.

    All sequences enter as channels, the absent ones as 0, and it is told which are present.

    Args:
        sequences: Channels of the whole image.
        widths: Channels of each level, finest first; as many levels as the backbone has.
        grid: Size that the whole image is averaged down to, voxels.
    """

    def __init__(self, sequences: int, widths: Sequence[int], grid: Size) -> None:
        super().__init__()
        self.grid = grid
        self.encoder = Encoder(sequences, widths, conditions=sequences)
        self.decoder = nn.ModuleList(
            Rise(deep, shallow) for deep, shallow in itertools.pairwise(widths[::-1])
        )

    def forward(self, whole: Tensor, presence: Tensor) -> list[Tensor]:
        """Return features, finest first, one of shape ``(B, width, *grid / 2**level)`` a level.

        Args:
            whole: Shape ``(B, S, I, J, K)``, any size; 0 where a sequence is absent.
            presence: Shape ``(B, S)``, float.
        """
        small = nn.functional.adaptive_avg_pool3d(whole, self.grid)
        skips = self.encoder(small, presence)
        features = skips[-1]
        maps = [features]
        for rise, skip in zip(self.decoder, skips[-2::-1], strict=True):
            features = rise(features, skip)
            maps.append(features)
        return maps[::-1]
