"""The grids that networks are trained on, by name, and how a prepared case comes there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import torch

from glioscope.core import Case, CaseError, GeometryError, InputError, Sequence, Volume
from glioscope.learning.geometry import VisualPathwayGeometry
from glioscope.learning.sample import Sample
from glioscope.preparation import background_value
from glioscope.segmentation import NetworkGrid

Floats = npt.NDArray[np.float32]

AROUND: Final = (-6.0, 12.0)
"""Range of the head around the brain, in standard deviations of the brain: fat is far brighter."""

_EVERY: Final = 20
"""Voxels of the brain from one to the next when the scale of a head is fitted."""


class Placed(Protocol):
    """A training grid laid over one case."""

    @property
    def grid(self) -> Volume:
        """The empty (bool) grid: its shape, and where it lies in the case's world."""

    def image(self, volume: Volume) -> Floats:
        """Bring intensities there; 0 beyond the case."""

    def mask(self, volume: Volume) -> Floats:
        """Bring a mask there, 0 to 1 (a share where the grid keeps partial volumes)."""


class TrainingGrid(Protocol):
    """Lays itself over cases; ``with_head`` tells whether the head around the brain is kept."""

    @property
    def with_head(self) -> bool:
        """Whether images hold the head around the brain, for masks that are drawn too wide."""

    def over(self, case: Case) -> Placed:
        """Lay the grid over a case.

        Raises:
            CaseError: If the case can't lie on it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainGrid:
    """As small as the brain and a margin allow, at one spacing; masks keep partial volumes.

    Args:
        spacing_mm: Of the grid.
        margin_mm: Left around the brain, for augmentation and for scalp.
    """

    spacing_mm: float
    margin_mm: float = 12.0

    @property
    def with_head(self) -> bool:
        """Kept: augmentation of the brain mask shows it."""
        return True

    def over(self, case: Case) -> Placed:
        """Lay the grid around the brain of a case."""
        box = NetworkGrid.around(
            case.brain, spacing_mm=self.spacing_mm, margin_mm=self.margin_mm, stride=1
        )
        affine = case.brain.affine.copy()
        affine[:3, :3] *= np.array(box.step)
        affine[:3, 3] = case.brain.world(box.start)
        return _Around(box=box, grid=Volume(data=np.zeros(box.shape, dtype=bool), affine=affine))


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualPathwayGrid:
    """The fixed grid of the visual-pathway paper: the brain alone, labels by nearest neighbor.

    Args:
        geometry: Crop at 1 mm, then 2 mm.
    """

    geometry: VisualPathwayGeometry = field(default_factory=VisualPathwayGeometry)

    @property
    def with_head(self) -> bool:
        """Not kept: the paper's images are stripped."""
        return False

    def over(self, case: Case) -> Placed:
        """Lay the grid about the middle of a case of 1 mm.

        Raises:
            CaseError: If the case has another spacing.
        """
        try:
            grid = self.geometry.labels(case.brain)
        except GeometryError as error:
            msg = f"case {case.case_id}: the visual-pathway grid can't hold it: {error}"
            raise CaseError(msg) from error
        empty = grid.with_data(np.zeros(grid.shape, dtype=bool))
        return _VisualPathway(geometry=self.geometry, grid=empty)


GRIDS: Final[Mapping[str, TrainingGrid]] = MappingProxyType(
    {
        "brain-1mm": BrainGrid(spacing_mm=1.0),
        "brain-1.5mm": BrainGrid(spacing_mm=1.5),
        "brain-2mm": BrainGrid(spacing_mm=2.0),
        "visual-pathway": VisualPathwayGrid(),
    }
)
"""The training grids by name."""


def training_grid(name: str) -> TrainingGrid:
    """Return the grid of a name.

    Raises:
        InputError: If there is none; the message lists those that there are.
    """
    if name not in GRIDS:
        msg = f"no training grid is named {name!r}; take one of {', '.join(GRIDS)}"
        raise InputError(msg)
    return GRIDS[name]


def to_sample(
    case: Case, regions: Floats | None, known: tuple[int, int, int], grid: TrainingGrid
) -> Sample:
    """Bring a prepared case to a training grid.

    Args:
        case: As ``prepare`` returns it.
        regions: Masks in the order of ``REGIONS``, 0 to 1, shape ``(3, I, J, K)`` on the case's
            grid; ``None`` for a case without labels.
        known: Which of the regions an expert outlined; of no account without masks.
        grid: See ``training_grid``.

    Raises:
        CaseError: If the case can't lie on the grid.
    """
    placed = grid.over(case)
    image = np.zeros((len(Sequence), *placed.grid.shape), dtype=np.float32)
    presence = torch.zeros(len(Sequence))
    for channel, sequence in enumerate(Sequence):
        if sequence in case.images:
            shown = with_head(case, sequence) if grid.with_head else case.images[sequence]
            image[channel] = placed.image(shown)
            presence[channel] = 1
    masks = np.zeros((len(known), *placed.grid.shape), dtype=np.float32)
    if regions is not None:
        masks[:] = [placed.mask(case.brain.with_data(region)) for region in regions]
    return Sample(
        image=torch.from_numpy(image),
        regions=torch.from_numpy(masks.clip(0, 1)),
        brain=torch.from_numpy(placed.mask(case.brain)[None].clip(0, 1)),
        presence=presence,
        known=torch.tensor((0, 0, 0) if regions is None else known, dtype=torch.float32),
    )


def with_head(case: Case, sequence: Sequence) -> Volume:
    """Return an image with the head around the brain, scaled as the brain was.

    Normalization is a line, and so is its fit to the head as acquired; a bias field that was
    removed stays in the surroundings.  Where the head holds nothing (its background, also one that
    is not 0, as in data that came standardized and stripped) the result is 0.

    Args:
        case: As ``prepare`` returns it; without a head the image is returned as it is.
        sequence: One that the case has.
    """
    image = case.images[sequence]
    if sequence not in case.heads:
        return image
    head = case.heads[sequence].data
    inside = case.brain.data & (image.data != 0)
    slope, offset = np.polyfit(head[inside][::_EVERY], image.data[inside][::_EVERY], 1)
    shows = (head != 0) & (head != background_value(case.heads[sequence]))
    around = np.clip(slope * head + offset, *AROUND) * shows
    return image.with_data(np.where(case.brain.data, image.data, around).astype(np.float32))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Around:
    box: NetworkGrid
    grid: Volume

    def image(self, volume: Volume) -> Floats:
        return self.box.from_case(volume.data)

    def mask(self, volume: Volume) -> Floats:
        return self.box.from_case(volume.data.astype(np.float32))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _VisualPathway:
    geometry: VisualPathwayGeometry
    grid: Volume

    def image(self, volume: Volume) -> Floats:
        return np.asarray(self.geometry.image(volume).data, dtype=np.float32)

    def mask(self, volume: Volume) -> Floats:
        inside = volume.with_data(volume.data >= 0.5)
        return self.geometry.labels(inside).data.astype(np.float32)
