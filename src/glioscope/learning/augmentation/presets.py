"""The augmentation of the papers, whole."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from torch import Tensor

from glioscope.learning.augmentation.center_crop import CenterCrop
from glioscope.learning.augmentation.chain import Chain, Transform
from glioscope.learning.augmentation.cyclic_shift import CyclicShift
from glioscope.learning.augmentation.noise import GaussianNoise
from glioscope.learning.augmentation.random_crop import RandomCrop
from glioscope.learning.augmentation.salt_pepper import SaltPepper
from glioscope.learning.augmentation.slice_flip import SliceFlip
from glioscope.learning.augmentation.slice_resize import SliceResize
from glioscope.learning.augmentation.slice_rotation import SliceRotation
from glioscope.learning.augmentation.spatial import Spatial
from glioscope.learning.sample import Sample


def visual_pathway_augmentation(
    *, shape: tuple[int, int, int] = (112, 112, 80), flip: float = 0.5, noise: float = 0.5
) -> Chain[Sample]:
    """Return flips along the three planes and Gaussian noise, each with its own probability.

    The visual-pathway paper names neither probabilities nor the strength of the noise; the halves
    are ours.

    Args:
        shape: Of the network's input; other samples are cropped or padded to it.
        flip: Probability of each of the three flips.
        noise: Probability of noise.
    """
    mirror = Spatial(shape=shape, shift_mm=0.0, probability=0.0, mirror=(flip, flip, flip))
    return Chain(steps=(mirror, GaussianNoise(probability=noise)))


def minority_slice_crop(edge: int = 160) -> Chain[Tensor]:
    """Return how the ResNet paper cuts training slices of the minority class.

    Resize to 448, center crop 224, random crop 160, or as many times fewer for another edge.  The
    crops keep 86 x 86 pixels from the middle 120 x 120 of a slice of 240 x 240.  Of 987 slices of
    14 BraTS patients, 12% hold no tumor afterwards, and half of the tumor is left on average:
    whoever trains with it draws again where nothing is left.

    Args:
        edge: Of the result, pixels.
    """
    large, middle = round(2.8 * edge), round(1.4 * edge)
    return Chain(
        steps=(
            SliceResize(shape=(large, large)),
            CenterCrop(shape=(middle, middle)),
            RandomCrop(shape=(edge, edge)),
        )
    )


SLICE_CHANGES = ("flips", "shift", "rotation", "noise")
"""What the ResNet paper changes in a slice, in this order; it leaves out one after the other."""


def slice_changes(*, without: Collection[str] = ()) -> Chain[Tensor]:
    """Return what the ResNet paper does to a cut slice of the minority class.

    Flips, CyclicShift, rotation within 180 degrees, salt and pepper.  The paper names no
    probabilities; the halves are ours.

    Args:
        without: Names of ``SLICE_CHANGES`` that are left out, for the paper's ablations.
    """
    changes: tuple[Transform[Tensor, Any], ...] = (
        SliceFlip(),
        CyclicShift(),
        SliceRotation(),
        SaltPepper(),
    )
    named = zip(SLICE_CHANGES, changes, strict=True)
    return Chain(steps=tuple(change for name, change in named if name not in without))


def minority_slice_augmentation(edge: int = 160) -> Chain[Tensor]:
    """Return what the ResNet paper does to training slices of the minority class "exclusively".

    Args:
        edge: Of the result, pixels; see ``minority_slice_crop``.
    """
    return Chain(steps=(*minority_slice_crop(edge).steps, *slice_changes().steps))


def plain_slice_crop(edge: int = 160) -> Chain[Tensor]:
    """Return the center crop of the majority class and of validation.

    Args:
        edge: Of the result, pixels.
    """
    return Chain(steps=(CenterCrop(shape=(edge, edge)),))
