"""Hidden blocks and sequences are filled in, and what that taught stays for the next stage."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from glioscope.core import InputError, ModelError
from glioscope.learning import phantom
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.plan import DrawPlan
from glioscope.learning.data.whole_cases import WholeCases
from glioscope.learning.phantom import brain_with_tumor, phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.config import NetworkChoice, RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.metrics import read_figures
from glioscope.learning.sample import Sample
from glioscope.learning.tasks import Task
from glioscope.networks.registry import build, load_any
from glioscope.networks.synthesis import synthesize
from glioscope.networks.unet import UNet, UNetConfig

Configured = Callable[..., RunConfig]
Tasks = Callable[..., Task]


def related(*, shape: tuple[int, int, int] = (20, 24, 20), seed: int = 0) -> Sample:
    """A phantom whose sequences show one anatomy, two of them inverted, with noise of each."""
    own = brain_with_tumor(shape=shape, seed=seed)
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None]
    coarse = torch.nn.functional.avg_pool3d(own.image[:1], 3, 1, 1) * 2
    noise = 0.1 * own.image
    return dataclasses.replace(own, image=(signs * coarse + noise) * own.brain)


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """Two whole phantoms, 24 x 24 x 24 with what is padded."""
    monkeypatch.setattr(phantom, "brain_with_tumor", related)
    cases, cache = phantom_cases(tmp_path / "related", patients=2)
    examples = WholeCases(cases, cache, DrawPlan(stride=8))
    return Batch.of([examples[0], examples[1]])


def test_the_loss_is_the_mean_error_of_hidden_blocks_in_the_brain(
    task: Tasks, batch: Batch
) -> None:
    made: Any = task("reconstruction", options={"drop": 0.0})
    hidden = made._blocks(batch, torch.Generator().manual_seed(0))
    # a network that answers 0 everywhere is wrong by what the image shows
    for parameter in made.network.get_submodule("head").parameters():
        torch.nn.init.zeros_(parameter)

    error = made._error(made.network, batch, hidden, batch.presence)

    asked = (hidden * (batch.brain > 0.5)).expand_as(batch.image) > 0
    torch.testing.assert_close(error, batch.image[asked].abs().mean())


def test_the_share_of_hidden_blocks_is_exact_and_each_is_whole(task: Tasks, batch: Batch) -> None:
    made: Any = task("reconstruction", options={"share": 0.6, "block": 8})

    hidden = made._blocks(batch, None)

    blocks = hidden.reshape(2, 3, 8, 3, 8, 3, 8)
    means = blocks.mean(dim=(2, 4, 6))
    assert set(means.unique().tolist()) == {0.0, 1.0}
    # 16 of 27 blocks are the closest to six tenths
    assert means.sum(dim=(1, 2, 3)).tolist() == [16.0, 16.0]
    assert not torch.equal(hidden[0], hidden[1])


def test_the_network_never_sees_what_is_hidden(task: Tasks, batch: Batch) -> None:
    made: Any = task("reconstruction")
    hidden = made._blocks(batch, torch.Generator().manual_seed(0))
    kept = batch.presence.clone()
    kept[:, 1] = 0
    seen: list[torch.Tensor] = []

    def network(image: torch.Tensor, presence: torch.Tensor) -> torch.Tensor:
        seen.extend([image, presence])
        return torch.zeros_like(image)

    made._error(network, batch, hidden, kept)

    assert not (seen[0] * hidden).any()
    assert not seen[0][:, 1].any()
    assert torch.equal(seen[1], kept)


def test_hidden_sequences_were_there_and_one_is_left(task: Tasks) -> None:
    made: Any = task("reconstruction", options={"drop": 1.0})
    torch.manual_seed(0)
    presence = torch.tensor([[1.0, 0.0, 1.0, 1.0]]).repeat(400, 1)

    kept = made._kept_sequences(presence) * presence

    assert kept.any(dim=1).all()
    assert 0.3 < float((kept.sum(dim=1) == 1).float().mean()) < 0.9
    for place in (0, 2, 3):
        assert 0.3 < float(kept[:, place].mean()) < 0.8


@pytest.mark.usefixtures("phantoms")
def test_a_run_goes_on_with_all_but_the_last_layer(configured: Configured, tmp_path: Path) -> None:
    first = configured(regime="reconstruction", name="pretrain")
    still = configured(name="fine", steps=1, lr=[1e-12, 1e-12])
    config = dataclasses.replace(first, stages=(*first.stages, *still.stages))

    run = training.train(config, tmp_path / "run")

    pretrained: Any = load_any(run.path / "pretrain" / "network.safetensors")
    fine: Any = load_any(run.network)
    assert (pretrained.config.out_channels, fine.config.out_channels) == (4, 3)
    for name, value in fine.state_dict().items():
        if not name.startswith("head"):
            torch.testing.assert_close(value, pretrained.state_dict()[name], atol=1e-6, rtol=0)
    figures = read_figures(run.metrics)
    assert {f.metric for f in figures} >= {
        "validation/error_blocks",
        "validation/error_t1c",
        "validation/negative_error",
        "validation/dice",
    }

    # and so does another run that starts from the file
    start = NetworkChoice(
        name="unet",
        config=config.network.config,
        start=str(run.path / "pretrain" / "network.safetensors"),
    )
    begun = training.initial_network(dataclasses.replace(config, network=start))
    assert isinstance(begun, UNet)
    enter = "encoder.0.enter.conv.weight"
    assert torch.equal(begun.state_dict()[enter], pretrained.state_dict()[enter])
    assert begun.config.out_channels == 3


@pytest.mark.usefixtures("phantoms")
def test_it_goes_on_after_an_interruption_as_if_there_had_been_none(
    configured: Configured, interrupted_alike: Callable[[RunConfig], RunFolder]
) -> None:
    interrupted_alike(configured(regime="reconstruction"))


def test_a_missing_sequence_is_made_better_than_by_the_mean_of_the_others(
    task: Tasks, batch: Batch
) -> None:
    made: Any = task("reconstruction", options={"drop": 1.0, "share": 0.0})
    optimizer = torch.optim.Adam(made.parameters(), lr=0.02)
    learned, kept_aside = (_row(batch, row) for row in (0, 1))
    torch.manual_seed(0)
    for _ in range(40):
        optimizer.zero_grad()
        made.losses(learned)["loss"].backward()
        optimizer.step()

    brain = kept_aside.brain.expand(-1, 4, -1, -1, -1) > 0.5
    for place in range(4):
        presence = torch.ones(1, 4)
        presence[:, place] = 0
        filled = synthesize(made.kept(), kept_aside.image, presence)
        others = [n for n in range(4) if n != place]
        mean = kept_aside.image[:, others].mean(dim=1)
        truth, inside = kept_aside.image[:, place], brain[:, place]
        error = (filled[:, place] - truth)[inside].abs().mean()
        by_mean = (mean - truth)[inside].abs().mean()
        assert float(error) < 0.7 * float(by_mean)
        assert torch.equal(filled[:, others], kept_aside.image[:, others])


def test_nothing_is_made_outside_the_brain_nor_of_what_is_hidden(batch: Batch) -> None:
    network = build("unet", UNetConfig(widths=(8, 8), out_channels=4), seed=1).train()
    presence = torch.tensor([[1.0, 1.0, 0.0, 1.0]] * 2)
    other = batch.image.clone()
    other[:, 2] = torch.nan

    filled = synthesize(network, batch.image, presence)

    assert not (filled * (batch.brain < 0.5)).any()
    assert filled[:, 2].any()
    assert torch.equal(synthesize(network, other, presence), filled)
    assert network.training


def test_what_can_not_be_synthesized_or_reconstructed_is_refused(task: Tasks, batch: Batch) -> None:
    with pytest.raises(ModelError, match="3 channels for 4 sequences"):
        synthesize(build("unet", UNetConfig(widths=(8, 8))), batch.image, batch.presence)
    network = build("unet", UNetConfig(widths=(8, 8), out_channels=4))
    with pytest.raises(ValueError, match="one sequence or more in every row"):
        synthesize(network, batch.image, torch.zeros(2, 4))
    with pytest.raises(InputError, match="no segmentation outputs"):
        task("reconstruction", network=torch.nn.Identity())
    with pytest.raises(InputError, match="hides nothing"):
        task("reconstruction", options={"share": 0.0, "drop": 0.0})
    with pytest.raises(InputError, match=r"share = 1\.0"):
        task("reconstruction", options={"share": 1.0})


def _row(batch: Batch, row: int) -> Batch:
    one = slice(row, row + 1)
    return dataclasses.replace(
        batch,
        **{
            name: getattr(batch, name)[one]
            for name in ("image", "presence", "regions", "known", "brain")
        },
    )
