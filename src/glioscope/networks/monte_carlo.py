r"""Monte-Carlo dropout: what a network is unsure of because it has seen too little.

Dropout left on at prediction draws from an approximate posterior of the weights (Gal and
Ghahramani 2016, arXiv:1506.02142).  With probabilities $p_t$ of $T$ passes and their mean
$\bar p$, entropy splits into two parts (Gal 2016, Uncertainty in Deep Learning, section 3.3;
Depeweg et al. 2018, arXiv:1710.07283):

$$H[\bar p] = \frac{1}{T} \sum_t H[p_t] + I$$

The expected entropy is what more training can't take away (aleatoric); the mutual information
$I$ between answer and weights is what it could (epistemic).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from glioscope.core import ModelError


class Activation(StrEnum):
    """What makes probabilities of logits: one event a channel, or one class of all channels."""

    SIGMOID = "sigmoid"
    SOFTMAX = "softmax"

    def probs(self, logits: Tensor) -> Tensor:
        """Return probabilities, shape ``(B, C, ...)``, classes along axis 1."""
        return torch.sigmoid(logits) if self is Activation.SIGMOID else logits.softmax(dim=1)

    def entropy(self, probs: Tensor) -> Tensor:
        """Return the Shannon entropy, nats, 0 where the answer is certain.

        Args:
            probs: Shape ``(B, C, ...)``.

        Returns:
            Of each event, shape ``(B, C, ...)`` and at most ln 2; or of the classes, shape
            ``(B, 1, ...)`` and at most ln C.
        """
        terms: Tensor = torch.special.entr(probs)
        if self is Activation.SIGMOID:
            others: Tensor = torch.special.entr(1 - probs)
            return terms + others
        return terms.sum(dim=1, keepdim=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """What several passes say together; entropies in nats, shapes as of ``Activation.entropy``.

    Args:
        probs: Mean over the draws, shape ``(B, C, ...)``.
        predictive_entropy: Of the mean: all uncertainty.
        expected_entropy: Mean of the draws' entropies: the aleatoric part.
        mutual_information: Their difference: the epistemic part, never below 0.
        draws: Number of passes.
    """

    probs: Tensor
    predictive_entropy: Tensor
    expected_entropy: Tensor
    mutual_information: Tensor
    draws: int


@contextmanager
def dropout_on(network: nn.Module) -> Generator[None]:
    """Put the dropout layers into training mode, all others into evaluation mode, for a while.

    Args:
        network: Every module gets back the mode that it had.

    Raises:
        ModelError: If no layer drops anything: each pass would be the same.
    """
    dropouts = [part for part in network.modules() if isinstance(part, _DropoutNd) and part.p > 0]
    if not dropouts:
        msg = (
            f"{type(network).__name__} has no dropout above 0, so every draw would be the same;"
            " build and train it with dropout, or ask an ensemble instead"
        )
        raise ModelError(msg)
    modes = [(part, part.training) for part in network.modules()]
    network.eval()
    for layer in dropouts:
        layer.training = True
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def uncertainty(draws: Iterable[Tensor], activation: Activation) -> Uncertainty:
    """Return what draws of probabilities say together, holding one of them at a time.

    Dropout is one source of draws, the members of an ensemble are another.

    Args:
        draws: Probabilities, each of shape ``(B, C, ...)``.
        activation: That made them.

    Raises:
        ModelError: Without a draw.
    """
    count, total, entropies = 0, torch.zeros(()), torch.zeros(())
    for probs in draws:
        # float32 sums of many draws would lose what little the draws differ by
        exact = probs.double()
        total = total.to(exact) + exact
        entropies = entropies.to(exact) + activation.entropy(exact)
        count += 1
    if not count:
        msg = "no draw makes no uncertainty; give one or more"
        raise ModelError(msg)
    mean, expected = total / count, entropies / count
    predictive = activation.entropy(mean)
    return Uncertainty(
        probs=mean.float(),
        predictive_entropy=predictive.float(),
        expected_entropy=expected.float(),
        # rounding alone can put it below 0: entropy is concave
        mutual_information=(predictive - expected).clamp_min(0.0).float(),
        draws=count,
    )


def monte_carlo(
    network: nn.Module,
    inputs: Sequence[Tensor],
    *,
    draws: int,
    seed: int,
    activation: Activation = Activation.SIGMOID,
    head: Callable[[object], Tensor] | None = None,
) -> Uncertainty:
    """Run a network several times with dropout on.

    Args:
        network: With dropout above 0; left in the mode that it had.
        inputs: In the order of the network's inputs.
        draws: Number of passes.
        seed: Of the dropout; torch's own generators go on as if nothing had been drawn.
        activation: That goes with the network's loss.
        head: Picks the logits ``(B, C, ...)`` from an answer of several; left out, the answer is
            the logits.

    Raises:
        ModelError: Without dropout, or for fewer than two draws, which show no difference.
    """
    if draws < 2:
        msg = f"draws={draws}: give two or more; what dropout changes shows only between them"
        raise ModelError(msg)
    devices = sorted({tensor.device.index for tensor in inputs if tensor.is_cuda})
    with torch.no_grad(), torch.random.fork_rng(devices=devices), dropout_on(network):
        torch.manual_seed(seed)
        answers = (network(*inputs) for _ in range(draws))
        logits = answers if head is None else map(head, answers)
        return uncertainty(map(activation.probs, logits), activation)
