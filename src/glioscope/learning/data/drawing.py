"""Examples by their number: the same number gives the same example, in whatever process."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset, Sampler

from glioscope.core import InputError
from glioscope.core import Sequence as MriSequence
from glioscope.learning.augmentation.chain import Transform
from glioscope.learning.augmentation.cutmix import TumorCutMix
from glioscope.learning.augmentation.dropout import SequenceDropout
from glioscope.learning.data.batch import Example, clinical_of, survival_of, targets_of
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.whole import Surroundings, surroundings
from glioscope.learning.sample import Sample

CURRICULUM_ENDS = 0.5
"""Share of a stage after which its curriculum shows every tumor."""
_LEAST_SHOWN = 0.25
_JITTER = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawPlan:
    """How examples of a stage are drawn.

    Args:
        sequences: Channels of the network, in their order.
        box: Edges of the box, voxels; empty for the whole case.
        tumor_share: Share of boxes around the tumor.
        order: ``uniform`` or ``curriculum``; cases without outlines, whose tumors nobody has
            measured, come last.
        labelled_share: Probability that an example is of a case with outlines; ``None`` draws all
            cases alike.
        examples: Drawn in the whole stage; a curriculum goes along them.
        stride: Whole cases are padded to a multiple of this.
        spacing_mm: Of the training grid.
        keep_all: Share of examples that keep all their sequences.
        keep_pair: Share that keeps T1c and FLAIR.
        cutmix: Probability that a part of another class's tumor is pasted in.
        cutmix_head: Question whose classes those are.
        whole: Edges that the whole image beside a box is averaged down to; empty for none.
        seed: Of all draws.
    """

    sequences: tuple[MriSequence, ...] = tuple(MriSequence)
    box: tuple[int, ...] = ()
    tumor_share: float = 0.7
    order: str = "uniform"
    labelled_share: float | None = None
    examples: int = 1
    stride: int = 1
    spacing_mm: float = 1.0
    keep_all: float = 1.0
    keep_pair: float = 0.0
    cutmix: float = 0.0
    cutmix_head: str = "grade"
    whole: tuple[int, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The cases that a stage draws from.

    Args:
        cases: All of them, prepared.
        unlabelled: Ids of those whose labels, of every kind, must not be used.
    """

    cases: tuple[ListedCase, ...]
    unlabelled: frozenset[str] = frozenset()

    @property
    def domains(self) -> dict[str, int]:
        """The number of each source, in the order of their names."""
        return {name: n for n, name in enumerate(sorted({case.source for case in self.cases}))}

    def outlined(self, case: ListedCase) -> bool:
        """Return whether an expert's outline of a case may be used."""
        return case.labels is not None and case.case_id not in self.unlabelled


class Examples(Dataset[Example]):
    """Examples of a stage by number; nothing but the number and the seed decides about one.

    Of a case whose labels must not be used nothing depends on them: neither the place of the box
    nor its turn in a curriculum.

    Raises:
        InputError: For a share of cases with outlines, or without, where there are none.
    """

    def __init__(
        self,
        pool: Pool,
        cache: CaseCache,
        plan: DrawPlan,
        augmentation: Transform[Sample, Any],
    ) -> None:
        self._pool, self._cache, self._plan = pool, cache, plan
        self._augmentation = augmentation
        self._dropout = SequenceDropout(
            keep_all=plan.keep_all, keep_pair=plan.keep_pair, channels=len(plan.sequences)
        )
        self._domains = pool.domains
        self._opened = {case.case_id: cache.open(case.case_id) for case in pool.cases}
        self._by_size = tuple(sorted(pool.cases, key=lambda case: -self._tumor_ml(case)))
        self._labelled = tuple(case for case in self._by_size if pool.outlined(case))
        self._others = tuple(case for case in self._by_size if not pool.outlined(case))
        self._check_share()

    def __len__(self) -> int:
        """Return the number of examples of the stage."""
        return self._plan.examples

    def __getitem__(self, number: int) -> Example:
        """Return an example."""
        rng = np.random.default_rng((self._plan.seed, number))
        case = self._chosen(rng, number)
        sample, start = self._cut(case, rng)
        targets = targets_of(case.facts)
        if rng.random() < self._plan.cutmix:
            sample, targets = self._mixed(case, sample, targets, rng)
        drawn = self._augmentation.draw(rng)
        around = self._around(case, sample, start, drawn)
        sample = self._augmentation(sample, drawn)
        sample = channels_of(stripped(sample), self._plan.sequences)
        sample = self._dropout(sample, self._dropout.draw(rng))
        there = sample.presence[:, None, None, None]
        return Example(
            sample=sample,
            targets=targets,
            clinical=clinical_of(case.facts),
            survival=survival_of(case.facts),
            domain=self._domains[case.source],
            labelled=case.case_id not in self._pool.unlabelled,
            case_id=case.case_id,
            whole=None if around is None else around.image * there,
            patch_box=None if around is None else around.box,
        )

    def _chosen(self, rng: np.random.Generator, number: int) -> ListedCase:
        cases = self._by_size
        if self._plan.labelled_share is not None:
            cases = self._labelled if rng.random() < self._plan.labelled_share else self._others
        shown = len(cases)
        if self._plan.order == "curriculum":
            way = min(number / max(CURRICULUM_ENDS * self._plan.examples, 1), 1.0)
            shown = max(1, math.ceil(shown * (_LEAST_SHOWN + (1 - _LEAST_SHOWN) * way)))
        return cases[int(rng.integers(shown))]

    def _tumor_ml(self, case: ListedCase) -> float:
        outlined = self._pool.outlined(case)
        return (self._opened[case.case_id].tumor_ml or 0.0) if outlined else 0.0

    def _check_share(self) -> None:
        share = self._plan.labelled_share
        for cases, wanted, kind in (
            (self._labelled, share is not None and share > 0, "with"),
            (self._others, share is not None and share < 1, "without"),
        ):
            if wanted and not cases:
                msg = (
                    f"labelled_share = {share}: there is no training case {kind} outlines to draw"
                    " from; leave it out, or see data.without_labels"
                )
                raise InputError(msg)

    def _around(
        self, case: ListedCase, sample: Sample, start: tuple[int, int, int], drawn: Iterable[object]
    ) -> Surroundings | None:
        if not (self._plan.whole and self._plan.box):
            return None
        cached = self._opened[case.case_id]
        around = surroundings(cached, sample, start, grid=self._plan.whole).mirrored(drawn)
        return replace(around, image=around.image[channel_order(self._plan.sequences)])

    def _cut(
        self, case: ListedCase, rng: np.random.Generator
    ) -> tuple[Sample, tuple[int, int, int]]:
        """Return a box, or the whole case, and its first voxel in the case."""
        sample, start = self._box(case, rng)
        if self._pool.outlined(case):
            return sample, start
        nothing = torch.zeros_like
        hidden = replace(sample, regions=nothing(sample.regions), known=nothing(sample.known))
        return hidden, start

    def _box(
        self, case: ListedCase, rng: np.random.Generator
    ) -> tuple[Sample, tuple[int, int, int]]:
        cached = self._opened[case.case_id]
        if not self._plan.box:
            return padded(cached.sample(), self._plan.stride), (0, 0, 0)
        around_tumor = rng.random() < self._plan.tumor_share
        places = rng.random(3)
        size = np.array(self._plan.box)
        room = np.array(cached.about.shape) - size
        middle = cached.tumor_middle_vox if self._pool.outlined(case) else None
        if around_tumor and middle is not None:
            jitter = (2 * places - 1) * _JITTER * size
            start = np.rint(np.array(middle) + jitter - size / 2)
            start = np.clip(start, np.minimum(room, 0), np.maximum(room, 0))
        else:
            # a box larger than the case is laid about its middle; what lies beyond is 0
            start = np.where(room > 0, np.floor(places * (room + 1)), np.floor(room / 2))
        first = _three(start)
        return cached.box(first, _three(self._plan.box)), first

    def _mixed(
        self,
        case: ListedCase,
        sample: Sample,
        targets: dict[str, Tensor],
        rng: np.random.Generator,
    ) -> tuple[Sample, dict[str, Tensor]]:
        """Paste a part of a tumor of another class, where both classes are known."""
        head = self._plan.cutmix_head
        own = targets[head]
        others = [
            other
            for other in self._pool.cases
            if other.case_id not in self._pool.unlabelled
            and (target := targets_of(other.facts)[head]).any()
            and int(target.argmax()) != int(own.argmax())
        ]
        if not own.any() or not others or case.case_id in self._pool.unlabelled:
            return sample, targets
        donor = others[int(rng.integers(len(others)))]
        cached: CachedCase = self._opened[donor.case_id]
        mix = TumorCutMix(donors=(_as_large(cached, sample),), classes=(1,))
        mixed = mix(sample, mix.draw(rng, host_class=0))
        theirs = targets_of(donor.facts)
        return mixed.sample, {
            name: mixed.label(target, theirs[name])
            if mixed.share == 0 or (target.any() and theirs[name].any())
            else torch.zeros_like(target)
            for name, target in targets.items()
        }


class WholeCases(Dataset[Example]):
    """Every case once, whole and as it is.

    Args:
        cases: All of them, prepared.
        cache: Where they are.
        plan: Its sequences and stride count.
    """

    def __init__(self, cases: Sequence[ListedCase], cache: CaseCache, plan: DrawPlan) -> None:
        self._cases, self._cache, self._plan = tuple(cases), cache, plan

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self._cases)

    def __getitem__(self, number: int) -> Example:
        """Return a case."""
        case = self._cases[number]
        sample = stripped(self._cache.open(case.case_id).sample())
        sample = padded(sample, self._plan.stride)
        return Example(
            sample=channels_of(sample, self._plan.sequences),
            targets=targets_of(case.facts),
            clinical=clinical_of(case.facts),
            survival=survival_of(case.facts),
            domain=0,
            labelled=True,
            case_id=case.case_id,
        )


class StepSampler(Sampler[int]):
    """Numbers of the examples of one stretch of steps, dealt to the processes of a run.

    Step ``n`` holds the examples ``n * batch`` to ``(n + 1) * batch``, whatever the number of
    processes: two of them with half a batch each see what one sees.

    Args:
        steps: Of a stretch, which Lightning calls an epoch.
        batch: Examples a step, over all processes.
        last: Steps of the whole stage.
        rank: Number of this process.
        processes: How many there are.
    """

    def __init__(
        self, *, steps: int, batch: int, last: int, rank: int = 0, processes: int = 1
    ) -> None:
        self._steps, self._batch, self._last = steps, batch, last
        self._rank, self._processes = rank, processes
        self._stretch = 0

    def set_epoch(self, epoch: int) -> None:
        """Go to a stretch; Lightning calls it."""
        self._stretch = epoch

    def __len__(self) -> int:
        """Return the number of examples of this process in the stretch."""
        first = self._stretch * self._steps
        steps = max(0, min(self._steps, self._last - first))
        return steps * (self._batch // self._processes)

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers of this process."""
        first, own = self._stretch * self._steps, self._batch // self._processes
        for step in range(first, min(first + self._steps, self._last)):
            begin = step * self._batch + self._rank * own
            yield from range(begin, begin + own)


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


def _as_large(donor: CachedCase, host: Sample) -> Sample:
    """Return the box around the donor's tumor that is as large as the host's sample."""
    size = _three(host.image.shape[1:])
    middle = donor.tumor_middle_vox or tuple(edge / 2 for edge in donor.about.shape)
    start = [round(at - edge / 2) for at, edge in zip(middle, size, strict=True)]
    return donor.box(_three(start), size)


def _three(values: Sequence[int]) -> tuple[int, int, int]:
    i, j, k = values
    return (int(i), int(j), int(k))
