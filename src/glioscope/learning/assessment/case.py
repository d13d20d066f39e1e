"""Everything that is measured of one case."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from glioscope.core import Region, Sequence, Volume, region_mask
from glioscope.evaluation import (
    CaseScores,
    VoxelTally,
    dice,
    evaluate_case,
    near_region,
    tally_voxels,
)
from glioscope.evaluation.case import SCORED_REGIONS
from glioscope.learning.assessment.answers import Answer, truth_of
from glioscope.learning.assessment.predict import Floats, Predictor, labels_of, to_case
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.sample import REGIONS

Subset = frozenset[Sequence]

PLACES: Final = ("brain", "near the tumor")
"""Where calibration is measured: far from the tumor voxels are sure, right and many."""

Keep = Callable[[str, Volume], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAssessment:
    """What was measured of one case.

    Args:
        case_id: Pseudonym.
        patient: Whose it is.
        source: Its data set.
        run: That it was kept aside from.
        sequences: That the network saw, in its order.
        scores: Of the labels on the case's grid; ``None`` without outlines or segmentation.
        subsets: Dice of each known region by subset of the sequences; empty where they were not
            asked for, or the case lacks one.
        tallies: Of each known region, by place (see ``PLACES``).
        answers: By question.
        seconds: That labels and answers took, reading and scoring not counted.
    """

    case_id: str
    patient: str
    source: str
    run: str
    sequences: tuple[Sequence, ...]
    scores: CaseScores | None
    subsets: Mapping[Subset, Mapping[Region, float]]
    tallies: Mapping[Region, Mapping[str, VoxelTally]]
    answers: Mapping[str, Answer]
    seconds: float

    @property
    def metrics(self) -> dict[str, float]:
        """What runs are compared by, greater is better: Dice, mean IoU, right answers (0 or 1)."""
        found: dict[str, float] = {}
        if self.scores is not None:
            regions = self.scores.regions.items()
            found |= {f"Dice {_words(region)}": scores.dice for region, scores in regions}
            if self.scores.mean_iou is not None:
                found["mean IoU"] = self.scores.mean_iou
        for head, answer in self.answers.items():
            if answer.truth is not None:
                found[f"accuracy {_words(head)}"] = float(
                    int(np.argmax(answer.probs)) == answer.truth
                )
        return found

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``; tallies are left out."""
        return {
            "case_id": self.case_id,
            "patient": self.patient,
            "source": self.source,
            "run": self.run,
            "sequences": [str(sequence) for sequence in self.sequences],
            "scores": None if self.scores is None else self.scores.as_json(),
            "subsets": {
                "+".join(s for s in Sequence if s in subset): {
                    str(region): value for region, value in values.items()
                }
                for subset, values in self.subsets.items()
            },
            "answers": {
                head: {"probs": list(answer.probs), "truth": answer.truth}
                for head, answer in self.answers.items()
            },
            "metrics": self.metrics,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """Measures cases of one run.

    Args:
        predictor: The run's network.
        settings: What is measured.
        run: Name of the run.
        keep: Given the labels of every case that was segmented.
    """

    predictor: Predictor
    settings: Settings
    run: str
    keep: Keep | None = None

    def __call__(self, cached: CachedCase, listed: ListedCase, *, patient: str) -> CaseAssessment:
        """Return what was measured of a case.

        Raises:
            CaseError: If it has none of the network's sequences.
        """
        begun = time.perf_counter()
        probs = to_case(self.predictor.probs(cached), cached) if self.predictor.segments else None
        labels = None if probs is None else labels_of(probs, like=cached.brain_1mm)
        said = self.predictor.answer(cached, listed) if self.predictor.answers else {}
        seconds = time.perf_counter() - begun
        if labels is not None and self.keep is not None:
            self.keep(listed.case_id, labels)
        truth, known = cached.truth, _known(cached)
        judged = labels is not None and truth is not None
        return CaseAssessment(
            case_id=listed.case_id,
            patient=patient,
            source=listed.source,
            run=self.run,
            sequences=_there(cached, self.predictor.sequences),
            scores=evaluate_case(labels, truth, case_id=listed.case_id, regions=known)
            if labels is not None and truth is not None
            else None,
            subsets=self._subsets(cached, labels, known) if judged else {},
            tallies=self._tallies(cached, probs, known) if judged else {},
            answers={
                head: Answer(probs=shares, truth=truth_of(listed.facts, head))
                for head, shares in said.items()
            },
            seconds=seconds,
        )

    def _subsets(
        self, cached: CachedCase, labels: Volume | None, known: tuple[Region, ...]
    ) -> dict[Subset, dict[Region, float]]:
        own, truth = self.predictor.sequences, cached.truth
        if not self.settings.subsets or _there(cached, own) != own or truth is None:
            return {}
        found = {}
        for subset in subsets_of(own):
            shown = labels
            if len(subset) < len(own) or shown is None:
                probs = to_case(self.predictor.probs(cached, only=subset), cached)
                shown = labels_of(probs, like=truth)
            found[subset] = {
                region: dice(region_mask(shown, region).data, region_mask(truth, region).data)
                for region in known
            }
        return found

    def _tallies(
        self, cached: CachedCase, probs: Floats | None, known: tuple[Region, ...]
    ) -> dict[Region, dict[str, VoxelTally]]:
        truth, brain = cached.truth, cached.brain_1mm
        if truth is None or probs is None:
            return {}
        unsure = None
        if self.settings.draws and self.predictor.drops_out:
            settings = self.settings
            unsure = to_case(
                self.predictor.epistemic(cached, draws=settings.draws, seed=settings.seed), cached
            )
        near = near_region(
            region_mask(truth, Region.WT).data,
            spacing_mm=truth.spacing_mm,
            within_mm=self.settings.near_mm,
        )
        masks = dict(zip(PLACES, (brain.data, brain.data & near), strict=True))
        return {
            region: {
                place: tally_voxels(
                    # interpolation leaves the range by a rounding
                    probs[REGIONS.index(region)].clip(0, 1),
                    region_mask(truth, region).data,
                    mask,
                    uncertainty=None if unsure is None else unsure[REGIONS.index(region)],
                )
                for place, mask in masks.items()
            }
            for region in known
        }


def subsets_of(sequences: tuple[Sequence, ...]) -> tuple[Subset, ...]:
    """Return all subsets that hold a sequence, small ones first, all last."""
    return tuple(
        frozenset(chosen)
        for size in range(1, len(sequences) + 1)
        for chosen in combinations(sequences, size)
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _known(cached: CachedCase) -> tuple[Region, ...]:
    outlined = {
        region for region, is_known in zip(REGIONS, cached.about.known, strict=True) if is_known
    }
    return tuple(region for region in SCORED_REGIONS if region in outlined)


def _there(cached: CachedCase, sequences: tuple[Sequence, ...]) -> tuple[Sequence, ...]:
    present = dict(zip(Sequence, cached.about.presence, strict=True))
    return tuple(sequence for sequence in sequences if present[sequence])
