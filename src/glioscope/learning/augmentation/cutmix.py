"""Tumor-CutMix: a tumor made of two, with the label of both.

The figure of GMMAS shows a part of the tumor of one class pasted into the tumor of another, and
labels such as 0.6 / 0.4; the paper's summary gives no more.  The rest is CutMix (Yun et al. 2019:
the label is the share of the area) and CarveMix (Zhang et al. 2021: the part follows the lesion).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.augmentation.checks import check_share
from glioscope.learning.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class CutMixDraw:
    """One drawn mixture.

    Args:
        donor: Number of the donor.
        flip: Whether the donor's tumor is mirrored, left to right.
        share: Of the tumor that is to be the donor's.
        place: Where in the tumor the middle of the part lies, 0 to below 1.
    """

    donor: int
    flip: bool
    share: float
    place: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CutMixed:
    """A sample, and how much of its tumor is the donor's.

    Args:
        sample: The mixed one; the very sample given if nothing was pasted.
        share: Pasted voxels over all voxels of the tumor.
    """

    sample: Sample
    share: float

    def label(self, host: Tensor, donor: Tensor) -> Tensor:
        """Return the label in proportion to the voxels, for any of the heads.

        Args:
            host: One-hot, shape ``(C,)``.
            donor: Same shape.

        Returns:
            Sum 1.  Where something was pasted, the label is known only if both are.
        """
        return host * (1 - self.share) + donor * self.share if self.share > 0 else host.clone()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TumorCutMix:
    """Paste a part of a tumor of another class into the tumor of a sample.

    The donor's tumor is laid over the sample's, middle on middle; only voxels that are tumor in
    both are pasted, so the outline stays the sample's.

    Args:
        donors: Patients with an outlined tumor.
        classes: Class of each donor.
        least_share: Smallest share asked of the donor.
        most_share: Largest; where the tumors overlap in less, it is all of the overlap.
    """

    donors: Sequence[Sample]
    classes: Sequence[int]
    least_share: float = 0.2
    most_share: float = 0.8

    def __post_init__(self) -> None:
        check_share(least_share=self.least_share, most_share=self.most_share)
        if len(self.donors) != len(self.classes):
            msg = f"{len(self.donors)} donors, {len(self.classes)} classes; give a class for each"
            raise ValueError(msg)

    def draw(self, rng: np.random.Generator, *, host_class: int) -> CutMixDraw:
        """Draw a donor of another class, and what to take.

        Raises:
            ValueError: If all donors are of the class of the host.
        """
        others = [n for n, donor in enumerate(self.classes) if donor != host_class]
        if not others:
            msg = f"all {len(self.donors)} donors are of class {host_class}; add donors of another"
            raise ValueError(msg)
        return CutMixDraw(
            donor=others[int(rng.integers(len(others)))],
            flip=bool(rng.random() < 0.5),
            share=float(rng.uniform(self.least_share, self.most_share)),
            place=float(rng.random()),
        )

    def __call__(self, sample: Sample, draw: CutMixDraw) -> CutMixed:
        """Return the mixed sample and the share of its tumor that is the donor's.

        Sequences that the donor lacks are left out, regions that nobody outlined in the donor are
        unknown.  Without an outlined tumor in both, an overlap, and a sequence that both have, the
        sample stays as it is, with a share of 0.
        """
        donor = self.donors[draw.donor]
        presence = sample.presence * donor.presence
        if not (presence.any() and sample.known[0] > 0 and donor.known[0] > 0):
            return CutMixed(sample=sample, share=0.0)
        tumor = torch.nonzero(sample.regions[0] > 0.5)
        to, source = _overlap(tumor, donor.regions[0] > 0.5, flip=draw.flip)
        count = min(round(draw.share * len(tumor)), len(to))
        if count == 0:
            return CutMixed(sample=sample, share=0.0)
        chosen = _nearest(to, to[int(draw.place * len(to))], count)
        mixed = _pasted(sample, donor, to[chosen], source[chosen])
        shown = replace(
            mixed,
            image=mixed.image * presence[:, None, None, None],
            presence=presence,
            known=sample.known * donor.known,
        )
        return CutMixed(sample=shown, share=count / len(tumor))


def _overlap(tumor: Tensor, other: Tensor, *, flip: bool) -> tuple[Tensor, Tensor]:
    """Voxels that are tumor in both, in the sample and in the donor, shape ``(N, 3)`` each."""
    there = torch.nonzero(other)
    if not len(there) or not len(tumor):
        return tumor[:0], tumor[:0]
    middle = there.double().mean(0)
    turned = tumor.clone()
    if flip:
        turned[:, 0] = -turned[:, 0]
    source = turned + (middle - turned.double().mean(0)).round().long()
    size = torch.tensor(other.shape)
    inside = ((source >= 0) & (source < size)).all(1)
    tumor, source = tumor[inside], source[inside]
    both = other[tuple(source.T)]
    return tumor[both], source[both]


def _nearest(places: Tensor, middle: Tensor, count: int) -> Tensor:
    """Numbers of the places nearest to the middle in the largest norm: those of a growing box."""
    return torch.argsort((places - middle).abs().amax(1), stable=True)[:count]


def _pasted(sample: Sample, donor: Sample, to: Tensor, source: Tensor) -> Sample:
    image, regions = sample.image.clone(), sample.regions.clone()
    image[(slice(None), *to.T)] = donor.image[(slice(None), *source.T)]
    regions[(slice(None), *to.T)] = donor.regions[(slice(None), *source.T)]
    return replace(sample, image=image, regions=regions)
