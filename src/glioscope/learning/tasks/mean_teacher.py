"""Learn from scans without outlines too: the second stage of GMMAS's semi-supervised learning.

The first stage is ``supervised``.  The paper's summary says no more than "two-stage
semi-supervised learning"; this is mean teacher (Tarvainen & Valpola 2017) with pseudo-labels (Lee
2013) above a confidence (FixMatch, Sohn et al. 2020).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from glioscope.core import InputError
from glioscope.learning.data.batch import Batch
from glioscope.learning.losses import consistency_loss, consistency_weight, pseudo_label_loss
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import segmentation_logits, segmentation_loss
from glioscope.learning.tasks.task import Task, follow

REGIONS_OUT = 3
"""A network of so many outputs has a sigmoid for each; one of more has a softmax of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanTeacherOptions:
    """How the teacher is made and heard.

    Args:
        decay: Share of the teacher's weights that stays at a step; less in the first steps.
        consistency: Weight of agreeing with the teacher's probabilities.
        pseudo: Weight of the teacher's classes where nobody outlined anything.
        confidence: Least probability of a class that is believed.
        ramp: Share of the stage over which both weights rise.
        noise: Standard deviation of the noise of a view, in those of the brain.
        gain: Most that a view's sequence is brighter or darker, as a share.
        keep: ``teacher`` or ``student``: whose weights the stage ends with.
    """

    decay: float = 0.99
    consistency: float = 1.0
    pseudo: float = 0.5
    confidence: float = 0.9
    ramp: float = 0.4
    noise: float = 0.1
    gain: float = 0.1
    keep: str = "teacher"

    def __post_init__(self) -> None:
        for problem in self._problems():
            msg = f"mean_teacher: {problem}"
            raise InputError(msg)

    def _problems(self) -> list[str]:
        """Return what can't be, in words."""
        checks = {
            f"decay = {self.decay}: give 0 or more and less than 1": 0 <= self.decay < 1,
            f"consistency = {self.consistency}, pseudo = {self.pseudo}: give weights of 0 or"
            " more": min(self.consistency, self.pseudo) >= 0,
            f"confidence = {self.confidence}: give more than 0.5, at most 1": (
                0.5 < self.confidence <= 1
            ),
            f"ramp = {self.ramp}: give a share from 0 to 1": 0 <= self.ramp <= 1,
            f"noise = {self.noise}, gain = {self.gain}: give 0 or more, and a gain below 1": (
                self.noise >= 0 and 0 <= self.gain < 1
            ),
            f"keep {self.keep!r} is not known; known: teacher, student": (
                self.keep in {"teacher", "student"}
            ),
        }
        return [problem for problem, fine in checks.items() if not fine]


@regime("mean_teacher", options=MeanTeacherOptions)
class MeanTeacher(Task):
    """A student who learns from outlines, and to agree with the average of his past selves."""

    options: MeanTeacherOptions

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - of Task
        super().__init__(*given, **named)
        if self.averaged is not None and self.options.keep == "teacher":
            msg = (
                f"stage {self.stage.name!r}: the teacher is an average already; give average = 0,"
                ' or options.keep = "student" to keep the average of the student'
            )
            raise InputError(msg)
        self.teacher = copy.deepcopy(self.network).requires_grad_(requires_grad=False)

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the stage's loss where there are outlines, plus what the teacher says of all."""
        options = self.options
        logits = self.logits(batch, image=self._view(batch))
        with torch.no_grad():
            around = (batch.whole, batch.patch_box)
            taught = segmentation_logits(self.teacher, self._view(batch), batch.presence, around)
        student, told = as_classes(logits, batch.known)
        teacher, _ = as_classes(taught, batch.known)
        outlined = segmentation_loss(logits, batch, name=self.stage.loss)
        alike = consistency_loss(student.softmax(dim=1), teacher.softmax(dim=1))
        unknown = ~told
        believed = pseudo_label_loss(
            student[unknown], teacher[unknown], confidence=options.confidence
        )
        both = options.consistency * alike + options.pseudo * believed
        return {
            "loss": outlined + self._rise() * both,
            "outlined": outlined,
            "consistency": alike,
            "pseudo": believed,
        }

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ANN401 - Lightning's
        """Move the teacher towards the student."""
        super().on_train_batch_end(outputs, batch, batch_idx)
        follow(self.teacher, self.network, decay=self.options.decay, step=self.global_step)

    def kept(self) -> nn.Module:
        """Return the teacher, or the student where the options say so."""
        return self.teacher if self.options.keep == "teacher" else super().kept()

    def _rise(self) -> float:
        """Return the weight of what the teacher says: little, while he knows little."""
        steps = round(self.options.ramp * self.steps)
        return consistency_weight(self.global_step, steps=steps) if steps else 1.0

    def _view(self, batch: Batch) -> Tensor:
        return disturbed(batch, noise=self.options.noise, gain=self.options.gain)


def disturbed(batch: Batch, *, noise: float, gain: float) -> Tensor:
    """Return the images, each sequence brighter or darker, with noise within the brain.

    Drawn by torch's generator; absent sequences and what lies outside the brain stay 0.

    Args:
        batch: Its images are left untouched.
        noise: Standard deviation.
        gain: Most that a sequence is multiplied by, above 1 and below.
    """
    image = batch.image
    shown = batch.presence[:, :, None, None, None] * (batch.brain > 0.5)
    factors = 1 + gain * (2 * torch.rand_like(batch.presence) - 1)
    return image * factors[:, :, None, None, None] + noise * torch.randn_like(image) * shown


def as_classes(logits: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits of exclusive classes, whatever the network's outputs are.

    A region with a sigmoid is two classes, outside and inside, with the same probabilities.

    Args:
        logits: Shape ``(B, R, I, J, K)``: three regions, or more classes of a softmax.
        known: Shape ``(B, 3)``, 1 where a region was outlined.

    Returns:
        Logits, shape ``(N, C, I, J, K)``, and whether all that a row tells is known, bool, shape
        ``(N,)``: a row for each region of each case, or one for each case.
    """
    if logits.shape[1] != REGIONS_OUT:
        return logits, (known > 0).all(dim=1)
    inside = logits.flatten(0, 1)
    return torch.stack([torch.zeros_like(inside), inside], dim=1), known.flatten() > 0
