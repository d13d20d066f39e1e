"""A sample of a case as a network takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import Tensor
from torch.nn import functional

from glioscope.core import Sequence as MriSequence
from glioscope.learning.data.batch import Example, clinical_of, survival_of, targets_of
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.sample import Sample


def padded(sample: Sample, stride: int) -> Sample:
    """Return a sample whose edges are multiples of the stride, 0 behind its end."""
    extra = [-edge % stride for edge in sample.image.shape[1:]]
    if not any(extra):
        return sample
    pads = [pad for more in reversed(extra) for pad in (0, more)]
    grow: Callable[[Tensor], Tensor] = lambda stack: functional.pad(stack, pads)  # noqa: E731
    return replace(
        sample, image=grow(sample.image), regions=grow(sample.regions), brain=grow(sample.brain)
    )


def stripped(sample: Sample) -> Sample:
    """Return a sample whose images are 0 outside its brain mask, as those of a patient will be.

    Grids that keep the head do it for augmentation, which draws the mask a little wider.
    """
    return replace(sample, image=sample.image * (sample.brain > 0.5))


def channels_of(sample: Sample, sequences: Sequence[MriSequence]) -> Sample:
    """Return a sample of all four sequences with those of a network, in their order."""
    order = channel_order(sequences)
    if order == list(range(len(MriSequence))):
        return sample
    return replace(sample, image=sample.image[order], presence=sample.presence[order])


def channel_order(sequences: Sequence[MriSequence]) -> list[int]:
    """Return where the sequences of a network stand among all four."""
    return [list(MriSequence).index(sequence) for sequence in sequences]


def unchanged_example(
    sample: Sample, case: ListedCase, sequences: Sequence[MriSequence]
) -> Example:
    """Return a sample of a case with all that is known of it, as validations look at it."""
    return Example(
        sample=channels_of(sample, sequences),
        targets=targets_of(case.facts),
        clinical=clinical_of(case.facts),
        survival=survival_of(case.facts),
        domain=0,
        labelled=True,
        case_id=case.case_id,
    )
