"""Grade tumors by their axial slices and 3D shape, as the ResNet paper does.

Source: "Enhanced Multimodal Brain Tumor Classification in MR Images using 2D ResNet as backbone
with Explicit Tumor Size Information": cross-entropy of slices of which every class comes up
equally often; a patient's result is the mean softmax of the slices.  The network is
``networks.resnet_shape``; built without ``shape_names`` it is the paper's ablation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.question import question_loss
from glioscope.learning.data.slice_batch import SliceBatch
from glioscope.learning.data.slice_examples import (
    PatientSlices,
    SliceExamples,
    SliceOptions,
    SlicePlan,
)
from glioscope.learning.tasks.grading import Grading, check_classifier, check_unused, validated
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import module_of
from glioscope.networks.resnet_shape import ResNetShape, patient_probability


@regime("slices", options=SliceOptions)
class Slices(Grading):
    """Cross-entropy of slices; the stage's ``augmentation`` is the options' here."""

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return the network as it is.

        Raises:
            InputError: If it is no ``resnet_shape`` with an output for each class, or the stage
                asks for what slices don't have.
        """
        module_of(network, ResNetShape, regime="slices")
        check_classifier(network, self.stage, self.head)
        check_unused(
            self.stage,
            box=(),
            order="uniform",
            keep_all=1.0,
            keep_pair=0.0,
            cutmix=0.0,
            whole=False,
            labelled_share=None,
        )
        return network

    @staticmethod
    def collate(examples: list[Any]) -> Any:  # noqa: ANN401 - as Task
        """Return the batch of some slices."""
        return SliceBatch.of(examples)

    def training_set(self, pool: Pool, cache: CaseCache, plan: DrawPlan) -> Any:  # noqa: ANN401 - slices, not Examples
        """Return slices by number; the network's scale of shapes is that of their patients.

        Raises:
            InputError: If fewer than two classes have a case.
            CaseError: If a tumor has no slice or no shape.
        """
        slices = SliceExamples(pool, cache, self._plan(plan))
        for network in (self.network, self.averaged):
            if isinstance(network, ResNetShape) and network.shape_scale is not None:
                network.shape_scale.fit(torch.stack(list(slices.shapes.values())))
        return slices

    def validation_set(
        self, cases: tuple[ListedCase, ...], cache: CaseCache, plan: DrawPlan
    ) -> Any:  # noqa: ANN401 - as training_set
        """Return patients with all their slices.

        Raises:
            InputError: If no answer is known.
        """
        return PatientSlices(validated(cases, self.head), cache, self._plan(plan))

    def losses(self, batch: Any) -> Mapping[str, Tensor]:  # noqa: ANN401 - a SliceBatch
        """Return the cross-entropy of the slices."""
        logits = slice_logits(self._run[0], batch)
        return {"loss": question_loss(logits, batch.target)}

    def patient_probabilities(self, batch: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401 - a SliceBatch
        """Return the mean softmax over the slices of one patient."""
        logits = slice_logits(self.kept(), batch).float()
        return patient_probability(logits)[None], batch.target[:1]

    def _plan(self, plan: DrawPlan) -> SlicePlan:
        network: Any = self.network
        return SlicePlan(
            options=self.options,
            sequences=self.sequences,
            shape_names=tuple(network.config.shape_names),
            examples=plan.examples,
            seed=plan.seed,
        )


def slice_logits(network: Any, batch: SliceBatch) -> Tensor:  # noqa: ANN401 - compiled ones are functions
    """Return the logits of slices, shape ``(S, classes)``.

    Args:
        network: A ``resnet_shape``, told as many features as the batch has.
        batch: Of one patient or several.
    """
    told = batch.shape if batch.shape.shape[1] else None
    logits: Tensor = network(batch.image, told)
    return logits
