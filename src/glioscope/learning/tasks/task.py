"""What all regimes share: the optimizer, the average of the weights, validation, refusal of NaN."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor, distributed, nn
from torch.optim import Adam, AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Dataset

from glioscope.core import ModelError, Sequence
from glioscope.learning.augmentation import augmentation
from glioscope.learning.cpu_speed import tune
from glioscope.learning.data.batch import Batch, Example
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.drawing import Examples
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.whole_cases import WholeCases
from glioscope.learning.runs.config import StageConfig
from glioscope.learning.sample import REGIONS
from glioscope.learning.tasks.segmenter import region_probs, segmentation_logits

MONITOR = "validation/dice"
"""What the best checkpoint is chosen by: the mean Dice of the regions that are known."""


class Task(pl.LightningModule, ABC):
    """A regime: ``losses`` of a batch, and what is kept at the end.

    Args:
        network: Of ``networks.registry``.
        stage: Its configuration.
        options: Of the regime.
        steps: Of the whole stage.
        seed: Of what a step draws (dropout and the like).
        sequences: Channels of the network, in their order.
        compiled: Compile the network before the first step.
    """

    monitor = MONITOR
    own_outputs = False
    """Whether the regime itself gives its network outputs that are not those of the run's."""

    def __init__(
        self,
        network: nn.Module,
        stage: StageConfig,
        options: Any,  # noqa: ANN401 - each regime has a class of its own
        *,
        steps: int,
        seed: int,
        sequences: tuple[Sequence, ...],
        compiled: bool = False,
    ) -> None:
        super().__init__()
        self.stage, self.options = stage, options
        self.steps, self.seed, self.sequences = steps, seed, sequences
        # the average of the stage before comes without gradients
        self.network = self.adapted(network).train().requires_grad_()
        self.averaged = copy.deepcopy(self.network) if stage.average else None
        if self.averaged is not None:
            self.averaged.requires_grad_(requires_grad=False)
        tune(self)
        # in a tuple, lest its weights stand twice in every checkpoint
        self._run = (torch.compile(self.network) if compiled else self.network,)
        self._scores: dict[str, list[float]] = {}

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return the network that this regime trains, made of what the stage before left.

        Raises:
            InputError: If the regime can't train it.
        """
        return network

    @abstractmethod
    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the loss under ``loss``, and its parts under other names, all scalars."""

    def training_set(self, pool: Pool, cache: CaseCache, plan: DrawPlan) -> Dataset[Example]:
        """Return the examples of the stage, by number."""
        chain = augmentation(self.stage.augmentation, spacing_mm=plan.spacing_mm)
        return Examples(pool, cache, plan, chain)

    def validation_set(
        self, cases: tuple[ListedCase, ...], cache: CaseCache, plan: DrawPlan
    ) -> Dataset[Example]:
        """Return whole cases, as they are."""
        return WholeCases(cases, cache, plan)

    @staticmethod
    def collate(examples: list[Any]) -> Any:  # noqa: ANN401 - a regime may have batches of its own
        """Return the batch of some examples of ``training_set`` or ``validation_set``."""
        return Batch.of(examples)

    def kept(self) -> nn.Module:
        """Return the network that is saved: the averaged weights where there is an average."""
        return self.network if self.averaged is None else self.averaged

    def logits(self, batch: Batch, *, image: Tensor | None = None) -> Tensor:
        """Return segmentation logits of the network in training.

        Args:
            batch: Its presence is used, and its image unless another is given.
            image: In place of the batch's.
        """
        shown = batch.image if image is None else image
        around = (batch.whole, batch.patch_box)
        return segmentation_logits(self._run[0], shown, batch.presence, around)

    @property
    def progress(self) -> float:
        """Share of the stage that is done, 0 to 1."""
        return min(self.global_step / max(self.steps, 1), 1.0)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Return the loss of one batch.

        Raises:
            ModelError: If it is not finite.
        """
        del index
        parts = self.losses(batch)
        for name, value in parts.items():
            self.log(f"train/{name}", value.detach(), batch_size=len(batch.image))
        loss = parts["loss"]
        if not bool(torch.isfinite(loss)):
            shown = {name: f"{float(value.detach()):.4g}" for name, value in parts.items()}
            msg = (
                f"stage {self.stage.name!r}, step {self.global_step}: the loss is not finite"
                f" ({shown}; cases {', '.join(batch.case_ids)}); the last checkpoint is whole:"
                " lower lr, or give precision 32-true, and start again from it (network.start)"
            )
            raise ModelError(msg)
        return loss

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Seed what the step draws, so that a resumed run draws the same."""
        del batch, batch_idx
        torch.manual_seed(_mixed(self.seed, self.global_step, self.global_rank))

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ANN401 - Lightning's
        """Move the average towards the weights; faster while it is young."""
        del outputs, batch, batch_idx
        if self.averaged is not None:
            follow(self.averaged, self.network, decay=self.stage.average, step=self.global_step)

    def validation_step(self, batch: Batch, index: int) -> None:
        """Keep the Dice of every known region of one batch."""
        del index
        for name, values in self.scores(batch).items():
            self._scores.setdefault(name, []).extend(values)

    def scores(self, batch: Batch) -> dict[str, list[float]]:
        """Return what a validation measures of a batch: values by name, one a case."""
        logits = segmentation_logits(self.kept(), batch.image, batch.presence)
        return dice_scores(logits, batch)

    def on_validation_epoch_end(self) -> None:
        """Log the means over the cases of all processes, and the figure that is compared."""
        means = {
            name: sum(values) / len(values) for name, values in sorted(self._gathered().items())
        }
        self._scores = {}
        for name, value in means.items():
            self.log(f"validation/{name}", value, rank_zero_only=True)
        score = self.summary(means)
        # every process compares checkpoints by it, so every process must know it
        self.log(self.monitor, math.nan if score is None else score)

    def _gathered(self) -> dict[str, list[float]]:
        """Return the scores of all processes."""
        if self.trainer.world_size == 1:
            return self._scores
        parts: list[Any] = [None] * self.trainer.world_size
        distributed.all_gather_object(parts, self._scores)
        joined: dict[str, list[float]] = {}
        for part in parts:
            for name, values in part.items():
                joined.setdefault(name, []).extend(values)
        return joined

    def summary(self, means: Mapping[str, float]) -> float | None:
        """Return the one figure that checkpoints are compared by; larger is better."""
        dices = [value for name, value in means.items() if name.startswith("dice_")]
        return sum(dices) / len(dices) if dices else None

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's
        """Return Adam or AdamW with the stage's schedule of the learning rate."""
        stage = self.stage
        plain, undecayed = self._parameter_groups()
        groups: list[dict[str, Any]] = [{"params": plain}]
        if undecayed:
            groups.append({"params": undecayed, "weight_decay": 0.0})
        kind = Adam if stage.optimizer == "adam" else AdamW
        optimizer = kind(
            groups,
            lr=stage.lr[0],
            betas=stage.betas,
            weight_decay=stage.weight_decay,
        )
        schedule = LambdaLR(optimizer, lambda step: learning_rate(stage, step, steps=self.steps))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        # decay would pull the weights of the tasks to 1, whatever their uncertainty
        named = [(name, p) for name, p in self.named_parameters() if p.requires_grad]
        undecayed = [p for name, p in named if name.endswith("log_variance")]
        return [p for name, p in named if not name.endswith("log_variance")], undecayed


def dice_scores(logits: Tensor, batch: Batch) -> dict[str, list[float]]:
    """Return the Dice of every known region by name, one a case."""
    found = region_probs(logits) > 0.5
    scores: dict[str, list[float]] = {}
    for place, region in enumerate(REGIONS):
        for case in torch.nonzero(batch.known[:, place])[:, 0].tolist():
            value = _dice(found[case, place], batch.regions[case, place] > 0.5)
            scores.setdefault(f"dice_{region.name}", []).append(value)
    return scores


def learning_rate(stage: StageConfig, step: int, *, steps: int) -> float:
    """Return the factor on the first learning rate at a step of a stage."""
    last = stage.lr[1] / stage.lr[0]
    way = min(step / max(steps - 1, 1), 1.0)
    falls: dict[str, float] = {
        "cosine": last + (1 - last) * 0.5 * (1 + math.cos(math.pi * way)),
        "linear": 1 + (last - 1) * way,
        "exponential": last**way,
    }
    rise = min(1.0, (step + 1) / stage.warmup) if stage.warmup else 1.0
    return rise * falls[stage.schedule]


def follow(average: nn.Module, network: nn.Module, *, decay: float, step: int) -> None:
    """Move averaged weights towards those of a network, in place.

    Args:
        average: A copy of the network.
        network: After the step.
        decay: Share of the old average that stays; less while it is young.
        step: Steps done, from 1 on.
    """
    kept = min(decay, (1 + step) / (10 + step))
    current = network.state_dict()
    with torch.no_grad():
        for name, value in average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - kept)
            else:
                value.copy_(current[name])


def _mixed(seed: int, step: int, rank: int) -> int:
    """Return one seed of three numbers, 63 bits (the mixing constants of SplitMix64)."""
    value = seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + rank * 0x94D049BB133111EB
    return (value ^ (value >> 31)) & 0x7FFFFFFFFFFFFFFF


def _dice(found: Tensor, truth: Tensor) -> float:
    total = int(found.sum()) + int(truth.sum())
    return 2.0 * int((found & truth).sum()) / total if total else 1.0
