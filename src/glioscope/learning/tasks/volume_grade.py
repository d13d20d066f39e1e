"""Grade tumors by one box each: the 3D baseline of the ResNet paper.

The paper lays the middle 128 slices of a patient, 160 x 160 each, on one another and trains a 3D
ResNet50 with a batch of 4, "keeping the other parameters unchanged".  Here the box lies about the
tumor, and its augmentation is the stage's, of volumes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn
from torch.utils.data import Dataset

from glioscope.core import InputError
from glioscope.learning.data.batch import Batch, Example
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.question import (
    answered,
    check_question,
    question_loss,
    question_targets,
    upsampled,
)
from glioscope.learning.data.tumor_boxes import TumorBoxes
from glioscope.learning.tasks.grading import (
    Grading,
    check_classifier,
    check_unused,
    softmax_probs,
    validated,
)
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import module_of
from glioscope.networks.resnet_shape import ResNet3D


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeOptions:
    """What is asked, and what is shown.

    Args:
        head: The question, see ``question.QUESTIONS``.
        tumor_only: Show the tumor's voxels alone, all others 0, as the slices do.
    """

    head: str = "grade4"
    tumor_only: bool = True

    def __post_init__(self) -> None:
        check_question(self.head)


@regime("volumes", options=VolumeOptions)
class Volumes(Grading):
    """Cross-entropy of boxes around tumors, of every class as many patients."""

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return the network as it is.

        Raises:
            InputError: If it is no ``resnet_3d`` with an output for each class, or the stage names
                no box that fits it.
        """
        module_of(network, ResNet3D, regime="volumes")
        check_classifier(network, self.stage, self.head)
        check_unused(self.stage, order="uniform", whole=False, labelled_share=None)
        if self.stage.tumor_share != 1:
            msg = (
                f"stage {self.stage.name!r}: tumor_share = {self.stage.tumor_share}: a box without"
                " tumor has no grade; give 1"
            )
            raise InputError(msg)
        config: Any = network.config
        stride = int(config.stride)
        if not self.stage.box or any(edge % stride for edge in self.stage.box):
            msg = (
                f"stage {self.stage.name!r}: box = {list(self.stage.box)}: give three multiples of"
                f" {stride} voxels that hold a tumor"
            )
            raise InputError(msg)
        return network

    def training_set(self, pool: Pool, cache: CaseCache, plan: DrawPlan) -> Dataset[Example]:
        """Return boxes around tumors by number, every class equally often.

        Raises:
            InputError: If fewer than two classes have a case.
        """
        cases = upsampled(answered(pool, self.head), self.head)
        return super().training_set(replace(pool, cases=cases), cache, plan)

    def validation_set(
        self, cases: tuple[ListedCase, ...], cache: CaseCache, plan: DrawPlan
    ) -> Dataset[Example]:
        """Return the box around each tumor.

        Raises:
            InputError: If no answer is known.
        """
        return TumorBoxes(validated(cases, self.head), cache, plan)

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the cross-entropy of the boxes."""
        logits = self._run[0](self.shown(batch))
        return {"loss": question_loss(logits, question_targets(batch.targets, self.head))}

    def patient_probabilities(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the softmax of each box."""
        logits = self.kept()(self.shown(batch))
        return softmax_probs(logits), question_targets(batch.targets, self.head)

    def shown(self, batch: Batch) -> Tensor:
        """Return what the network sees, shape ``(B, C, I, J, K)``."""
        if not self.options.tumor_only:
            return batch.image
        return batch.image * (batch.regions[:, :1] > 0.5)
