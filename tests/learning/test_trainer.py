import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from glioscope.core import ModelError
from glioscope.learning.augmentation import Intensity, Spatial
from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.sample import Sample
from glioscope.learning.trainer import Trainer, TrainerConfig
from glioscope.networks.peers import DynUNetConfig
from glioscope.networks.registry import build
from glioscope.networks.unet import UNet, UNetConfig

CONFIG = TrainerConfig(steps=6, warmup=2, save_every=2, snapshots=(4,), seed=3, mixed=False)
SAMPLE = brain_with_tumor(shape=(16, 16, 16))
SPATIAL, INTENSITY = Spatial(shape=(16, 16, 16)), Intensity()


def draw(rng: np.random.Generator) -> Sample:
    moved = SPATIAL(SAMPLE, SPATIAL.draw(rng))
    return INTENSITY(moved, INTENSITY.draw(rng))


def network() -> UNet:
    torch.manual_seed(0)
    return UNet(UNetConfig(widths=(4, 8), detail=2))


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    one = Trainer(network(), CONFIG, tmp_path / "one").run(draw)
    other = Trainer(network(), CONFIG, tmp_path / "other").run(draw)

    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_that_was_cut_ends_as_if_it_was_not(tmp_path: Path) -> None:
    class Cut(Exception):  # noqa: N818 - stands for a kill, not an error
        pass

    calls = 0

    def cut(rng: np.random.Generator) -> Sample:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise Cut
        return draw(rng)

    whole = Trainer(network(), CONFIG, tmp_path / "whole").run(draw)
    with pytest.raises(Cut):
        Trainer(network(), CONFIG, tmp_path / "cut").run(cut)
    again = Trainer(network(), CONFIG, tmp_path / "cut")
    resumed_at = again.step
    ended = again.run(draw)

    assert resumed_at == 4
    assert all(torch.equal(whole[name], ended[name]) for name in whole)


def test_a_network_that_names_its_layers_twice_is_cut_and_resumed_as_well(tmp_path: Path) -> None:
    def twice() -> nn.Module:
        return build("dynunet", DynUNetConfig(filters=(4, 4, 4)), seed=0)

    config = TrainerConfig(steps=2, save_every=1, snapshots=(2,), mixed=False)
    whole = Trainer(twice(), config, tmp_path / "whole").run(draw)
    first = Trainer(twice(), config, tmp_path / "cut")
    first.network.train()
    first._advance(draw)
    first.save()
    ended = Trainer(twice(), config, tmp_path / "cut").run(draw)

    twice().load_state_dict(ended)
    assert all(torch.equal(whole[name], ended[name]) for name in whole)
    stored = load_file(tmp_path / "cut" / "average-2.safetensors")
    assert len(stored) < len(ended)
    assert all(torch.equal(ended[name], value) for name, value in stored.items())


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    config = TrainerConfig(steps=40, warmup=5, learning_rate=1e-2, mixed=False)

    Trainer(network(), config, tmp_path).run(lambda _: SAMPLE)

    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["loss"] < 0.8 * lines[0]["loss"]


def test_snapshots_and_state_are_written(tmp_path: Path) -> None:
    Trainer(network(), CONFIG, tmp_path).run(draw)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["average-4.safetensors", "log.jsonl", "state.safetensors"]


def test_the_state_of_another_configuration_is_refused(tmp_path: Path) -> None:
    Trainer(network(), CONFIG, tmp_path).run(draw)

    with pytest.raises(ModelError, match="another configuration"):
        Trainer(network(), TrainerConfig(steps=7), tmp_path)


def test_the_quick_norm_of_a_batch_of_one_is_the_instance_norm(tmp_path: Path) -> None:
    plain, quick = network(), network()
    Trainer(quick, CONFIG, tmp_path)
    image = SAMPLE.image[None] + torch.arange(4.0)[None, :, None, None, None]
    outputs, gradients = [], []

    for one in (plain, quick):
        logits = one(image, SAMPLE.presence[None])
        logits.square().mean().backward()
        outputs.append(logits)
        gradients.append([parameter.grad for parameter in one.parameters()])

    torch.testing.assert_close(outputs[1], outputs[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-5, rtol=1e-3)
    batch = torch.cat([image, 2 * image])
    presence = SAMPLE.presence.expand(2, -1)
    torch.testing.assert_close(quick(batch, presence), plain(batch, presence))
