"""The contract of a network's input, checked before the first convolution."""

from __future__ import annotations

import torch
from torch import Tensor

from glioscope.core import ModelError


def check_image(
    image: Tensor, *, network: str, channels: int, stride: int, spatial_dims: int = 3
) -> None:
    """Refuse an image that the network can't take.

    Nothing is checked while the network is traced for export: a traced shape is no number.

    Args:
        image: To be of shape ``(B, C, I, J, K)``, or ``(B, C, I, J)`` of slices.
        network: Its name, for the message.
        channels: That the first convolution takes.
        stride: Every axis must be a multiple of it, voxels.
        spatial_dims: 3, or 2 of slices.

    Raises:
        ModelError: Naming the shape that was given and one that fits.
    """
    if _traced():
        return
    shape = tuple(image.shape)
    if len(shape) != spatial_dims + 2:
        msg = (
            f"{network}: an image of shape {shape} has {len(shape)} axes, not {spatial_dims + 2}"
            f" (batch, channel and {spatial_dims} of space); add the batch axis or use the"
            f" network of {len(shape) - 2} dimensions"
        )
        raise ModelError(msg)
    if shape[1] != channels:
        msg = (
            f"{network}: an image of shape {shape} has {shape[1]} channels, the network takes"
            f" {channels}; stack that many sequences or build it with in_channels={shape[1]}"
        )
        raise ModelError(msg)
    fitting = tuple(fitting_edge(edge, stride) for edge in shape[2:])
    if shape[2:] != fitting:
        msg = (
            f"{network}: axes of {shape[2:]} voxels are no multiples of the stride {stride};"
            f" pad the image with zeros to {fitting}"
        )
        raise ModelError(msg)


def check_vector(vector: Tensor, *, network: str, name: str, batch: int, length: int) -> None:
    """Refuse a vector of features of another length, or for another number of images.

    Args:
        vector: To be of shape ``(batch, length)``.
        network: Its name, for the message.
        name: What the vector holds, such as ``"clinical"``.
        batch: Number of images that it goes with.
        length: Number of features.

    Raises:
        ModelError: Naming both shapes.
    """
    if not _traced() and tuple(vector.shape) != (batch, length):
        msg = (
            f"{network}: {name} of shape {tuple(vector.shape)} does not go with {batch} images;"
            f" give shape {(batch, length)}, one row for each image"
        )
        raise ModelError(msg)


def _traced() -> bool:
    return bool(torch.jit.is_tracing())  # type: ignore[attr-defined, no-untyped-call]  # untyped in torch


def fitting_edge(edge: int, stride: int) -> int:
    """Return the least positive multiple of the stride that is not below the edge, voxels."""
    return stride * max(1, -(-edge // stride))
