"""Segment and subtype together, each task weighted by its uncertainty (GMMAS)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from glioscope.core import InputError
from glioscope.learning.data.batch import HEADS, Batch
from glioscope.learning.losses import focal_loss
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import module_of, segmentation_loss
from glioscope.learning.tasks.task import Task, dice_scores
from glioscope.networks.gmmas import Gmmas, GmmasOutput
from glioscope.networks.uncertainty_weighting import UncertaintyWeighting

SEGMENTATION = "segmentation"
ANSWERED = ("tumor_type", "idh", "codeletion")
"""Questions that GMMAS has a head for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultitaskOptions:
    """Which heads learn.

    Args:
        heads: Some of ``ANSWERED``; the others get no gradient.
    """

    heads: tuple[str, ...] = ANSWERED

    def __post_init__(self) -> None:
        if not set(self.heads) <= set(ANSWERED) or len(set(self.heads)) != len(self.heads):
            msg = f"heads = {list(self.heads)}: give some of {', '.join(ANSWERED)}, each once"
            raise InputError(msg)


@regime("multitask", options=MultitaskOptions)
class Multitask(Task):
    r"""The losses of outline, subtype, IDH and 1p/19q, balanced by ``UncertaintyWeighting``.

    A head is punished by cross-entropy, whose targets may be mixed (Tumor-CutMix) and which
    leaves out who has no label.  A task without a label in the batch neither counts nor moves its
    weight; a batch without any label has loss 0, and gives every parameter a gradient of 0.
    """

    options: MultitaskOptions

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - of Task
        super().__init__(*given, **named)
        module_of(self.network, Gmmas, regime="multitask")
        config: Any = self.network.config
        if config.subtypes != HEADS["tumor_type"]:
            msg = (
                f"regime 'multitask' knows {HEADS['tumor_type']} tumor types, the network"
                f" {config.subtypes}; set network.config.subtypes = {HEADS['tumor_type']}"
            )
            raise InputError(msg)
        self.weighting = UncertaintyWeighting((SEGMENTATION, *self.options.heads))

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the weighted sum, and the loss of each task that has a label in the batch."""
        output = self._output(self._run[0], batch)
        parts = self._parts(output, batch)
        # without it, processes of a run would wait for gradients that one of them does not have
        nothing = 0.0 * sum(_sums(output), self.weighting.log_variance.sum())
        return {"loss": self.weighting(parts) + nothing if parts else nothing, **parts}

    def scores(self, batch: Batch) -> dict[str, list[float]]:
        """Return Dice of each known region, and whether each head is right where it can be told."""
        output = self._output(self.kept(), batch)
        scores = dice_scores(output.segmentation, batch)
        for head in self.options.heads:
            right = head_hits(head_logits(output, head), batch.targets[head])
            if right:
                scores[f"accuracy_{head}"] = right
        return scores

    def _output(self, network: Any, batch: Batch) -> GmmasOutput:  # noqa: ANN401 - compiled ones are functions
        around = () if batch.whole is None else (batch.whole, batch.patch_box)
        output: GmmasOutput = network(batch.image, batch.presence, *around)
        return output

    def _parts(self, output: GmmasOutput, batch: Batch) -> dict[str, Tensor]:
        parts = {}
        if bool(batch.known.any()):
            parts[SEGMENTATION] = segmentation_loss(
                output.segmentation, batch, name=self.stage.loss
            )
        for head in self.options.heads:
            targets = batch.targets[head]
            known = (targets.sum(dim=1) > 0).to(targets.dtype)
            if bool(known.any()):
                logits = head_logits(output, head)
                parts[head] = focal_loss(logits, targets, known, gamma=0.0)
        return parts


def head_logits(output: GmmasOutput, head: str) -> Tensor:
    """Return the logits of a head, one a class, shape ``(B, C)``.

    Args:
        output: Of a GMMAS network.
        head: One of ``ANSWERED``.
    """
    if head == "tumor_type":
        return output.subtype
    logit = output.idh if head == "idh" else output.codeletion
    # the softmax of 0 and a logit is its sigmoid
    return torch.stack([torch.zeros_like(logit), logit], dim=1)


def head_hits(logits: Tensor, targets: Tensor) -> list[float]:
    """Return 1 where a head is right and 0 where it is wrong, of those whose label is known.

    Args:
        logits: Shape ``(B, C)``.
        targets: Same shape, all 0 where unknown.
    """
    known = targets.sum(dim=1) > 0
    right = logits.argmax(dim=1) == targets.argmax(dim=1)
    return right[known].float().tolist()


def _sums(output: GmmasOutput) -> list[Tensor]:
    parts = (output.segmentation, output.subtype, output.idh, output.codeletion)
    return [part.float().sum() for part in parts]
