"""Learn features that do not tell the data sets apart: domain-adversarial adaptation.

That it makes them alike is not shown: after 60 to 100 steps on phantoms of two data sets that
differ by a shift of intensity, a fresh linear probe told the data sets apart as well as from a
network trained without (longer runs were not compared).  Compare both on your own data before
relying on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from glioscope.core import InputError
from glioscope.learning.data.batch import Batch, Example
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.tasks.features import check_tapped, observe, pooled
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import segmentation_loss
from glioscope.learning.tasks.task import Task

RISE = 10.0
"""How steeply the weight of the discriminator rises (Ganin et al. 2016, section 5.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdversarialOptions:
    """How hard the data sets are made alike.

    Args:
        weight: Of the reversed gradient at the end of the stage; the discriminator itself always
            learns fully.
        hidden: Neurons of the discriminator.
        domains: Data sets of the stage.
    """

    weight: float = 1.0
    hidden: int = 64
    domains: int = 2

    def __post_init__(self) -> None:
        if self.weight < 0 or self.hidden < 1 or self.domains < 2:
            msg = (
                f"weight = {self.weight}, hidden = {self.hidden}, domains = {self.domains}: give a"
                " weight of 0 or more, a neuron or more and two data sets or more"
            )
            raise InputError(msg)


@regime("adversarial", options=AdversarialOptions)
class Adversarial(Task):
    r"""Outlines of the labelled, and a discriminator whose gradient is reversed.

    A small network learns to tell from the pooled deepest features which data set a case is of;
    the segmentation learns the opposite by the reversed gradient (Ganin et al. 2016,
    arXiv:1505.07818), whose weight rises with the progress $$p$$ as $$2 / (1 + e^{-10 p}) - 1$$.
    A data set without labels takes part by its images alone.
    """

    options: AdversarialOptions

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - of Task
        super().__init__(*given, **named)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.discriminator = nn.Sequential(
                nn.Linear(self._width(), self.options.hidden),
                nn.ReLU(),
                nn.Linear(self.options.hidden, self.options.domains),
            )

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return the network itself.

        Raises:
            InputError: If its features can't be read.
        """
        check_tapped(network, regime="adversarial")
        return network

    def training_set(self, pool: Pool, cache: CaseCache, plan: DrawPlan) -> Dataset[Example]:
        """Return the examples.

        Raises:
            InputError: If the stage has another number of data sets than the discriminator.
        """
        found = tuple(pool.domains)
        if len(found) != self.options.domains:
            msg = (
                f"stage {self.stage.name!r}: {len(found)} data sets ({', '.join(found)}) for"
                f" options.domains = {self.options.domains}; give the number of those that the"
                " stage learns from, two or more"
            )
            raise InputError(msg)
        return super().training_set(pool, cache, plan)

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return both losses and their sum; the discriminator's reaches the features reversed."""
        seen = observe(self.network, batch.image, batch.presence)
        outline = segmentation_loss(seen.logits, batch, name=self.stage.loss)
        strength = self.options.weight * adversarial_weight(self.progress)
        features = reversed_gradient(pooled(seen.levels[-1]), strength)
        domain = functional.cross_entropy(self.discriminator(features), batch.domain)
        return {"loss": outline + domain, "segmentation": outline, "domain": domain}

    def _width(self) -> int:
        """Return the number of pooled features, as the network tells it when it is run."""
        network: Any = self.network
        edge = 2 * int(network.config.stride)
        channels = len(self.sequences)
        training = network.training
        with torch.no_grad():
            seen = observe(
                network.eval(),
                torch.zeros(1, channels, edge, edge, edge),
                torch.ones(1, channels),
            )
        network.train(training)
        return int(pooled(seen.levels[-1]).shape[1])


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: float) -> Tensor:  # noqa: ANN401 - torch's
        ctx.weight = weight
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401 - torch's
        return -ctx.weight * grads[0], None


def reversed_gradient(features: Tensor, weight: float) -> Tensor:
    """Return the features as they are; their gradient comes back times minus the weight."""
    reversed_: Tensor = _Reversal.apply(features, weight)  # type: ignore[no-untyped-call]  # torch's
    return reversed_


def adversarial_weight(progress: float) -> float:
    """Return the weight of the reversed gradient, 0 at the beginning and close to 1 at the end.

    Args:
        progress: Share of the stage that is done.
    """
    return 2 / (1 + math.exp(-RISE * progress)) - 1
