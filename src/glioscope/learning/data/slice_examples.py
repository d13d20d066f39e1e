"""Axial slices of tumors as the ResNet paper trains on them, by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from glioscope.core import CaseError, InputError
from glioscope.core import Sequence as MriSequence
from glioscope.learning.augmentation import SLICE_CHANGES
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.data.fitting import channels_of, stripped
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import Pool
from glioscope.learning.data.question import answered, check_question, class_of, target_of
from glioscope.learning.data.slice_batch import SliceBatch
from glioscope.learning.data.slice_crops import changed_crop, plain_crop
from glioscope.learning.sample import Sample
from glioscope.learning.tumor_slices import balancing_weights, tumor_slices
from glioscope.measurement import shape_features

AUGMENTED = ("minority", "all", "none")
CANVAS = 1.5
"""Edge of the canvas that slices are laid on, in edges of the crop: 240 pixels to the paper's 160.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceOptions:
    """Which slices, and what is asked of them; the defaults are the paper's.

    Args:
        head: The question, see ``question.QUESTIONS``.
        edge: Of a slice that the network sees, pixels; a multiple of 32.
        least_pixels: Fewest tumor pixels of a slice.
        augment: Whose training slices are magnified and changed: those of the ``minority``, as the
            paper has it; ``all``; or ``none``.  With ``minority`` the magnification tells the
            class in training, and never in validation.
        tries: Random crops that are drawn before one is laid about the tumor.
        without: Changes that are left out, see ``augmentation.SLICE_CHANGES``.
    """

    head: str = "grade4"
    edge: int = 160
    least_pixels: int = 1
    augment: str = "minority"
    tries: int = 8
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_question(self.head)
        if self.augment not in AUGMENTED:
            msg = f"augment {self.augment!r} is not known; known: {', '.join(AUGMENTED)}"
            raise InputError(msg)
        unknown = sorted(set(self.without) - set(SLICE_CHANGES))
        if unknown:
            msg = f"without {unknown[0]!r} is not known; known: {', '.join(SLICE_CHANGES)}"
            raise InputError(msg)
        if self.edge < 32 or self.edge % 32 or min(self.least_pixels, self.tries) < 1:
            msg = (
                f"edge = {self.edge}, least_pixels = {self.least_pixels}, tries = {self.tries}:"
                " give a multiple of 32, and 1 or more of the others"
            )
            raise InputError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePlan:
    """How slices of a stage are drawn.

    Args:
        options: Of the regime.
        sequences: Channels of the network, in their order.
        shape_names: Shape features that the network is told, in their order.
        examples: Drawn in the whole stage.
        seed: Of all draws.
    """

    options: SliceOptions
    sequences: tuple[MriSequence, ...]
    shape_names: tuple[str, ...]
    examples: int = 1
    seed: int = 0


class SliceExamples(Dataset[SliceBatch]):
    """Training slices by number, every class equally often; batches of one slice.

    Raises:
        InputError: If fewer than two classes have a case.
        CaseError: If a tumor has too few pixels in every slice, or a shape that is undefined.
    """

    def __init__(self, pool: Pool, cache: CaseCache, plan: SlicePlan) -> None:
        self._plan = plan
        self.cases = answered(pool, plan.options.head)
        self._opened = {case.case_id: cache.open(case.case_id) for case in self.cases}
        self.shapes = {
            case_id: shape_of(cached, plan.shape_names) for case_id, cached in self._opened.items()
        }
        self._slices = tuple(
            (case, place)
            for case in self.cases
            for place in tumor_places(
                self._opened[case.case_id], least_pixels=plan.options.least_pixels
            )
        )
        classes = [class_of(case, plan.options.head) for case, _ in self._slices]
        counts = Counter(classes)
        self._minority = min(sorted(counts), key=lambda name: counts[name])
        self._reached = np.cumsum(balancing_weights(classes).numpy())

    def __len__(self) -> int:
        """Return the number of examples of the stage."""
        return self._plan.examples

    def __getitem__(self, number: int) -> SliceBatch:
        """Return a slice."""
        rng = np.random.default_rng((self._plan.seed, number))
        drawn = float(rng.random()) * self._reached[-1]
        case, place = self._slices[int(np.searchsorted(self._reached, drawn, side="right"))]
        i, j, _ = self._opened[case.case_id].shape
        sample = self._opened[case.case_id].box((0, 0, place), (i, j, 1))
        canvas = _canvases(sample, self._plan, case_id=case.case_id)[0]
        shown = self._shown(canvas, rng, changed=self._is_changed(case))
        return _batch(shown[None], self.shapes[case.case_id], case, self._plan)

    def _is_changed(self, case: ListedCase) -> bool:
        options = self._plan.options
        own = class_of(case, options.head) == self._minority
        return options.augment == "all" or (options.augment == "minority" and own)

    def _shown(self, canvas: Tensor, rng: np.random.Generator, *, changed: bool) -> Tensor:
        """Return what the network sees of a canvas, shape ``(C, edge, edge)``."""
        options = self._plan.options
        if not changed:
            return plain_crop(canvas, options.edge)
        return changed_crop(
            canvas, rng, edge=options.edge, tries=options.tries, without=options.without
        )


class PatientSlices(Dataset[SliceBatch]):
    """Every patient once, with all slices, cut as the majority's are in training.

    A slice whose middle holds no tumor is cut about its tumor.
    """

    def __init__(self, cases: Sequence[ListedCase], cache: CaseCache, plan: SlicePlan) -> None:
        self._cases, self._cache, self._plan = tuple(cases), cache, plan

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self._cases)

    def __getitem__(self, number: int) -> SliceBatch:
        """Return the slices of a patient."""
        case, plan = self._cases[number], self._plan
        cached = self._cache.open(case.case_id)
        canvases = _canvases(cached.sample(), plan, case_id=case.case_id)
        shown = torch.stack([plain_crop(canvas, plan.options.edge) for canvas in canvases])
        return _batch(shown, shape_of(cached, plan.shape_names), case, plan)


def shape_of(cached: CachedCase, names: Sequence[str]) -> Tensor:
    """Return shape features of the whole tumor, measured on the case's own grid, shape ``(F,)``.

    Args:
        cached: With outlines, unless no feature is wanted.
        names: Of ``measurement.shape_features``, in the order of the result.

    Raises:
        CaseError: If nobody outlined the tumor, or a feature is undefined.
    """
    if not names:
        return torch.zeros(0)
    truth = cached.truth
    found = {} if truth is None else shape_features(truth.with_data(truth.data > 0))
    values = [found.get(name) for name in names]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        lacking = [name for name in names if found.get(name) is None]
        msg = (
            f"case {cached.about.case_id}: its tumor has no {', '.join(lacking[:3])}; leave the"
            " case out (a few loose voxels have no shape), or set network.config.shape_names = []"
        )
        raise CaseError(msg)
    return torch.tensor(known, dtype=torch.float32)


def tumor_places(cached: CachedCase, *, least_pixels: int = 1) -> tuple[int, ...]:
    """Return where slices along ``K`` hold tumor, without reading the images.

    Raises:
        CaseError: If none holds enough of it.
    """
    pixels = (cached.array("regions")[0] > 127).sum(axis=(0, 1))
    places = np.flatnonzero(pixels >= least_pixels).tolist()
    if not places:
        msg = (
            f"case {cached.about.case_id}: no slice holds {least_pixels} pixels of tumor (most:"
            f" {int(pixels.max())}); lower options.least_pixels or leave the case out"
        )
        raise CaseError(msg)
    return tuple(places)


def _canvases(sample: Sample, plan: SlicePlan, *, case_id: str) -> Tensor:
    """Return the slices that hold tumor, and the tumor itself as a last channel, on a canvas."""
    chosen = channels_of(stripped(sample), plan.sequences)
    slices = tumor_slices(chosen, case_id=case_id, least_pixels=plan.options.least_pixels)
    tumor = (sample.regions[0] > 0.5)[..., slices.places].permute(2, 0, 1).float()
    stacked = torch.cat([slices.images, tumor[:, None]], dim=1)
    edge = round(CANVAS * plan.options.edge)
    pads = [
        pad
        for size in (stacked.shape[3], stacked.shape[2])
        for pad in ((edge - size) // 2, edge - size - (edge - size) // 2)
    ]
    return functional.pad(stacked, pads)


def _batch(image: Tensor, shape: Tensor, case: ListedCase, plan: SlicePlan) -> SliceBatch:
    target = target_of(case.facts, plan.options.head)
    return SliceBatch(
        image=image,
        shape=shape.expand(len(image), -1),
        target=target.expand(len(image), -1),
        case_ids=(case.case_id,) * len(image),
    )
