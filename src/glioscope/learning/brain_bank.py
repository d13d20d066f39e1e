"""Real brains and heads on the grid of the brain network, from which training heads are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor

from glioscope.core import Volume
from glioscope.preparation.brain import SPACING_MM, WINDOW_SHAPE
from glioscope.preparation.grid import resampled

_CLOSING_MM: Final = 14.0
_AWAY_MM: Final = 4.0
_WIDE_MM: Final = 6.0
_TOP_MM: Final = 28.0
"""From the top of the window to the top of the brain: skull, scalp and some air."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BrainSubject:
    """One real brain, without its head.

    Args:
        images: Its sequences, 0 to about 1 inside the brain, shape ``(S, I, J, K)``, float16.
        brain: Share of each voxel inside the brain, shape ``(1, I, J, K)``, float16.
        depth_mm: Distance outside the brain with its clefts closed, shape ``(1, I, J, K)``.
        box: First and last index of the brain along each axis, shape ``(2, 3)``.
    """

    images: Tensor
    brain: Tensor
    depth_mm: Tensor
    box: Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadSubject:
    """One real head with the mask of its brain.

    Args:
        images: Its sequences, scaled, shape ``(S, I, J, K)``, float16.
        brain: Share of each voxel inside the brain, shape ``(1, I, J, K)``, float16.
        certain: 1 where the mask is to be learned from, 0 where it is in doubt, same shape.
    """

    images: Tensor
    brain: Tensor
    certain: Tensor


def brain_subject(images: Mapping[str, Volume], brain: Volume) -> BrainSubject:
    """Bring a stripped patient to the grid of the network.

    Args:
        images: By name, stripped, on the grid of the mask.
        brain: Bool mask.
    """
    window = window_over(brain)
    share = _share(brain, window)
    inside = share > 0.5
    channels = [_brain_image(image, window, inside) for image in images.values()]
    box = ndimage.find_objects(inside.astype(np.uint8))[0]
    return BrainSubject(
        images=torch.tensor(np.stack(channels), dtype=torch.float16),
        brain=torch.tensor(share[None], dtype=torch.float16),
        depth_mm=torch.tensor(_depth_mm(inside)[None], dtype=torch.float16),
        box=torch.tensor([[axis.start for axis in box], [axis.stop - 1 for axis in box]]),
    )


def head_subject(images: Mapping[str, Floats], probs: Floats, *, spread: Floats) -> HeadSubject:
    """Take a head whose brain was found by networks on each of its sequences.

    Args:
        images: Scaled, on one window of the network.
        probs: Mean of the probabilities of the brain over the sequences.
        spread: Largest less smallest of these probabilities: where the sequences disagree, the
            mask is learned from little.
    """
    return HeadSubject(
        images=torch.tensor(np.stack(list(images.values())), dtype=torch.float16),
        brain=torch.tensor(probs[None], dtype=torch.float16),
        certain=torch.tensor((1 - spread)[None].clip(0, 1), dtype=torch.float16),
    )


def like_t2(flair: Floats, probs: Floats) -> Floats:
    """Make the fluid of a FLAIR bright, about as on T2, of which no real head is there.

    The eyes are bright on T2 too, and a network that never saw that takes them for brain.  Wide
    cavities of the face are brightened whether eye or sinus: neither is brain.

    Args:
        flair: Scaled, on the window of the network.
        probs: Of the brain; fluid is what is dark in it or within 5 mm of it.
    """
    brain = probs > 0.5
    middle = float(np.median(flair[brain]))
    near = ndimage.gaussian_filter(ndimage.binary_dilation(brain, iterations=2).astype(float), 0.5)
    eyes = ndimage.gaussian_filter(_cavities(flair, brain, middle).astype(float), 0.5)
    dark = np.clip(1.0 - flair / max(0.6 * middle, 1e-6), 0.0, 1.0)
    return np.asarray(flair + 2.0 * middle * np.maximum(near, eyes) * dark, dtype=np.float32)


def _cavities(flair: Floats, brain: npt.NDArray[np.bool_], middle: float) -> npt.NDArray[np.bool_]:
    """Return what is dark within the head, away from the brain, and wider than a vessel."""
    outside = ~ndimage.binary_closing(np.pad(flair > 0.25 * middle, 6), iterations=5)
    parts, _ = ndimage.label(outside)
    head = (parts != parts[0, 0, 0])[6:-6, 6:-6, 6:-6]
    away = ndimage.distance_transform_edt(~brain) * SPACING_MM > _AWAY_MM
    dark = head & away & (flair < 0.5 * middle)
    wide = ndimage.distance_transform_edt(dark) * SPACING_MM >= _WIDE_MM
    near_wide = ndimage.distance_transform_edt(~wide) * SPACING_MM <= _WIDE_MM
    return np.asarray(dark & near_wide)


def window_over(brain: Volume) -> Volume:
    """Return the (empty) window of the network with a mask near its upper end."""
    where = np.argwhere(brain.data)
    world = brain.world(where[:: max(1, len(where) // 20000)])
    low, high = world.min(axis=0), world.max(axis=0)
    size = np.array(WINDOW_SHAPE) * SPACING_MM
    origin = (low + high) / 2 - size / 2
    origin[2] = high[2] + _TOP_MM - size[2]
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = origin
    return Volume(data=np.zeros(WINDOW_SHAPE, dtype=np.float32), affine=affine)


def _share(brain: Volume, window: Volume) -> Floats:
    """Return how much of each voxel of the window lies in the brain, by averaging 1 mm voxels."""
    sigma = 0.35 * SPACING_MM / np.array(brain.spacing_mm)
    soft = ndimage.gaussian_filter(brain.data.astype(np.float32), sigma)
    return np.asarray(resampled(brain.with_data(soft), like=window).data)


def _brain_image(image: Volume, window: Volume, inside: npt.NDArray[np.bool_]) -> Floats:
    sigma = 0.25 * SPACING_MM / np.array(image.spacing_mm)
    soft = image.with_data(ndimage.gaussian_filter(image.data.astype(np.float32), sigma))
    data = resampled(soft, like=window, outside=float(image.data.min())).data
    low, high = np.percentile(data[inside], (0.5, 99.5))
    return np.asarray(np.clip((data - low) / max(high - low, 1e-6), 0.0, 1.2), dtype=np.float32)


def _depth_mm(inside: npt.NDArray[np.bool_]) -> Floats:
    far = ndimage.distance_transform_edt(~inside) * SPACING_MM
    closed = ndimage.distance_transform_edt(far < _CLOSING_MM) * SPACING_MM > _CLOSING_MM
    return np.asarray(ndimage.distance_transform_edt(~(closed | inside)), np.float32) * SPACING_MM
