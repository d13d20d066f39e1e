"""Train the brain network: drawn heads first, then drawn and real ones."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.brain_anatomy import drawn_tissues, place_of
from glioscope.learning.brain_bank import BrainSubject, HeadSubject
from glioscope.learning.brain_synthesis import (
    DrawnHead,
    Example,
    drawn_example,
    real_example,
    varied,
)
from glioscope.learning.brain_without import brainless_example
from glioscope.networks.checkpoint import save_network
from glioscope.networks.unet import UNet, UNetConfig

_LOG = logging.getLogger(__name__)

NETWORK = UNetConfig(
    in_channels=1, out_channels=1, widths=(32, 48, 64, 64), fold=2, conditioned=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainTraining:
    """How long, how fast, and from what.

    Args:
        steps: Heads seen, one a step.
        rate: Highest learning rate, reached after ``warmup`` steps, then a cosine to 0.
        warmup: Steps.
        real: Share of real heads among the examples, where there are any.
        fresh: Share of drawn heads that get new tissues instead of those of an earlier one.
        empty: Share of the examples that hold no brain.
        modelled: Share of simulated heads among the drawn ones, where there are any.
        kept: How many drawn heads are kept at most.
        again: Share of the examples that were seen before and are only mirrored and given another
            contrast: making a head costs more than learning from it.
        remembered: How many examples are kept to be seen again.
        memory: Decay of the running mean of the weights, which is what is kept.
        save_every: Steps between checkpoints.
        seed: Of everything.
    """

    steps: int = 1000
    rate: float = 2e-3
    warmup: int = 50
    real: float = 0.5
    fresh: float = 0.25
    empty: float = 0.0
    modelled: float = 0.25
    kept: int = 250
    again: float = 0.5
    remembered: int = 120
    memory: float = 0.99
    save_every: int = 100
    seed: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class ExampleSource:
    """An endless stream of examples.

    Args:
        brains: Stripped patients with the names of their sequences.
        heads: Real heads with masks; may be empty.
        config: Shares of each kind.
        models: Simulated heads; may be empty.
    """

    brains: list[tuple[tuple[str, ...], BrainSubject]]
    heads: list[HeadSubject]
    config: BrainTraining
    models: list[DrawnHead] = field(default_factory=list)
    _drawn: list[DrawnHead] = field(default_factory=list)
    _seen: list[Example] = field(default_factory=list)

    def __iter__(self) -> Iterator[Example]:
        """Yield example after example, the same ones for the same seed."""
        rng = np.random.default_rng(self.config.seed)
        while True:
            if len(self._seen) > 20 and rng.random() < self.config.again:
                yield varied(self._seen[int(rng.integers(len(self._seen)))], rng)
            else:
                self._seen.append(self._new(rng))
                del self._seen[: -self.config.remembered]
                yield self._seen[-1]

    def _new(self, rng: np.random.Generator) -> Example:
        if self.config.empty > 0 and rng.random() < self.config.empty:
            return brainless_example(rng)
        if self.heads and rng.random() < self.config.real:
            return real_example(self.heads[int(rng.integers(len(self.heads)))], rng)
        return drawn_example(self._head(rng), rng)

    def _head(self, rng: np.random.Generator) -> DrawnHead:
        if self.models and rng.random() < self.config.modelled:
            return self.models[int(rng.integers(len(self.models)))]
        if len(self._drawn) > 8 and rng.random() > self.config.fresh:
            return self._drawn[int(rng.integers(len(self._drawn)))]
        names, subject = self.brains[int(rng.integers(len(self.brains)))]
        tissue = drawn_tissues(place_of(subject), rng)
        self._drawn.append(DrawnHead(subject=subject, names=names, tissue=tissue))
        del self._drawn[: -self.config.kept]
        return self._drawn[-1]


def train(network: UNet, source: ExampleSource, folder: Path) -> UNet:
    """Train a network and return the running mean of its weights.

    Args:
        network: Trained in place.
        source: Of the examples; its configuration rules.
        folder: A checkpoint ``mean.safetensors`` is written here again and again.
    """
    config = source.config
    mean = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=1e-4)
    overlaps: list[float] = []
    for step, example in zip(range(1, config.steps + 1), source, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = config.rate * _pace(step, config)
        loss, overlap = _loss(network, example)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        _remember(mean, network, min(config.memory, step / (step + 10)))
        overlaps.append(overlap)
        if step % 25 == 0:
            _LOG.info("step %d, Dice of the last 25: %.4f", step, np.mean(overlaps[-25:]))
        if step % config.save_every == 0 or step == config.steps:
            save_network(mean, folder / "mean.safetensors")
    return mean


@torch.no_grad()
def _remember(mean: UNet, network: UNet, memory: float) -> None:
    """Move the running mean towards the network; faster in the first steps."""
    for old, new in zip(mean.parameters(), network.parameters(), strict=True):
        old.lerp_(new, 1 - memory)


def _pace(step: int, config: BrainTraining) -> float:
    if step < config.warmup:
        return step / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return 0.02 + 0.49 * (1 + math.cos(math.pi * done))


def _loss(network: UNet, example: Example) -> tuple[Tensor, float]:
    """Return cross-entropy plus soft Dice where the mask is certain, and the Dice at a half."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(example.image[None])
    logits, truth, weight = logits[0].float(), example.brain, example.certain
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth, weight=weight)
    probs = torch.sigmoid(logits)
    shared, total = (weight * probs * truth).sum(), (weight * (probs + truth)).sum()
    dice = 1 - (2 * shared + 100) / (total + 100)
    with torch.no_grad():
        found, true = logits > 0, truth > 0.5
        both = 2.0 * float((found & true).sum()) + 1
        overlap = both / (float(found.sum() + true.sum()) + 1)
    return 4.0 * entropy + dice, overlap
