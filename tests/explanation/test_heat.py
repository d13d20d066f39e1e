"""Heat maps of regions and answers, over the brain and over the tumor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glioscope.core import InputError, ModelError, Region
from glioscope.explanation.heat import (
    HeatMap,
    explain_answer,
    explain_case,
    region_logits,
)
from glioscope.networks.gmmas import GmmasConfig
from glioscope.networks.registry import build
from glioscope.networks.resnet_shape import ResNetShapeConfig
from glioscope.networks.unet import UNet, UNetConfig

GMMAS = GmmasConfig(
    widths=(4, 8), global_widths=(4, 4), global_grid=(8, 8, 8), heads=2, layers=1, fold=1
)


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def unet() -> UNet:
    network = build("unet", UNetConfig(widths=(4, 8), fold=1), seed=2).eval()
    assert isinstance(network, UNet)
    return network


def ball(radius: float) -> np.ndarray:
    places = np.indices((16, 16, 16)) - 7.5
    return np.asarray((places**2).sum(axis=0) < radius**2)


def test_the_hottest_place_is_one_and_no_support_is_zero() -> None:
    raw = np.array([[[0.0, 0.5], [2.0, 1.0]]], dtype=np.float32)

    found = HeatMap.scaled(raw, of="WT", layer="x")
    none = HeatMap.scaled(np.zeros_like(raw), of="WT", layer="x")

    assert found.heat.tolist() == [[[0.0, 0.25], [1.0, 0.5]]]
    assert (found.peak, none.peak) == (2.0, 0.0)
    assert not none.heat.any()


def test_the_map_within_a_mask_is_scaled_anew() -> None:
    whole = HeatMap.scaled(np.array([[[8.0, 2.0, 4.0]]], dtype=np.float32), of="WT", layer="x")

    part = whole.within(np.array([[[False, True, True]]]))

    assert part.heat.tolist() == [[[0.0, 0.5, 1.0]]]
    assert (whole.peak, part.peak) == (8.0, 4.0)
    assert whole.heat.tolist() == [[[1.0, 0.25, 0.5]]]


def test_the_share_within_a_mask() -> None:
    whole = HeatMap.scaled(np.array([[[3.0, 1.0, 4.0]]], dtype=np.float32), of="WT", layer="x")
    cold = HeatMap.scaled(np.zeros((1, 1, 3), dtype=np.float32), of="WT", layer="x")
    mask = np.array([[[True, True, False]]])

    assert whole.share_within(mask) == pytest.approx(0.5)
    assert cold.share_within(mask) is None


def test_a_mask_of_another_grid_or_without_a_voxel_is_refused() -> None:
    whole = HeatMap.scaled(np.ones((1, 1, 3), dtype=np.float32), of="WT", layer="x")

    with pytest.raises(InputError, match="bring it to the grid"):
        whole.within(np.ones((1, 3, 1), dtype=bool))
    with pytest.raises(InputError, match="mask is empty"):
        whole.share_within(np.zeros((1, 1, 3), dtype=bool))


def test_the_logit_of_a_region_of_four_classes_is_that_of_its_probability() -> None:
    logits = noise(1, 4, 2, 2, 2)
    probs = torch.softmax(logits, dim=1)

    found = region_logits(logits, Region.TC)

    torch.testing.assert_close(torch.sigmoid(found), probs[:, 1] + probs[:, 3])


def test_regions_are_asked_by_their_name() -> None:
    logits = noise(1, 3, 2, 2, 2)

    assert torch.equal(region_logits(logits, Region.ET), logits[:, 2])


def test_the_voxels_of_interest_are_those_found_unless_given() -> None:
    network, image, presence = unet(), noise(4, 16, 16, 16), torch.ones(4)
    assert network.head.bias is not None
    torch.nn.init.constant_(network.head.bias, 0.0)
    with torch.no_grad():
        seen = (network(image[None], presence[None])[0, 1] > 0).numpy()

    found = explain_case(network, image, presence, region=Region.TC)
    told = explain_case(network, image, presence, region=Region.TC, voxels=seen)
    other = explain_case(network, image, presence, region=Region.TC, voxels=ball(2.0))

    assert 0 < seen.mean() < 1
    assert np.array_equal(found.heat, told.heat)
    assert found.heat.max() == 1
    assert other.peak < found.peak
    assert (found.of, found.layer) == ("tumor_core", "encoder.1")


def test_a_network_that_finds_nothing_asks_for_voxels() -> None:
    network = unet()
    assert network.head.bias is not None
    torch.nn.init.constant_(network.head.bias, -50.0)

    with pytest.raises(InputError, match="finds no whole_tumor here; say which voxels"):
        explain_case(network, noise(4, 16, 16, 16), torch.ones(4), region=Region.WT)


def test_what_is_no_segmentation_is_sent_elsewhere() -> None:
    with pytest.raises(ModelError, match=r"explain_answer"):
        region_logits(noise(1, 2), Region.WT)
    with pytest.raises(InputError, match=r"give one of whole_tumor, tumor_core, enh"):
        explain_case(unet(), noise(4, 16, 16, 16), torch.ones(4), region=Region.NCR)


def test_answers_of_several_heads_have_maps_of_their_own() -> None:
    network = build("gmmas", GMMAS, seed=0).eval()
    inputs = (noise(1, 4, 16, 16, 16), torch.ones(1, 4))

    idh = explain_answer(network, inputs, head="idh")
    type_ = explain_answer(network, inputs, head="subtype", outcome=2)

    assert idh.heat.shape == type_.heat.shape == (16, 16, 16)
    assert not np.allclose(idh.heat, type_.heat)
    assert (idh.of, type_.of) == ("idh", "subtype 2")


def test_slices_of_a_patient_have_one_scale() -> None:
    config = ResNetShapeConfig(layers=(1, 1, 1, 1), width=0.06, shape_names=("Sphericity",))
    network = build("resnet_shape", config, seed=0).eval()

    found = explain_answer(network, (noise(3, 4, 64, 64), torch.ones(3, 1)), outcome=1)

    hottest = found.heat.max(axis=(1, 2))
    assert found.heat.shape == (3, 64, 64)
    assert hottest.max() == 1
    assert hottest.min() < 1


@pytest.mark.parametrize(
    ("head", "outcome", "told"),
    [
        ("grade", 1, "its outputs: segmentation, subtype"),
        ("subtype", 3, "outcome 3 of 3"),
        ("subtype", None, "outcome None of 3"),
        (None, 0, "head None"),
        ("idh", 0, "outcome 0 of 0"),
    ],
)
def test_an_answer_that_is_not_there_is_refused(
    head: str | None, outcome: int | None, told: str
) -> None:
    network = build("gmmas", GMMAS, seed=0).eval()
    inputs = (noise(1, 4, 16, 16, 16), torch.ones(1, 4))

    with pytest.raises(InputError, match=told):
        explain_answer(network, inputs, head=head, outcome=outcome)


def test_two_cases_at_once_are_refused() -> None:
    network = build("gmmas", GMMAS, seed=0).eval()

    with pytest.raises(InputError, match="2 cases at once"):
        explain_answer(network, (noise(2, 4, 16, 16, 16), torch.ones(2, 4)), head="idh")
