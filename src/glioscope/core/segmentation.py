"""Where the tumour is, voxel by voxel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from glioscope.core.labels import REGION_LABELS, Region, Sequence
from glioscope.core.notices import Notice
from glioscope.core.volume import Volume, check_same_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """The model that made a result.

    Args:
        name: As ``glioscope models`` lists it.
        version: Of the weights.
        sha256: Of the weights file(s), in order, joined.
        runtime: Such as ``"OpenVINO 2026.4.1 CPU f32"``.
        members: Number of networks averaged.
    """

    name: str
    version: str
    sha256: str
    runtime: str
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmentation:
    """Labels of one case on the case's grid, with what the model thought.

    Args:
        case_id: Pseudonym.
        labels: Integers of ``Label``, uint8.
        probabilities: By region (ET, TC, WT), float32 in 0 to 1; empty for labels that came
            from elsewhere (an expert's mask).
        uncertainty: Standard deviation of the WT probability over the members, float32; ``None``
            with one member.
        sequences: The sequences that were used.
        model: ``None`` for labels from elsewhere.
        expected_dice: Cross-validated mean Dice by region for this very subset of sequences,
            from the model's card, with its 95% interval ``(mean, low, high)``.
        complete_dice: The same with all four sequences, so that the report can say what a
            missing one costs; empty if the card does not tell.
        notices: Such as an empty enhancing region.
    """

    case_id: str
    labels: Volume
    probabilities: Mapping[Region, Volume] = field(default_factory=dict)
    uncertainty: Volume | None = None
    sequences: tuple[Sequence, ...] = ()
    model: ModelInfo | None = None
    expected_dice: Mapping[Region, tuple[float, float, float]] = field(default_factory=dict)
    complete_dice: Mapping[Region, tuple[float, float, float]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        named = {str(region): volume for region, volume in self.probabilities.items()}
        check_same_grid(case_id=self.case_id, labels=self.labels, **named)

    def mask(self, region: Region) -> Volume:
        """Return the boolean mask of a region."""
        return region_mask(self.labels, region)


def region_mask(labels: Volume, region: Region) -> Volume:
    """Return the boolean mask of a region of a label volume."""
    wanted = np.array([int(label) for label in REGION_LABELS[region]])
    mask: npt.NDArray[np.bool_] = np.isin(labels.data, wanted)
    return labels.with_data(mask)
