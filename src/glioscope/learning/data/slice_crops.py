"""How slices are cut so that some tumor is left; the tumor is the last channel of each."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.augmentation import minority_slice_crop, plain_slice_crop, slice_changes


def plain_crop(canvas: Tensor, edge: int) -> Tensor:
    """Return the middle of a canvas, or the surroundings of its tumor where that holds none.

    Args:
        canvas: Shape ``(C + 1, M, M)``, the tumor last.
        edge: Of the result, pixels.

    Returns:
        Shape ``(C, edge, edge)``.
    """
    crop = plain_slice_crop(edge)
    shown = crop(canvas, crop.draw(np.random.default_rng(0)))
    return (shown if _holds_tumor(shown) else _about_tumor(canvas, edge))[:-1]


def changed_crop(
    canvas: Tensor,
    rng: np.random.Generator,
    *,
    edge: int,
    tries: int,
    without: Collection[str] = (),
) -> Tensor:
    """Return a magnified part of a canvas, changed as the ResNet paper changes the minority.

    Args:
        canvas: Shape ``(C + 1, M, M)``, the tumor last.
        rng: Of the draws.
        edge: Of the result, pixels.
        tries: Parts without tumor that are drawn before one is laid about the tumor.
        without: Changes that are left out, see ``augmentation.SLICE_CHANGES``.

    Returns:
        Shape ``(C, edge, edge)``.
    """
    crop, changes = minority_slice_crop(edge), slice_changes(without=without)
    for _ in range(tries):
        shown = crop(canvas, crop.draw(rng))
        if _holds_tumor(shown):
            break
    else:
        shown = _about_tumor(crop.steps[0](canvas, None), edge)
    return changes(shown[:-1], changes.draw(rng))


def _holds_tumor(shown: Tensor) -> bool:
    return bool((shown[-1] > 0.5).any())


def _about_tumor(canvas: Tensor, edge: int) -> Tensor:
    """Return the part with the tumor in its middle, as far as the canvas reaches."""
    found = torch.nonzero(canvas[-1] > 0.5).float()
    middle = found.mean(dim=0) if len(found) else torch.tensor(canvas.shape[1:]) / 2
    first = [
        min(max(round(float(at) - edge / 2), 0), size - edge)
        for at, size in zip(middle, canvas.shape[1:], strict=True)
    ]
    return canvas[:, first[0] : first[0] + edge, first[1] : first[1] + edge].clone()
