"""The second stage of the visual-pathway paper: five answers from a trained encoder, age and sex.

The paper imputes the MGMT status that 16% of its patients lack.  Here it stays unknown and
punishes nobody: imputed from the clinical columns it was no better than the commonest class
(`docs/prediction-studies.md`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from glioscope.core import InputError, ModelError
from glioscope.learning.data.batch import HEADS, Batch, Example, targets_of
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import Facts
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.losses import focal_loss, survival_loss
from glioscope.learning.tasks.multitask import head_hits
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import module_of
from glioscope.learning.tasks.task import Task
from glioscope.networks.registry import build
from glioscope.networks.visual_pathway import VisualPathway
from glioscope.networks.visual_pathway_classifier import (
    Heads,
    VisualPathwayClassifier,
    VisualPathwayClassifierConfig,
)

ANSWERED = ("tumor_type", "grade", "idh", "mgmt")
"""Questions with classes; the fifth answer is survival."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationOptions:
    """How the classifier is made, and what counts.

    Args:
        freeze: Keep the encoder as the segmentation left it, its batch norms included.
        gamma: Of the focal cross-entropy.
        survival: Weight of the survival loss beside the others' 1.
        dense: Neurons of the dense layers, see ``VisualPathwayClassifierConfig``.
    """

    freeze: bool = False
    gamma: float = 2.0
    survival: float = 1.0
    dense: tuple[int, ...] = (512, 256, 128)

    def __post_init__(self) -> None:
        if self.survival < 0 or (self.gamma < 1 and self.gamma != 0):
            msg = (
                f"survival = {self.survival}, gamma = {self.gamma}: give a weight of 0 or more,"
                " and gamma 0 or at least 1"
            )
            raise InputError(msg)


@regime("classification", options=ClassificationOptions)
class Classification(Task):
    """Weighted categorical focal cross-entropy of four heads, Huber loss of survival.

    A class weighs as much as it is rare among the training patients.  Survival is min-max scaled
    over those of them who died, age standardized over all; both scales stay in the network.
    """

    options: ClassificationOptions
    network: Any
    averaged: Any
    monitor = "validation/accuracy"
    own_outputs = True

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - of Task
        super().__init__(*given, **named)
        self._weights: Mapping[str, tuple[float, ...]] = {}
        if self.options.freeze:
            self.network.encoder.requires_grad_(requires_grad=False)
            self.train()

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return a classifier with the network's encoder, or the classifier itself.

        Raises:
            InputError: If it is another network.
        """
        if isinstance(network, VisualPathwayClassifier):
            return network
        module_of(network, VisualPathway, regime="classification")
        trained: Any = network
        try:
            config = VisualPathwayClassifierConfig(pathway=trained.config, dense=self.options.dense)
        except ValueError as error:
            msg = f"regime 'classification': {error}"
            raise InputError(msg) from error
        classifier: Any = build("visual_pathway_classifier", config, seed=self.seed)
        classifier.adopt_encoder(trained)
        return classifier  # type: ignore[no-any-return]  # a module of the registry

    def train(self, mode: bool = True) -> Classification:
        """Set the mode; a frozen encoder stays in evaluation, lest its batch norms move."""
        super().train(mode)
        if self.options.freeze:
            self.network.encoder.eval()
        return self

    def training_set(self, pool: Pool, cache: CaseCache, plan: DrawPlan) -> Dataset[Example]:
        """Return the examples, after scales and class weights are taken from the training cases.

        Raises:
            InputError: If there are no two ages.
        """
        patients = {case.patient: case for case in reversed(pool.cases)}.values()
        told = [case.facts for case in patients if case.case_id not in pool.unlabelled]
        self._weights = class_weights(told)
        for network in (self.network, self.averaged):
            # a classifier of a stage before keeps the scales that it was trained with
            if network is not None and not bool(network.clinical_scale.mean.any()):
                self._fit_scales(network, [case.facts for case in patients], told)
        return super().training_set(pool, cache, plan)

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the sum, and the loss of each head; who has no label adds nothing."""
        answers = self._answers(self._run[0], batch)
        parts = {
            head: focal_loss(
                getattr(answers, head),
                batch.targets[head],
                (batch.targets[head].sum(dim=1) > 0).float(),
                weights=self._weights.get(head),
                gamma=self.options.gamma,
            )
            for head in ANSWERED
        }
        target, known = self._survival(batch)
        lasting = survival_loss(answers.survival, target, known)
        total = torch.stack(list(parts.values())).sum() + self.options.survival * lasting
        return {"loss": total, **parts, "survival": lasting}

    def scores(self, batch: Batch) -> dict[str, list[float]]:
        """Return whether each head is right, and the error of survival on the min-max scale."""
        answers, scores = self._answers(self.kept(), batch), {}
        for head in ANSWERED:
            right = head_hits(getattr(answers, head), batch.targets[head])
            if right:
                scores[f"accuracy_{head}"] = right
        target, known = self._survival(batch)
        errors = (answers.survival.float() - target).abs()[known > 0]
        if len(errors):
            scores["mae_survival"] = errors.tolist()
        return scores

    def summary(self, means: Mapping[str, float]) -> float | None:
        """Return the mean accuracy of the heads."""
        right = [value for name, value in means.items() if name.startswith("accuracy_")]
        return sum(right) / len(right) if right else None

    def _answers(self, network: Any, batch: Batch) -> Heads:  # noqa: ANN401 - compiled ones are functions
        age, sex = batch.clinical.unbind(dim=1)
        # who has no age is of the mean age, which is 0 after the scale
        age = torch.where(torch.isnan(age), self.network.clinical_scale.mean[0], age)
        answers: Heads = network(batch.image, torch.stack([age, sex], dim=1), batch.presence)
        return answers

    def _survival(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return scaled survival, and 1 for those whose death is known; 0 without any scale."""
        days, dead = batch.survival.unbind(dim=1)
        first, last = self.network.survival_range_days
        scaled = (first != 0) | (last != 1)
        known = (dead > 0) & torch.isfinite(days) & scaled
        return (days - first) / (last - first), known.float()

    def _fit_scales(self, network: Any, facts: Sequence[Facts], told: Sequence[Facts]) -> None:  # noqa: ANN401
        ages = [[known.age_years, 0.0] for known in facts if known.age_years is not None]
        days = [k.survival_days for k in told if k.dead and k.survival_days is not None]
        try:
            network.clinical_scale.fit(torch.tensor(ages or [[0.0, 0.0]]))
            if len(set(days)) > 1:
                network.fit_survival(torch.tensor(days))
        except ModelError as error:
            msg = (
                f"stage {self.stage.name!r}: the ages of {len(ages)} training patients can't be"
                f" standardized ({error}); name tables with their ages in data.facts"
            )
            raise InputError(msg) from error


def class_weights(facts: Sequence[Facts]) -> dict[str, tuple[float, ...]]:
    r"""Return how much each class of each head counts: $$n / (C n_c)$$, 0 where nobody has it.

    Args:
        facts: Of the training patients whose labels may be used.

    Returns:
        Heads that nobody has a label of are left out.
    """
    targets = [targets_of(known) for known in facts]
    weights = {}
    for head in ANSWERED:
        counts = sum((target[head] for target in targets), torch.zeros(HEADS[head])).tolist()
        total = sum(counts)
        if total:
            weights[head] = tuple(
                total / (len(counts) * count) if count else 0.0 for count in counts
            )
    return weights
