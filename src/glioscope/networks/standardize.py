"""Scale of numbers beside the image, kept in the network that needs it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from glioscope.core import ModelError


class Standardize(nn.Module):
    r"""Subtract the mean of the training patients, divide by their standard deviation.

    $$y = (x - \mu) / \sigma$$ for each feature.  Both are buffers, so they are saved with the
    weights, and whoever uses the network gives numbers in their own unit.  Before ``fit`` it
    changes nothing.

    Args:
        features: Number of features.
        unscaled: Indices of features to leave as they are, such as a sex coded -1 and 1.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, features: int, *, unscaled: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.unscaled = unscaled
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))

    def fit(self, values: Tensor) -> None:
        """Take mean and standard deviation (of the population) from the training patients.

        Args:
            values: Shape ``(patients, features)``, of the training split only, one row for each
                patient however many slices the patient has.

        Raises:
            ModelError: If a value is not finite or a scaled feature is the same in all.
        """
        if not bool(torch.isfinite(values).all()):
            msg = f"{int((~torch.isfinite(values)).sum())} values are not finite; leave them out"
            raise ModelError(msg)
        mean, std = values.mean(dim=0), values.std(dim=0, correction=0)
        for index in self.unscaled:
            mean[index], std[index] = 0.0, 1.0
        constant = torch.nonzero(std == 0).flatten().tolist()
        if constant:
            msg = f"features {constant} are the same in all {len(values)} patients; leave them out"
            raise ModelError(msg)
        self.mean.copy_(mean)
        self.std.copy_(std)

    def forward(self, values: Tensor) -> Tensor:
        """Return standardized features, shape ``(B, features)``."""
        return (values - self.mean) / self.std
