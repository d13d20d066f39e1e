"""Keep what is known when sequences are missing: the first stage of GMMAS's adaptation.

"A dual-pathway knowledge self-distillation structure.  The top pathway processes full-modal inputs,
while the bottom pathway handles cases where one or two modalities are randomly omitted" (legend of
figure 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glioscope.core import InputError
from glioscope.learning.data.batch import Batch
from glioscope.learning.losses import feature_distillation_loss
from glioscope.learning.tasks.features import check_tapped, observe
from glioscope.learning.tasks.regimes import regime
from glioscope.learning.tasks.segmenter import segmentation_loss
from glioscope.learning.tasks.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillationOptions:
    """How much is left out, and how much the features count.

    Args:
        most: Sequences that are left out below, from one to so many.
        features: Weight of the squared error between the features of both pathways.
    """

    most: int = 2
    features: float = 1.0

    def __post_init__(self) -> None:
        if self.most < 1 or self.features < 0:
            msg = (
                f"distillation: most = {self.most}, features = {self.features}: give 1 or more"
                " sequences and a weight of 0 or more"
            )
            raise InputError(msg)


@regime("distillation", options=DistillationOptions)
class Distillation(Task):
    """Two pathways with the same weights: all sequences above, some of them below.

    Above are the sequences of the example as it is drawn, so the stage's ``keep_all`` is best 1.
    The network runs as it is, compiled or not asked for: compiled parts can't be listened to.
    """

    options: DistillationOptions

    def adapted(self, network: nn.Module) -> nn.Module:
        """Return the network itself.

        Raises:
            InputError: If its features can't be read, or there is nothing to leave out.
        """
        check_tapped(network, regime="distillation")
        if len(self.sequences) < 2:
            msg = (
                f"stage {self.stage.name!r}: a network of one sequence has none to leave out; give"
                " data.sequences two or more"
            )
            raise InputError(msg)
        return network

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Return the stage's loss of both pathways, and how far their features are apart."""
        fewer = left_out(batch.presence, most=self.options.most)
        around = (batch.whole, batch.patch_box)
        above = observe(self.network, batch.image, batch.presence, around)
        below = observe(self.network, batch.image * fewer[:, :, None, None, None], fewer, around)
        full = segmentation_loss(above.logits, batch, name=self.stage.loss)
        less = segmentation_loss(below.logits, batch, name=self.stage.loss)
        apart = feature_distillation_loss(below.levels, above.levels)
        return {
            "loss": full + less + self.options.features * apart,
            "all_sequences": full,
            "fewer_sequences": less,
            "features": apart,
        }


def left_out(presence: Tensor, *, most: int) -> Tensor:
    """Return a presence with one to ``most`` sequences less, at least one of each case remaining.

    Drawn by torch's generator, for each case by itself.

    Args:
        presence: Shape ``(B, S)``, 1 where a sequence is there.
        most: How many may be left out.
    """
    there = presence > 0
    wanted = torch.randint(1, most + 1, (len(presence), 1), device=presence.device)
    count = torch.minimum(wanted, there.sum(dim=1, keepdim=True) - 1)
    # absent ones come last, so that only what is there is counted
    order = torch.rand_like(presence).masked_fill(~there, 2.0).argsort(dim=1).argsort(dim=1)
    return presence * (order >= count)
