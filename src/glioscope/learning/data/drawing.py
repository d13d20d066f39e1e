"""Examples by their number: the same number gives the same example, in whatever process."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from glioscope.core import InputError
from glioscope.learning.augmentation.chain import Transform
from glioscope.learning.augmentation.cutmix import TumorCutMix
from glioscope.learning.augmentation.dropout import SequenceDropout
from glioscope.learning.data.batch import Example, clinical_of, survival_of, targets_of
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.data.fitting import channel_order, channels_of, padded, stripped
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.whole import Surroundings, surroundings
from glioscope.learning.sample import Sample

CURRICULUM_ENDS = 0.5
"""Share of a stage after which its curriculum shows every tumor."""
_LEAST_SHOWN = 0.25
_JITTER = 0.25


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


def _as_large(donor: CachedCase, host: Sample) -> Sample:
    """Return the box around the donor's tumor that is as large as the host's sample."""
    size = _three(host.image.shape[1:])
    middle = donor.tumor_middle_vox or tuple(edge / 2 for edge in donor.about.shape)
    start = [round(at - edge / 2) for at, edge in zip(middle, size, strict=True)]
    return donor.box(_three(start), size)


def _three(values: Sequence[int]) -> tuple[int, int, int]:
    i, j, k = values
    return (int(i), int(j), int(k))
