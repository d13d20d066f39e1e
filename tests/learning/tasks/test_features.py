"""Features are the same ones that the network's own parts give, of every network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from glioscope.core import InputError
from glioscope.learning.tasks.features import observe, pooled
from glioscope.networks.fusion import FusionKind
from glioscope.networks.gmmas import Gmmas, GmmasConfig
from glioscope.networks.peers import DynUNetConfig, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.registry import build
from glioscope.networks.unet import UNet, UNetConfig
from glioscope.networks.visual_pathway import VisualPathway, VisualPathwayConfig

PATHWAY = VisualPathwayConfig(in_channels=4, width=0.05)
GMMAS = GmmasConfig(widths=(8, 8), global_widths=(4, 4), global_grid=(4, 4, 4))
NETWORKS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "unet": (UNetConfig(widths=(8, 8)), (8, 8)),
    "visual_pathway": (PATHWAY, (4, 6, 6, 36, 36)),
    "segresnet": (SegResNetConfig(filters=8), (8, 16, 32, 64)),
    "dynunet": (DynUNetConfig(filters=(4, 8, 12)), (4, 8, 12)),
    "gmmas": (GMMAS, (8, 8)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_levels_become_coarser_and_belong_to_the_cases(name: str) -> None:
    config, channels = NETWORKS[name]
    network = build(name, config, seed=0).eval()
    edge = 2 * config.stride
    image = torch.randn(2, 4, edge, edge, edge, generator=torch.Generator().manual_seed(1))

    seen = observe(network, image, torch.ones(2, 4))
    alone = observe(network, image[1:], torch.ones(1, 4))

    assert tuple(level.shape[1] for level in seen.levels) == channels
    edges = [level.shape[2] for level in seen.levels]
    assert edges == sorted(edges, reverse=True)
    for both, one in zip(seen.levels, alone.levels, strict=True):
        torch.testing.assert_close(both[1:], one, atol=1e-4, rtol=1e-4)


def test_the_swin_transformer_gives_five_levels() -> None:
    network = build("swin_unetr", SwinUNETRConfig(features=12), seed=0).eval()

    with torch.no_grad():
        seen = observe(network, torch.zeros(1, 4, 64, 32, 32), torch.ones(1, 4))

    assert [level.shape[1] for level in seen.levels] == [12, 24, 48, 96, 192]


def test_what_is_observed_is_what_the_parts_return_and_nothing_listens_on() -> None:
    network = UNet(UNetConfig(widths=(8, 8), fold=1)).eval()
    image, presence = torch.randn(1, 4, 8, 8, 8), torch.ones(1, 4)

    seen = observe(network, image, presence)

    first = network.encoder[0](image, presence)
    torch.testing.assert_close(seen.levels[0], first)
    torch.testing.assert_close(seen.levels[1], network.encoder[1](first, presence))
    torch.testing.assert_close(seen.logits, network(image, presence))
    assert not any(part._forward_hooks for part in network.modules())


def test_the_visual_pathway_gives_what_its_encoder_does() -> None:
    network = VisualPathway(PATHWAY).eval()
    image = torch.randn(1, 4, 16, 16, 16)

    seen = observe(network, image, torch.ones(1, 4))

    for level, feature in zip(seen.levels, network.encoder(image), strict=True):
        torch.testing.assert_close(level, feature)


def test_gmmas_gives_its_own_features_and_those_of_each_sequence() -> None:
    network = Gmmas(GMMAS).eval()
    image, presence = torch.randn(1, 4, 8, 8, 8), torch.tensor([[1.0, 0.0, 1.0, 1.0]])

    seen, output = observe(network, image, presence), network(image, presence)

    for level, feature in zip(seen.levels, output.features, strict=True):
        torch.testing.assert_close(level, feature)
    assert seen.by_sequence is not None
    torch.testing.assert_close(seen.by_sequence, output.sequence_features)
    assert not seen.by_sequence[:, 1].any()


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("unet", UNetConfig(widths=(8, 8), fusion=FusionKind.LATE)),
        ("visual_pathway", VisualPathwayConfig(in_channels=4, width=0.05, fusion=FusionKind.LATE)),
    ],
)
def test_of_late_fusion_absent_sequences_do_not_count(name: str, config: Any) -> None:
    network = build(name, config, seed=0).eval()
    image = torch.randn(1, 4, 16, 16, 16)
    only = [torch.eye(4)[None, place] for place in (0, 2)]

    both = observe(network, image, only[0] + only[1])
    one, other = (observe(network, image, presence) for presence in only)

    for mean, a, b in zip(both.levels, one.levels, other.levels, strict=True):
        torch.testing.assert_close(mean, (a + b) / 2)


def test_pooled_features_are_means_and_maxima() -> None:
    level = torch.tensor([[[[[1.0, 2.0], [3.0, 6.0]]], [[[0.0, 0.0], [0.0, -4.0]]]]])

    assert pooled(level).tolist() == [[3.0, -1.0, 6.0, 0.0]]


def test_another_network_is_refused() -> None:
    with pytest.raises(InputError, match=r"a Linear gives none; choose a network\.name of UNet"):
        observe(nn.Linear(2, 2), torch.zeros(1, 4, 8, 8, 8), torch.ones(1, 4))
