"""What one step learns from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from glioscope.core import InputError
from glioscope.learning.data.listing import Facts
from glioscope.learning.data.whole import stacked
from glioscope.learning.sample import Sample

TUMOR_TYPES = ("glioblastoma", "astrocytoma", "oligodendroglioma")
GRADES = (2, 3, 4)
HEADS: Mapping[str, int] = {
    "tumor_type": len(TUMOR_TYPES),
    "grade": len(GRADES),
    "idh": 2,
    "codeletion": 2,
    "mgmt": 2,
}
"""Classes of every question that a head may answer; of two, the second is mutant, codeleted or
methylated."""


_NO_SURVIVAL = torch.tensor([float("nan"), 0.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """One augmented case.

    Args:
        sample: Channels are the network's.
        targets: One-hot or mixed, shape ``(C,)`` of every head; all 0 where nobody knows.
        clinical: Age in years (NaN where unknown) and sex (1 M, -1 F, 0 unknown), shape ``(2,)``.
        survival: Days and 1 where a death ended them, NaN and 0 where unknown, shape ``(2,)``.
        domain: Number of the data set.
        labelled: Whether the labels of the case, of every kind, may be used; where not, those
            that it has become unknown in a batch.
        case_id: Whose it is.
        whole: The whole image on a small grid, where the sample is a box of it and the stage asks
            for it, shape ``(S, I, J, K)``.
        patch_box: Where the box lies in it, shape ``(2, 3)``, as fractions.
    """

    sample: Sample
    targets: Mapping[str, Tensor]
    clinical: Tensor
    survival: Tensor
    domain: int
    labelled: bool
    case_id: str
    whole: Tensor | None = None
    patch_box: Tensor | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Examples, stacked.

    Args:
        image: Shape ``(B, S, I, J, K)``; absent sequences 0.
        presence: Shape ``(B, S)``.
        regions: WT, TC, ET in 0 to 1, shape ``(B, 3, I, J, K)``.
        known: Shape ``(B, 3)``, 1 where an expert outlined the region.
        brain: Shape ``(B, 1, I, J, K)``.
        targets: Shape ``(B, C)`` of every head, all 0 where unknown.
        clinical: Shape ``(B, 2)``, see ``Example``.
        survival: Shape ``(B, 2)``, see ``Example``.
        domain: Shape ``(B,)``, int64.
        case_ids: Whose they are.
        whole: Shape ``(B, S, ...)``, see ``Example``; absent sequences 0.
        patch_box: Shape ``(B, 2, 3)``, see ``Example``.
    """

    image: Tensor
    presence: Tensor
    regions: Tensor
    known: Tensor
    brain: Tensor
    targets: Mapping[str, Tensor]
    clinical: Tensor
    survival: Tensor
    domain: Tensor
    case_ids: tuple[str, ...]
    whole: Tensor | None = None
    patch_box: Tensor | None = None

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Self:
        """Stack examples of one size; labels that may not be used become unknown.

        Raises:
            InputError: If their sizes differ.
        """
        samples = [example.sample for example in examples]
        sizes = {tuple(sample.image.shape) for sample in samples}
        if len(sizes) > 1:
            msg = f"cases of {sorted(sizes)} can't be one batch; give a box, or a batch of 1"
            raise InputError(msg)
        allowed = torch.tensor([float(example.labelled) for example in examples])
        return cls(
            image=torch.stack([sample.image for sample in samples]),
            presence=torch.stack([sample.presence for sample in samples]),
            regions=torch.stack([sample.regions for sample in samples]),
            known=torch.stack([sample.known for sample in samples]) * allowed[:, None],
            brain=torch.stack([sample.brain for sample in samples]),
            targets={
                head: torch.stack([example.targets[head] for example in examples])
                * allowed[:, None]
                for head in HEADS
            },
            clinical=torch.stack([example.clinical for example in examples]),
            survival=torch.stack(
                [example.survival if example.labelled else _NO_SURVIVAL for example in examples]
            ),
            domain=torch.tensor([example.domain for example in examples]),
            case_ids=tuple(example.case_id for example in examples),
            whole=stacked([example.whole for example in examples]),
            patch_box=stacked([example.patch_box for example in examples]),
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
            presence=change(self.presence),
            regions=change(self.regions),
            known=change(self.known),
            brain=change(self.brain),
            targets={head: change(target) for head, target in self.targets.items()},
            clinical=change(self.clinical),
            survival=change(self.survival),
            domain=change(self.domain),
            case_ids=self.case_ids,
            whole=None if self.whole is None else change(self.whole),
            patch_box=None if self.patch_box is None else change(self.patch_box),
        )


def targets_of(facts: Facts) -> dict[str, Tensor]:
    """Return a one-hot target for every head, all 0 where the facts say nothing.

    Facts that no head has a class for (grade 1, another tumor) are unknown too.
    """
    places = {
        "tumor_type": _place(TUMOR_TYPES, facts.tumor_type),
        "grade": _place(GRADES, facts.grade),
        "idh": facts.idh_mutant,
        "codeletion": facts.codeleted,
        "mgmt": facts.mgmt_methylated,
    }
    targets = {}
    for head, classes in HEADS.items():
        targets[head] = torch.zeros(classes)
        place = places[head]
        if place is not None:
            targets[head][int(place)] = 1.0
    return targets


def clinical_of(facts: Facts) -> Tensor:
    """Return age and sex as ``Example`` has them."""
    age = float("nan") if facts.age_years is None else facts.age_years
    return torch.tensor([age, {"M": 1.0, "F": -1.0}.get(facts.sex or "", 0.0)])


def survival_of(facts: Facts) -> Tensor:
    """Return survival as ``Example`` has it."""
    days = float("nan") if facts.survival_days is None else facts.survival_days
    return torch.tensor([days, float(bool(facts.dead))])


def _place(classes: Sequence[object], value: object) -> int | None:
    return classes.index(value) if value in classes else None
