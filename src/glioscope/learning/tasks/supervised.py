"""Learn from experts' outlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from glioscope.learning.data.batch import Batch
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import segmentation_loss
from glioscope.learning.tasks.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedOptions:
    """None: the loss is the stage's."""


@regime("supervised", options=SupervisedOptions)
class Supervised(Task):
    """The loss between the network's segmentation and the expert's."""

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the segmentation loss."""
        loss = segmentation_loss(self.logits(batch), batch, name=self.stage.loss)
        return {"loss": loss}
