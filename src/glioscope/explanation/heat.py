"""Heat maps of segmentations and of answers, over the brain or over the tumor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from glioscope.core import InputError, ModelError, Region
from glioscope.explanation.grad_cam import Score, Weighting, deepest_layer, grad_cam

Mask = npt.NDArray[np.bool_]

REGIONS: Final = (Region.WT, Region.TC, Region.ET)
"""Order of the regions in the output of every network that Glioscope trains."""

_CLASSES: Final = {Region.WT: (1, 2, 3), Region.TC: (1, 3), Region.ET: (3,)}
"""Where regions are told apart by four classes, in the order of ``core.Label``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatMap:
    """Where a network saw what it answers.

    Args:
        heat: float32, 0 to 1 (the hottest place), shape ``(I, J, K)`` or ``(S, I, J)`` of slices;
            all 0 where nothing speaks for the answer.
        peak: Of the hottest place before it was made 1, in logits.
        of: What is explained.
        layer: Whose features were asked.
    """

    heat: npt.NDArray[np.float32]
    peak: float
    of: str
    layer: str

    @classmethod
    def scaled(cls, raw: npt.NDArray[np.float32], *, of: str, layer: str) -> Self:
        """Return a map whose hottest place is 1; 0 stays 0, for it means no support."""
        peak = float(raw.max())
        return cls(heat=raw / np.float32(peak) if peak > 0 else raw, peak=peak, of=of, layer=layer)

    def within(self, mask: Mask) -> Self:
        """Return the map of the brain or of the tumor alone: 0 outside, the hottest inside 1.

        Args:
            mask: Bool, of the shape of ``heat``.

        Raises:
            InputError: If the mask has another shape or is empty.
        """
        _check(mask, self.heat.shape)
        inside = np.where(mask, self.heat, np.float32(0))
        part = type(self).scaled(inside, of=self.of, layer=self.layer)
        return replace(part, peak=part.peak * self.peak)

    def share_within(self, mask: Mask) -> float | None:
        """Return the share of all heat that lies in a mask, ``None`` where there is no heat.

        The energy-based pointing game of Wang et al. 2020 (arXiv:1910.01279); beside it stands
        the mask's share of the voxels, which a map that knows nothing reaches.

        Raises:
            InputError: If the mask has another shape or is empty.
        """
        _check(mask, self.heat.shape)
        total = float(self.heat.sum(dtype=np.float64))
        return float(self.heat[mask].sum(dtype=np.float64)) / total if total else None


def explain_case(
    network: nn.Module,
    image: Tensor,
    presence: Tensor,
    *,
    region: Region,
    voxels: Mask | None = None,
    layer: str | None = None,
    weighting: Weighting = Weighting.PLACE,
) -> HeatMap:
    """Return where a segmentation network saw a region of the tumor.

    The score is the region's logit summed over the voxels of interest (Seg-Grad-CAM).

    Args:
        network: Of ``networks.registry``, in evaluation mode, with three regions or four classes
            as output.
        image: Of one case, shape ``(S, I, J, K)``, as the network was trained on.
        presence: Shape ``(S,)``.
        region: WT, TC or ET.
        voxels: Of interest, shape ``(I, J, K)``; left out, those where the network finds it.
        layer: Whose features are asked; the deepest where left out, see ``grad_cam``.
        weighting: One weight a place by default, for the reason that ``Weighting`` gives.

    Raises:
        InputError: If ``voxels`` have another shape or are empty, or none are given and the
            network finds nothing.
        ModelError: As ``grad_cam``, and for another network.
    """
    if region not in REGIONS:
        msg = f"region {region}: no output of a network; give one of {', '.join(REGIONS)}"
        raise InputError(msg)
    inputs = (image[None], presence[None])
    if voxels is None:
        with torch.no_grad():
            voxels = (region_logits(network(*inputs), region)[0] > 0).cpu().numpy()
        if not voxels.any():
            msg = f"the network finds no {region} here; say which voxels to explain (voxels=...)"
            raise InputError(msg)
    _check(voxels, tuple(image.shape[1:]))
    asked = torch.from_numpy(voxels).to(image.device)
    raw = grad_cam(
        network,
        inputs,
        lambda output: region_logits(output, region)[:, asked].sum(dim=1),
        layer=layer,
        weighting=weighting,
    )
    name = deepest_layer(network) if layer is None else layer
    return HeatMap.scaled(raw[0].cpu().numpy(), of=str(region), layer=name)


def explain_answer(
    network: nn.Module,
    inputs: Sequence[Tensor],
    *,
    head: str | None = None,
    outcome: int | None = None,
    layer: str | None = None,
) -> HeatMap:
    """Return where a network saw what speaks for an answer.

    Args:
        network: In evaluation mode.
        inputs: What it is called with: the image of one case first, shape ``(1, C, I, J, K)``, or
            all slices of one patient, ``(S, C, I, J)``, whose logits are summed.
        head: Name of the output where there are several, such as ``grade``.
        outcome: Place of the class among the logits; of an output of one number, none.
        layer: As of ``explain_case``.

    Returns:
        Of shape ``(I, J, K)``, or ``(S, I, J)`` of slices.

    Raises:
        InputError: If there is no such head or outcome, or several cases are given.
        ModelError: As ``grad_cam``.
    """
    image = inputs[0]
    if image.dim() == 5 and len(image) != 1:
        msg = f"{len(image)} cases at once: each has a map of its own; give one"
        raise InputError(msg)
    raw = grad_cam(network, inputs, answer_score(head, outcome), layer=layer)
    name = deepest_layer(network) if layer is None else layer
    of = " ".join(str(part) for part in (head, outcome) if part is not None)
    return HeatMap.scaled((raw if image.dim() == 4 else raw[0]).cpu().numpy(), of=of, layer=name)


def region_logits(output: Any, region: Region) -> Tensor:  # noqa: ANN401 - of any network
    """Return the logit of a region at each voxel, shape ``(B, I, J, K)``; above 0 it is likelier.

    Of four exclusive classes it is the log odds of those that make the region against the others.

    Raises:
        ModelError: If the output is no segmentation of three regions or four classes.
    """
    logits = getattr(output, "segmentation", output)
    if not isinstance(logits, Tensor) or logits.dim() != 5 or logits.shape[1] not in {3, 4}:
        shown = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        msg = (
            f"an output of {shown} is no segmentation of three regions or four classes; explain"
            " its answers by explain_answer"
        )
        raise ModelError(msg)
    if logits.shape[1] == 3:
        return logits[:, REGIONS.index(region)]
    inside = list(_CLASSES[region])
    outside = [place for place in range(4) if place not in inside]
    return logits[:, inside].logsumexp(dim=1) - logits[:, outside].logsumexp(dim=1)


def answer_score(head: str | None, outcome: int | None) -> Score:
    """Return the score of an answer: a logit of a head; arguments as of ``explain_answer``."""

    def score(output: Any) -> Tensor:  # noqa: ANN401 - of any network
        logits = output if head is None else getattr(output, head, None)
        if not isinstance(logits, Tensor):
            known = ", ".join(getattr(output, "_fields", ())) or "none, it gives one tensor"
            msg = f"head {head!r}: the network has no such output; its outputs: {known}"
            raise InputError(msg)
        if logits.dim() == 1 and outcome is None:
            return logits
        classes = logits.shape[1] if logits.dim() == 2 else 0
        if outcome is None or not 0 <= outcome < classes:
            msg = (
                f"outcome {outcome} of {classes}: give the place of a class from 0 on, or none for"
                " an output of one number"
            )
            raise InputError(msg)
        return logits[:, outcome]

    return score


def _check(mask: Mask, shape: tuple[int, ...]) -> None:
    if mask.shape != shape:
        msg = f"a mask of {mask.shape} for a map of {shape}; bring it to the grid of the image"
        raise InputError(msg)
    if not mask.any():
        msg = "the mask is empty; give one that holds a voxel"
        raise InputError(msg)
