"""Learn what sequences of a patient have in common: the second stage of GMMAS's adaptation.

"A contrastive learning Siamese network for cross-modal feature extraction" (legend of figure 4).
Where the summary is silent it is SimCLR (Chen et al. 2020) with sequences in the place of augmented
views: a projection of two layers, and the other patients of the batch to be told apart from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from glioscope.core import InputError
from glioscope.learning.data.batch import Batch
from glioscope.learning.losses import contrastive_loss
from glioscope.learning.tasks.features import Observed, check_tapped, observe, pooled
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import segmentation_loss
from glioscope.learning.tasks.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastOptions:
    """How strongly sequences are compared.

    Args:
        contrast: Weight of the contrastive loss.
        segmentation: Weight of the stage's loss, so that nothing is forgotten.
        temperature: Of the similarities; SimCLR uses 0.1 to 0.5.
        projected: Features that are compared.
    """

    contrast: float = 1.0
    segmentation: float = 1.0
    temperature: float = 0.1
    projected: int = 32

    def __post_init__(self) -> None:
        if min(self.contrast, self.segmentation) < 0 or self.contrast + self.segmentation == 0:
            msg = (
                f"contrast: contrast = {self.contrast}, segmentation = {self.segmentation}: give"
                " weights of 0 or more, one of them above 0"
            )
            raise InputError(msg)
        if self.temperature <= 0 or self.projected < 1:
            msg = (
                f"contrast: temperature = {self.temperature}, projected = {self.projected}: give"
                " a temperature above 0 and one feature or more"
            )
            raise InputError(msg)


@regime("contrast", options=ContrastOptions)
class Contrast(Task):
    """Each sequence alone through the same weights; those of a patient shall look alike.

    The network runs as it is, compiled or not asked for: compiled parts can't be listened to.
    """

    options: ContrastOptions

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - of Task
        super().__init__(*given, **named)
        _check_batch(self.stage.batch, stage=self.stage.name)
        features = self._features()
        # the weights of the head are the run's, not those of whoever drew before
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.head = nn.Sequential(
                nn.Linear(features, features),
                nn.ReLU(),
                nn.Linear(features, self.options.projected),
            )

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return the network itself.

        Raises:
            InputError: If its features can't be read, or there are no two sequences.
        """
        check_tapped(network, regime="contrast")
        if len(self.sequences) < 2:
            msg = (
                f"stage {self.stage.name!r}: one sequence has no other to be compared with; give"
                " data.sequences two or more"
            )
            raise InputError(msg)
        return network

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the contrast between two sequences of each patient, and the stage's loss.

        Raises:
            InputError: If there is one case only.
        """
        _check_batch(len(batch.image), stage=self.stage.name)
        pair, known = two_sequences(batch.presence)
        known = known * _first_of_each(batch.case_ids).to(known.device)
        around = (batch.whole, batch.patch_box)
        observed = observe(self.network, batch.image, batch.presence, around)
        one, other = (
            self.head(features)
            for features in sequence_features(self.network, batch, pair, observed)
        )
        compared = contrastive_loss(one, other, known, temperature=self.options.temperature)
        kept = segmentation_loss(observed.logits, batch, name=self.stage.loss)
        loss = self.options.contrast * compared + self.options.segmentation * kept
        return {"loss": loss, "contrast": compared, "segmentation": kept}

    def _features(self) -> int:
        """Return how many features of a sequence there are to be projected."""
        config: Any = self.network.config
        edges = [2 * int(config.stride)] * 3
        count = len(self.sequences)
        was_training = self.network.training
        self.network.eval()
        with torch.no_grad():
            seen = observe(self.network, torch.zeros(1, count, *edges), torch.ones(1, count))
        self.network.train(was_training)
        own = pooled(seen.levels[-1]) if seen.by_sequence is None else seen.by_sequence
        return int(own.shape[-1])


def two_sequences(presence: Tensor) -> tuple[Tensor, Tensor]:
    """Return two sequences of each case, and whether it has two.

    Drawn by torch's generator, for each case by itself: were they the same of all, a network could
    tell sequences apart in place of patients.

    Args:
        presence: Shape ``(B, S)``, at least two sequences wide.

    Returns:
        Their numbers, int64, shape ``(B, 2)``; and 1 or 0, shape ``(B,)``.
    """
    there = presence > 0
    order = torch.rand_like(presence).masked_fill(~there, 2.0).argsort(dim=1)
    return order[:, :2], (there.sum(dim=1) > 1).to(presence.dtype)


def sequence_features(
    network: nn.Module, batch: Batch, pair: Tensor, observed: Observed
) -> tuple[Tensor, Tensor]:
    """Return the features of two sequences of each case, shape ``(B, F)`` each.

    Args:
        network: See ``observe``.
        batch: Of the cases.
        pair: Numbers of the sequences, shape ``(B, 2)``.
        observed: Of the whole batch: a network with an encoder for each sequence has seen each
            alone already; every other is shown them one by one, as if there was no other.
    """
    rows = torch.arange(len(pair), device=pair.device)
    if observed.by_sequence is not None:
        return observed.by_sequence[rows, pair[:, 0]], observed.by_sequence[rows, pair[:, 1]]
    alone = torch.zeros(2, *batch.presence.shape, device=pair.device, dtype=batch.presence.dtype)
    for place in range(2):
        alone[place, rows, pair[:, place]] = 1.0
    shown = batch.image * alone[..., None, None, None]
    with _statistics_kept(network):
        levels = observe(network, shown.flatten(0, 1), alone.flatten(0, 1)).levels
    one, other = pooled(levels[-1]).chunk(2)
    return one, other


@contextmanager
def _statistics_kept(network: nn.Module) -> Iterator[None]:
    """Let batch norms forget what they see: lone sequences are not what a patient is read from."""
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm3d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def _first_of_each(case_ids: tuple[str, ...]) -> Tensor:
    """Return 0 for a case that is in the batch before: it is not another patient."""
    return torch.tensor([float(case not in case_ids[:n]) for n, case in enumerate(case_ids)])


def _check_batch(cases: int, *, stage: str) -> None:
    if cases < 2:
        msg = (
            f"stage {stage!r}: contrast tells a patient from the others of a batch, and there is"
            " one only; give batch = 2 or more for each process"
        )
        raise InputError(msg)
