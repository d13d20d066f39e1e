"""What one network learned goes to another, but for what does not fit."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import nn

from glioscope.core import ModelError
from glioscope.networks.gmmas import Gmmas, GmmasConfig
from glioscope.networks.registry import build
from glioscope.networks.resnet_shape import ResNetConfig
from glioscope.networks.transfer import adopted, outputs_of, transfer_weights, with_outputs
from glioscope.networks.unet import UNet, UNetConfig

TINY = UNetConfig(widths=(8, 8), dropout=0.1)


def unet(**changes: Any) -> nn.Module:
    return build("unet", dataclasses.replace(TINY, **changes), seed=changes.get("in_channels", 1))


def test_all_that_fits_is_copied_and_named() -> None:
    source, target = unet(), build("unet", dataclasses.replace(TINY, out_channels=4), seed=9)
    head = target.get_submodule("head").weight.clone()  # type: ignore[operator]  # a tensor

    taken = transfer_weights(source, target)

    assert set(source.state_dict()) - set(taken) == {"head.weight", "head.bias"}
    for name in taken:
        assert torch.equal(source.state_dict()[name], target.state_dict()[name]), name
    assert torch.equal(target.state_dict()["head.weight"], head)


def test_nothing_that_fits_is_refused() -> None:
    with pytest.raises(ModelError, match="no weight of the Linear fits the UNet"):
        transfer_weights(nn.Linear(2, 2), unet())


def test_new_outputs_begin_at_0_and_the_first_network_is_untouched() -> None:
    source = unet()
    before = {name: value.clone() for name, value in source.state_dict().items()}

    other = with_outputs(source, 4, seed=3)

    assert isinstance(other, UNet)
    assert other.config == dataclasses.replace(TINY, out_channels=4)
    assert not other.state_dict()["head.bias"].any()
    assert other.state_dict()["head.weight"].any()
    assert all(torch.equal(before[name], value) for name, value in source.state_dict().items())
    assert with_outputs(source, 3, seed=3) is source


def test_the_outputs_of_gmmas_are_its_regions() -> None:
    config = GmmasConfig(
        widths=(8, 8), global_widths=(4, 4), global_grid=(4, 4, 4), heads=2, layers=1
    )

    other = with_outputs(build("gmmas", config), 4, seed=0)

    assert isinstance(other, Gmmas)
    assert outputs_of(other.config) == 4


def test_a_network_comes_back_to_the_outputs_of_another() -> None:
    wanted, trained = unet(), with_outputs(unet(in_channels=4), 4, seed=3)

    back = adopted(trained, like=wanted)

    assert back is wanted
    enter = "encoder.0.enter.conv.weight"
    assert torch.equal(back.state_dict()[enter], trained.state_dict()[enter])
    assert adopted(trained, like=trained) is trained


def test_a_network_of_another_shape_is_refused() -> None:
    with pytest.raises(ModelError, match="another shape than the UNet"):
        adopted(unet(widths=(8, 16)), like=unet())
    with pytest.raises(ModelError, match="no segmentation outputs"):
        outputs_of(ResNetConfig())
