"""Slices of tumors that one step learns from, or all those of one patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceBatch:
    """Slices, stacked.

    Args:
        image: Tumor pixels, all others 0, shape ``(S, C, edge, edge)``.
        shape: Shape features of the patient of each slice, shape ``(S, F)``; ``F`` may be 0.
        target: Shape ``(S, classes)``.
        case_ids: Whose each slice is.
    """

    image: Tensor
    shape: Tensor
    target: Tensor
    case_ids: tuple[str, ...]

    @classmethod
    def of(cls, parts: Sequence[Self]) -> Self:
        """Join batches of one slice or several."""
        return cls(
            image=torch.cat([part.image for part in parts]),
            shape=torch.cat([part.shape for part in parts]),
            target=torch.cat([part.target for part in parts]),
            case_ids=tuple(case_id for part in parts for case_id in part.case_ids),
        )

    def to(self, device: torch.device | str) -> Self:
        """Return the batch on a device; Lightning calls it."""
        return self._each(lambda tensor: tensor.to(device))

    def pin_memory(self) -> Self:
        """Return the batch in page-locked memory; torch's loader calls it beside a GPU."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        return type(self)(
            image=change(self.image),
            shape=change(self.shape),
            target=change(self.target),
            case_ids=self.case_ids,
        )
