"""Learn without labels: fill in hidden blocks of the image, and hidden sequences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from glioscope.core import InputError, ModelError
from glioscope.learning.data.batch import Batch, Example
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import segmentation_logits
from glioscope.learning.tasks.task import Task
from glioscope.networks.transfer import with_outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionOptions:
    """What is hidden from the network.

    Args:
        share: Of the blocks of an image, hidden in all sequences together.
        block: Edge of a block, voxels.
        drop: Probability that some of the sequences are hidden as a whole, at least one is left.
    """

    share: float = 0.6
    block: int = 8
    drop: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1 or not 0 <= self.drop <= 1 or self.block < 1:
            msg = (
                f"share = {self.share}, drop = {self.drop}, block = {self.block}: give a share"
                " from 0 to below 1, a probability and an edge of 1 voxel or more"
            )
            raise InputError(msg)
        if self.share == self.drop == 0:
            msg = "share = 0, drop = 0 hides nothing that could be learned; give one of them"
            raise InputError(msg)


@regime("reconstruction", options=ReconstructionOptions)
class Reconstruction(Task):
    """Masked autoencoding, and synthesis of missing sequences, by one L1 loss.

    As He et al. 2022 (arXiv:2111.06377) hide patches and learn from the hidden ones alone; here
    of a 3D image, by a network that sees zeros where something is hidden.  A sequence that is
    hidden whole (as in Sharma and Hamarneh 2020, arXiv:1904.12200) is announced as absent, which
    is what ``networks.synthesis`` asks the network for later.

    The network gives one channel a sequence.  It has the weights of the one before but for its
    last layer; so has a segmentation that follows.
    """

    options: ReconstructionOptions
    monitor = "validation/negative_error"
    own_outputs = True

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return the network with one output a sequence.

        Raises:
            InputError: If it is no segmentation network.
        """
        try:
            return with_outputs(network, len(self.sequences), seed=self.seed)
        except ModelError as error:
            msg = f"regime 'reconstruction': {error}"
            raise InputError(msg) from error

    def training_set(self, pool: Pool, cache: CaseCache, plan: DrawPlan) -> Dataset[Example]:
        """Return examples with all their sequences: what is dropped before can't be compared."""
        return super().training_set(pool, cache, replace(plan, keep_all=1.0, keep_pair=0.0))

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the mean error of what is hidden, in standard deviations of the brain."""
        hidden = self._blocks(batch, None)
        kept = batch.presence
        if self.options.drop:
            kept = kept * self._kept_sequences(batch.presence)
        return {"loss": self._error(self._run[0], batch, hidden, kept)}

    def scores(self, batch: Batch) -> dict[str, list[float]]:
        """Return the error of hidden blocks, the same at each validation, and of whole sequences.

        Every sequence is made of the others in its turn.
        """
        network, scores = self.kept(), {}
        if self.options.share:
            drawn = torch.Generator().manual_seed(self.seed)
            hidden = self._blocks(batch, drawn)
            error = self._error(network, batch, hidden, batch.presence)
            scores["error_blocks"] = [float(error)]
        shown = torch.zeros_like(batch.brain)
        for place, sequence in enumerate(self.sequences):
            kept = batch.presence.clone()
            kept[:, place] = 0
            if bool((batch.presence[:, place] > 0).all()) and bool(kept.any(dim=1).all()):
                error = self._error(network, batch, shown, kept)
                scores[f"error_{sequence}"] = [float(error)]
        return scores

    def summary(self, means: Mapping[str, float]) -> float | None:
        """Return the mean of all errors, negative."""
        return -sum(means.values()) / len(means) if means else None

    def _error(self, network: Any, batch: Batch, hidden: Tensor, kept: Tensor) -> Tensor:  # noqa: ANN401 - compiled ones are functions
        """Return the mean absolute error in the brain where something is hidden.

        Args:
            network: One output a sequence.
            batch: The truth.
            hidden: Shape ``(B, 1, I, J, K)``, 1 where all sequences are hidden.
            kept: Shape ``(B, S)``, 0 for sequences that are hidden as a whole.
        """
        there = kept[:, :, None, None, None]
        made = segmentation_logits(network, batch.image * there * (1 - hidden), kept).float()
        asked = torch.maximum(hidden, 1 - there) * batch.presence[:, :, None, None, None]
        asked = asked * (batch.brain > 0.5)
        return ((made - batch.image).abs() * asked).sum() / asked.sum().clamp_min(1.0)

    def _blocks(self, batch: Batch, drawn: torch.Generator | None) -> Tensor:
        """Return 1 in the hidden blocks, exactly the share of all, ``(B, 1, I, J, K)``."""
        size, edge = batch.image.shape[2:], self.options.block
        i, j, k = (math.ceil(length / edge) for length in size)
        # drawn on the CPU, so that every device hides the same
        places = torch.rand(len(batch.image), i * j * k, generator=drawn).argsort(dim=1)
        coarse = (places < round(self.options.share * i * j * k)).float().reshape(-1, 1, i, j, k)
        fine = functional.interpolate(coarse, scale_factor=float(edge), mode="nearest")
        return fine[..., : size[0], : size[1], : size[2]].to(batch.image.device)

    def _kept_sequences(self, presence: Tensor) -> Tensor:
        """Return 0 for the sequences to hide; of those present at least one stays."""
        cases, sequences = presence.shape
        chance = torch.rand(cases, sequences).to(presence.device)
        whether = torch.rand(cases, 1).to(presence.device) < self.options.drop
        best = (chance * (presence > 0)).argmax(dim=1, keepdim=True)
        kept = (chance > 0.5).scatter(1, best, value=True)
        return (kept | ~whether).to(presence.dtype)
