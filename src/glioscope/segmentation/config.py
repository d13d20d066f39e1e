"""What a user may choose of the segmentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentConfig:
    """Choices of the segmentation; the rest stands in the model's card.

    Args:
        model: As ``glioscope models`` lists it.
        device: ``"cpu"`` runs OpenVINO; ``"cuda"`` runs torch, which the extra ``train`` installs.
        mirror: Average over the left-right mirrored brain too: twice the time.
        threads: Of the CPU; 0 takes all.
    """

    model: str = "tumor"
    device: Literal["cpu", "cuda"] = "cpu"
    mirror: bool = True
    threads: int = 0
