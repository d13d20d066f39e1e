"""Grad-CAM against maps known on paper, against MONAI's, and against networks without memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from glioscope.core import ModelError, Region, require
from glioscope.explanation.grad_cam import DEEPEST, Weighting, deepest_layer, grad_cam
from glioscope.explanation.heat import answer_score, region_logits
from glioscope.networks.fusion import FusionKind
from glioscope.networks.gmmas import GmmasConfig
from glioscope.networks.peers import DynUNetConfig, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.registry import build, names
from glioscope.networks.resnet_shape import ResNetConfig, ResNetShapeConfig
from glioscope.networks.unet import UNetConfig
from glioscope.networks.visual_pathway import VisualPathwayConfig
from glioscope.networks.visual_pathway_classifier import VisualPathwayClassifierConfig

GMMAS = GmmasConfig(
    widths=(4, 8), global_widths=(4, 4), global_grid=(8, 8, 8), heads=2, layers=1, fold=1
)
PATHWAY = VisualPathwayConfig(width=0.05)
SMALL: dict[str, tuple[Any, tuple[int, ...]]] = {
    "dynunet": (DynUNetConfig(filters=(4, 4, 4)), (4, 16, 16, 16)),
    "gmmas": (GMMAS, (4, 16, 16, 16)),
    "resnet_3d": (ResNetConfig(layers=(1, 1, 1, 1), width=0.06), (4, 64, 64, 64)),
    "resnet_shape": (
        ResNetShapeConfig(layers=(1, 1, 1, 1), width=0.06, shape_names=()),
        (4, 64, 64),
    ),
    "segresnet": (SegResNetConfig(filters=8, blocks_down=(1, 1, 1)), (4, 16, 16, 16)),
    "swin_unetr": (SwinUNETRConfig(features=12), (4, 64, 32, 32)),
    "unet": (UNetConfig(widths=(4, 8), fold=1), (4, 16, 16, 16)),
    "visual_pathway": (PATHWAY, (2, 16, 16, 16)),
    "visual_pathway_classifier": (
        VisualPathwayClassifierConfig(pathway=PATHWAY, dense=(8,)),
        (2, 16, 16, 16),
    ),
}
SEGMENTING = [name for name in SMALL if not name.endswith(("classifier", "3d", "shape"))]


class OneConvolution(nn.Module):
    """Features are known multiples of the image, logits known sums of the features."""

    def __init__(self, gains: Sequence[float], votes: Sequence[float]) -> None:
        super().__init__()
        self.features = nn.Conv3d(1, len(gains), 1, bias=False)
        self.act = nn.ReLU(inplace=True)
        self.head = nn.Conv3d(len(gains), 1, 1, bias=False)
        with torch.no_grad():
            self.features.weight.copy_(torch.tensor(gains).reshape(-1, 1, 1, 1, 1))
            self.head.weight.copy_(torch.tensor(votes).reshape(1, -1, 1, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.head(self.act(self.features(image)))
        return logits


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def small(name: str) -> tuple[nn.Module, tuple[Tensor, ...]]:
    """Return a small network of a name, and what it is called with."""
    config, shape = SMALL[name]
    inputs = [noise(1, *shape)]
    if name == "visual_pathway_classifier":
        inputs.append(torch.tensor([[50.0, 1.0]]))
    elif name in SEGMENTING:
        inputs.append(torch.ones(1, shape[0]))
    return build(name, config, seed=1).eval(), tuple(inputs)


def score_of(name: str) -> Any:
    if name in SEGMENTING:
        return lambda output: region_logits(output, Region.WT).sum(dim=(1, 2, 3))
    return answer_score("grade" if name == "visual_pathway_classifier" else None, 1)


def test_the_map_of_one_convolution_is_that_on_paper() -> None:
    # y = sum over M of (2 relu(3 x) - relu(-x)); x > 0 in M: dy/dA = (2, 0) there, 0 elsewhere
    network = OneConvolution((3.0, -1.0), (2.0, -1.0)).eval()
    image = noise(1, 1, 4, 5, 6)
    asked = (torch.arange(120).reshape(1, 4, 5, 6) % 3 == 0) & (image[:, 0] > 0)

    found = grad_cam(
        network, (image,), lambda logits: logits[:, 0][asked].sum()[None], layer="features"
    )

    share = float(asked.sum()) / asked.numel()
    torch.testing.assert_close(found, functional.relu(2.0 * share * 3.0 * image[:, 0]))


def test_the_map_of_one_weight_a_place_is_that_on_paper() -> None:
    # as above, but the gradient of 2 stays where it is, in M
    network = OneConvolution((3.0, -1.0), (2.0, -1.0)).eval()
    image = noise(1, 1, 4, 5, 6)
    asked = (torch.arange(120).reshape(1, 4, 5, 6) % 3 == 0) & (image[:, 0] > 0)

    found = grad_cam(
        network,
        (image,),
        lambda logits: logits[:, 0][asked].sum()[None],
        layer="features",
        weighting=Weighting.PLACE,
    )

    torch.testing.assert_close(found, 6.0 * image[:, 0] * asked)


def test_gradients_are_averaged_over_the_grid_with_their_sign() -> None:
    # logits (2 A1 - 0.5 A2) summed over all voxels: weights 2 and -0.5 wherever A > 0
    network = OneConvolution((1.0, 4.0), (2.0, -0.5)).eval()
    image = noise(2, 1, 4, 4, 4).abs()

    found = grad_cam(network, (image,), lambda logits: logits.sum(dim=(1, 2, 3, 4)), layer="act")

    torch.testing.assert_close(found, functional.relu(2.0 * image - 0.5 * 4.0 * image)[:, 0])


@pytest.mark.parametrize("name", ["resnet_3d", "resnet_shape"])
def test_the_map_is_monais(name: str) -> None:
    visualize = require("monai.visualize", extra="train")
    network, (image,) = small(name)

    found = grad_cam(network, (image,), answer_score(None, 1))
    theirs = visualize.GradCAM(network, "backbone.layer4", postprocessing=lambda raw: raw)
    wanted = theirs(image, class_idx=1)[:, 0].detach()

    assert wanted.max() > 0
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", names())
def test_every_registered_network_can_be_explained(name: str) -> None:
    network, inputs = small(name)

    found = grad_cam(network, inputs, score_of(name))

    assert found.shape == (1, *inputs[0].shape[2:])
    assert torch.isfinite(found).all()
    assert found.min() >= 0


def test_every_registered_network_has_a_deepest_layer() -> None:
    assert set(DEEPEST) == set(names())
    assert deepest_layer(small("unet")[0]) == "encoder.1"


def test_late_fusion_sums_the_channels_of_all_sequences() -> None:
    config = UNetConfig(widths=(4, 8), fold=1, fusion=FusionKind.LATE)
    network = build("unet", config, seed=0).eval()
    inputs = (noise(2, 4, 8, 8, 8), torch.tensor([[1.0, 1, 1, 1], [1.0, 1, 0, 0]]))

    both = grad_cam(network, inputs, score_of("unet"))
    alone = grad_cam(network, tuple(one[1:] for one in inputs), score_of("unet"))

    assert both.shape == (2, 8, 8, 8)
    torch.testing.assert_close(both[1:], alone)


def test_neither_weights_nor_their_gradients_are_touched() -> None:
    network, inputs = small("unet")
    before = {name: value.clone() for name, value in network.state_dict().items()}

    grad_cam(network, inputs, score_of("unet"))

    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def test_a_network_without_gradients_is_explained_as_well() -> None:
    network, inputs = small("unet")
    wanted = grad_cam(network, inputs, score_of("unet"))

    with torch.no_grad():
        found = grad_cam(network.requires_grad_(requires_grad=False), inputs, score_of("unet"))

    assert torch.equal(found, wanted)


def test_a_network_in_training_is_refused() -> None:
    network, inputs = small("unet")

    with pytest.raises(ModelError, match=r"training mode.*call eval\(\)"):
        grad_cam(network.train(), inputs, score_of("unet"))


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        ("nowhere", "no layer 'nowhere'.*encoder, decoder"),
        ("encoder.0.enter.film", "no feature map"),
        ("encoder", "runs 0 times"),
    ],
)
def test_a_layer_that_gives_no_features_is_refused(layer: str, told: str) -> None:
    network, inputs = small("unet")

    with pytest.raises(ModelError, match=told):
        grad_cam(network, inputs, score_of("unet"), layer=layer)
    assert not any(module._forward_hooks for module in network.modules())


def test_a_layer_that_the_score_does_not_need_is_refused() -> None:
    network, inputs = small("gmmas")

    with pytest.raises(ModelError, match=r"does not depend on layer 'trunk\.decoder\.0'"):
        grad_cam(network, inputs, answer_score("idh", None), layer="trunk.decoder.0")


def test_an_unknown_network_needs_a_layer() -> None:
    with pytest.raises(ModelError, match="no registered network"):
        grad_cam(OneConvolution((1.0,), (1.0,)).eval(), (noise(1, 1, 4, 4, 4),), torch.sum)
