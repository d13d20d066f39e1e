"""What a network says of a whole case, and how it comes back to the case's own grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from glioscope.core import CaseError, InputError, Label, ModelError, Sequence, Volume
from glioscope.learning.assessment.answers import Shown, answers_of, can_answer
from glioscope.learning.assessment.grades import Grader
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.data.fitting import channels_of, padded, stripped
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.tasks.segmenter import region_probs, segmentation_logits
from glioscope.networks.gmmas import Gmmas
from glioscope.networks.monte_carlo import Activation, dropout_on, uncertainty
from glioscope.networks.resnet_shape import ResNet3D, ResNetShape
from glioscope.networks.visual_pathway_classifier import VisualPathwayClassifier
from glioscope.segmentation import NetworkGrid

Floats = npt.NDArray[np.float32]

_CLASSIFIERS = (VisualPathwayClassifier, ResNet3D, ResNetShape)
_PARALLEL = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictor:
    """A network that is asked about whole cases, in float32.

    Args:
        network: In evaluation mode.
        sequences: Its channels, in their order.
        mirror: Average with the answer to the image turned left to right.
        device: Where it computes.
        grader: Asks a network that is shown parts of a tumor.
        taught: Questions that are asked of a GMMAS network; all of them where left out.
    """

    network: nn.Module
    sequences: tuple[Sequence, ...]
    mirror: bool = False
    device: str = "cpu"
    grader: Grader | None = None
    taught: frozenset[str] | None = None

    @property
    def segments(self) -> bool:
        """Whether it answers voxel by voxel."""
        return not isinstance(self.network, _CLASSIFIERS)

    @property
    def answers(self) -> bool:
        """Whether it answers questions about the whole case."""
        untaught = isinstance(self.network, Gmmas) and self.taught == frozenset()
        return self.grader is not None or (can_answer(self.network) and not untaught)

    @property
    def drops_out(self) -> bool:
        """Whether it has dropout to leave on."""
        try:
            with dropout_on(self.network):
                return True
        except ModelError:
            return False

    def probs(self, case: CachedCase, *, only: frozenset[Sequence] | None = None) -> Floats:
        """Return probabilities of WT, TC, ET on the training grid, shape ``(3, I, J, K)``.

        Args:
            case: Prepared.
            only: Sequences to show; all that are there unless given.
        """
        image, presence = self._inputs(case, only)
        with torch.inference_mode():
            return self._cut(self._answered(image, presence), case)

    def epistemic(self, case: CachedCase, *, draws: int, seed: int) -> Floats:
        """Return the mutual information of each region by dropout, nats, ``(3, I, J, K)``.

        Of exclusive classes too, every region is an event of its own.

        Raises:
            ModelError: If the network has no dropout.
        """
        image, presence = self._inputs(case, None)
        devices = [] if image.device.index is None else [image.device.index]
        with (
            torch.inference_mode(),
            torch.random.fork_rng(devices=devices),
            dropout_on(self.network),
        ):
            torch.manual_seed(seed)
            passes = (self._answered(image, presence) for _ in range(draws))
            found = uncertainty(passes, Activation.SIGMOID)
        return self._cut(found.mutual_information, case)

    def answer(self, case: CachedCase, listed: ListedCase) -> Mapping[str, tuple[float, ...]]:
        """Return the probabilities of the classes of every question that the network answers.

        Raises:
            CaseError: If the network can't be shown the case.
        """
        if self.grader is not None:
            return self.grader(listed)
        image, presence = self._inputs(case, None)
        with torch.inference_mode():
            said = answers_of(
                self.network, Shown(image=image, presence=presence, facts=listed.facts)
            )
        if self.taught is None or not isinstance(self.network, Gmmas):
            return said
        return {head: shares for head, shares in said.items() if head in self.taught}

    def _answered(self, image: Tensor, presence: Tensor) -> Tensor:
        probs = region_probs(segmentation_logits(self.network, image, presence))
        if not self.mirror:
            return probs
        turned = segmentation_logits(self.network, image.flip(2), presence)
        return (probs + region_probs(turned).flip(2)) / 2

    def _inputs(self, case: CachedCase, only: frozenset[Sequence] | None) -> tuple[Tensor, Tensor]:
        config: Any = self.network.config
        sample = padded(stripped(case.sample()), int(config.stride))
        sample = channels_of(sample, self.sequences)
        shown = self.sequences if only is None else only
        kept = torch.tensor([float(sequence in shown) for sequence in self.sequences])
        presence = sample.presence * kept
        if not presence.any():
            msg = (
                f"case {case.about.case_id} has none of"
                f" {', '.join(s for s in self.sequences if s in shown)}; leave it out"
            )
            raise CaseError(msg)
        image = sample.image * presence[:, None, None, None]
        return image[None].to(self.device), presence[None].to(self.device)

    @staticmethod
    def _cut(data: Tensor, case: CachedCase) -> Floats:
        i, j, k = case.about.shape
        return np.asarray(data[0, :, :i, :j, :k].cpu().numpy(), dtype=np.float32)


def to_case(data: Floats, case: CachedCase) -> Floats:
    """Bring maps from the training grid to the case's own, linear, 0 beyond.

    Args:
        data: Shape ``(C, I, J, K)`` on the training grid.
        case: Whose grids those are.

    Raises:
        CaseError: If the grids are turned against each other; no training grid is.
    """
    about = case.about
    way = np.linalg.inv(np.array(about.case_affine)) @ np.array(about.affine)
    step = np.diag(way)[:3]
    if np.abs(way[:3, :3] - np.diag(step)).max() > _PARALLEL or step.min() <= 0:
        msg = (
            f"case {about.case_id}: its training grid is turned against its own grid; fill the"
            " cache again"
        )
        raise CaseError(msg)
    start = way[:3, 3]
    grid = NetworkGrid(
        start=(float(start[0]), float(start[1]), float(start[2])),
        step=(float(step[0]), float(step[1]), float(step[2])),
        shape=about.shape,
    )
    like = case.brain_1mm
    return np.stack([grid.to_case(part, like=like) for part in data])


def labels_of(probs: Floats, *, like: Volume) -> Volume:
    """Return labels of probabilities cut at one half: no rule mends what the network says.

    A region counts inside the one around it only.

    Args:
        probs: WT, TC, ET on the grid of ``like``, shape ``(3, I, J, K)``.
        like: The grid.
    """
    whole, core, enhancing = probs > 0.5
    labels = np.zeros(like.shape, dtype=np.uint8)
    labels[whole] = Label.EDEMA
    labels[whole & core] = Label.NECROSIS
    labels[whole & core & enhancing] = Label.ENHANCING
    return like.with_data(labels)


def on_device(network: nn.Module, device: str) -> nn.Module:
    """Return the network on a device.

    Raises:
        InputError: If the device is not there.
    """
    try:
        return network.to(device)
    except (RuntimeError, AssertionError) as error:
        msg = f"device {device!r} can't be used ({error}); give cpu, or cuda where there is one"
        raise InputError(msg) from error
