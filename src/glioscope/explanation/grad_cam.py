"""Where in the image a network saw what it answers: Grad-CAM.

Selvaraju et al., ICCV 2017 (arXiv:1610.02391) for classifiers; Vinogradova, Dibrov and Myers, AAAI
2020 (arXiv:2002.11434) for segmentation, where the score is summed over the voxels of interest.
Modules of this room that explain networks need torch; import them where a network is explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from glioscope.core import ModelError
from glioscope.networks.registry import name_of

Score = Callable[[Any], Tensor]
"""Makes of a network's output one number a case, shape ``(B,)``, or their sum."""


class Weighting(StrEnum):
    """How features are weighed by the gradient of the score.

    ``CHANNEL``: one weight a channel, the gradient's mean over the grid: Grad-CAM as published.
    ``PLACE``: the gradient itself at each place (HiResCAM, Draelos and Carin 2020,
    arXiv:2011.08891; for segmentation Rheude et al. 2024, arXiv:2409.20287).  Between the deepest
    features and the logits of a U-Net stand instance norms, which take away whatever is added to a
    whole channel: so the mean of the gradient is 0 but for the image's borders, and a map weighed
    by it shows those borders.
    """

    CHANNEL = "channel"
    PLACE = "place"


DEEPEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dynunet": "network.bottleneck",
        "gmmas": "trunk.refine",
        "resnet_3d": "backbone.layer4",
        "resnet_shape": "backbone.layer4",
        "segresnet": "network.down_layers",
        "swin_unetr": "network.encoder10",
        "unet": "encoder",
        "visual_pathway": "encoder.pool",
        "visual_pathway_classifier": "encoder.pool",
    }
)
"""Of each registered network the layer of its deepest features, or the list that ends in it."""


def grad_cam(
    network: nn.Module,
    inputs: Sequence[Tensor],
    score: Score,
    *,
    layer: str | None = None,
    weighting: Weighting = Weighting.CHANNEL,
) -> Tensor:
    r"""Return what each place of the image adds to a score, in the score's own unit.

    $$\mathrm{ReLU}(\sum_k \alpha_k A_k)$$ with the features $$A_k$$ of a layer and
    $$\alpha_k$$ the mean over its grid of $$\partial y / \partial A_k$$, or that at each place
    (see ``Weighting``), interpolated linearly to the grid of the image.  The grid of the deepest
    features is coarse (a sixteenth of the image's in the default U-Net), and so is the map.  Where
    a network sees every sequence alone (late fusion), channels of all sequences are summed.

    Args:
        network: In evaluation mode; neither its weights nor their gradients are touched.
        inputs: What it is called with, the image ``(B, C, I, J, K)`` or ``(B, C, I, J)`` first.
        score: $$y$$, of the network's output.
        layer: Name of a module, as ``named_modules`` has it, that gives features of shape
            ``(B, ...)`` or, of each sequence alone, ``(B S, ...)``.  Left out, that of `DEEPEST`.
        weighting: One weight a channel, or one a place.

    Returns:
        Shape ``(B, I, J, K)`` or ``(B, I, J)``, float32, 0 or more.

    Raises:
        ModelError: If the network is in training mode, has no such layer, or the score does not
            depend on it.
    """
    if network.training:
        msg = "the network is in training mode, where dropout would change the map; call eval()"
        raise ModelError(msg)
    name = deepest_layer(network) if layer is None else layer
    image = inputs[0]
    with torch.enable_grad(), _features(network, name) as heard:
        total = score(network(*inputs)).sum()
        features = _only(heard, name)
        gradient = _gradient(total, features, name)
    cases = (len(image), -1, *features.shape[2:])
    features, gradient = features.detach().reshape(cases), gradient.reshape(cases)
    space = tuple(range(2, features.dim()))
    if weighting is Weighting.CHANNEL:
        gradient = gradient.mean(dim=space, keepdim=True)
    coarse = functional.relu((gradient * features).sum(dim=1, keepdim=True)).float()
    mode = "trilinear" if len(space) == 3 else "bilinear"
    return functional.interpolate(coarse, size=image.shape[2:], mode=mode)[:, 0]


def deepest_layer(network: nn.Module) -> str:
    """Return the name of the module that gives a network's deepest features.

    Raises:
        ModelError: If the network is none of `DEEPEST`.
    """
    known = name_of(network)
    if known not in DEEPEST:
        msg = (
            f"nobody has said which features of {known!r} are its deepest; name a layer, known"
            f" are those of {', '.join(DEEPEST)}"
        )
        raise ModelError(msg)
    name = DEEPEST[known]
    part = network.get_submodule(name)
    return f"{name}.{len(part) - 1}" if isinstance(part, nn.ModuleList) else name


@contextmanager
def _features(network: nn.Module, layer: str) -> Iterator[list[Tensor]]:
    """Collect what a layer gives, cut off from what made it, each time that it runs."""
    heard: list[Tensor] = []

    def listen(_module: nn.Module, _given: object, output: object) -> Tensor:
        if not isinstance(output, Tensor) or output.dim() < 4:
            msg = f"layer {layer!r} gives no feature map; name a convolution or a block of them"
            raise ModelError(msg)
        heard.append(output.detach().requires_grad_())
        # the next layer may work in place, and must not change what is kept
        return heard[-1].clone()

    try:
        hook = network.get_submodule(layer).register_forward_hook(listen)
    except AttributeError as error:
        msg = (
            f"a {type(network).__name__} has no layer {layer!r}; give a name of named_modules(),"
            f" such as {', '.join(name for name, _ in network.named_children())}"
        )
        raise ModelError(msg) from error
    try:
        yield heard
    finally:
        hook.remove()


def _only(heard: list[Tensor], layer: str) -> Tensor:
    if len(heard) != 1:
        msg = f"layer {layer!r} runs {len(heard)} times a pass; name one that runs once"
        raise ModelError(msg)
    return heard[0]


def _gradient(total: Tensor, features: Tensor, layer: str) -> Tensor:
    found = None
    if total.requires_grad:
        (found,) = torch.autograd.grad(total, features, allow_unused=True)
    if found is None:
        msg = f"the score does not depend on layer {layer!r}; name a layer that leads to it"
        raise ModelError(msg)
    return found
