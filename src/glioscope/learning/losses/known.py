"""Keep what nobody labeled out of a loss, and refuse tensors that only broadcast by accident."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def check_same_shape(**tensors: Tensor) -> None:
    """Refuse tensors of different shapes.

    Raises:
        ValueError: At the first whose shape is not that of the first one.
    """
    (first_name, first), *others = tensors.items()
    for name, tensor in others:
        if tensor.shape != first.shape:
            msg = (
                f"{name} has shape {tuple(tensor.shape)}, {first_name} {tuple(first.shape)};"
                " give both the same shape (labels as one-hot or mixed classes)"
            )
            raise ValueError(msg)


def check_known(known: Tensor, patients: int) -> None:
    """Refuse ``known`` that has not one entry a patient.

    Raises:
        ValueError: If its shape is not ``(patients,)``.
    """
    if known.shape != (patients,):
        msg = (
            f"known has shape {tuple(known.shape)}; give one entry for each of {patients} patients"
        )
        raise ValueError(msg)


def only_known(values: Tensor, known: Tensor) -> Tensor:
    """Return ``values`` with 0 for the patients without a label; their gradient is exactly zero.

    Args:
        values: Shape ``(B, ...)``; may be not-a-number where ``known`` is 0.
        known: Shape ``(B,)``, 0 or 1.
    """
    there = (known > 0).reshape(-1, *[1] * (values.dim() - 1))
    return torch.where(there, values, torch.zeros((), dtype=values.dtype, device=values.device))


def mean_of_known(each: Tensor, known: Tensor) -> Tensor:
    """Return the mean over the patients with a label; 0 where there are none.

    Args:
        each: Shape ``(B,)``, finite.
        known: Shape ``(B,)``, 0 or 1.
    """
    there = (known > 0).to(each.dtype)
    return (each * there).sum() / there.sum().clamp_min(1.0)


def class_weights(weights: Sequence[float] | None, like: Tensor) -> Tensor:
    """Return weights of shape ``(C,)`` for logits of shape ``(B, C, ...)``; 1 without any given.

    Raises:
        ValueError: If there is not one weight a class, one is negative, or all are 0.
    """
    classes = like.shape[1]
    if weights is None:
        return torch.ones(classes, dtype=like.dtype, device=like.device)
    if len(weights) != classes or min(weights) < 0 or not max(weights) > 0:
        msg = (
            f"class weights {list(weights)} do not fit {classes} classes;"
            " give one for each, none negative and one above 0"
        )
        raise ValueError(msg)
    return torch.tensor(weights, dtype=like.dtype, device=like.device)
