"""The files of the ResNet paper hold its numbers, and every stage of them can begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from glioscope.learning.runs.reading import read_config
from glioscope.learning.runs.train import initial_network
from glioscope.learning.tasks import chosen, task_of

EXPERIMENTS = Path(__file__).parents[3] / "experiments"
FILES = ("resnet-shape", "resnet-noshape", "resnet-3d")


@pytest.mark.parametrize("name", FILES)
def test_the_optimizer_is_the_papers(name: str) -> None:
    (stage,) = read_config(EXPERIMENTS / f"{name}.toml").stages

    assert (stage.optimizer, stage.lr, stage.betas) == ("adam", (1e-3, 1e-3), (0.9, 0.99))
    assert stage.weight_decay == 5e-4
    assert stage.batch == (4 if name == "resnet-3d" else 16)
    _, options = chosen(stage)
    assert options.head == "grade4"


def test_slices_and_boxes_have_the_papers_size() -> None:
    (slices,) = read_config(EXPERIMENTS / "resnet-shape.toml").stages
    (volumes,) = read_config(EXPERIMENTS / "resnet-3d.toml").stages

    # 20 epochs of 25,162 slices
    assert slices.steps == -(-20 * 25_162 // 16)
    assert slices.options["edge"] == 160
    assert volumes.box == (160, 160, 128)
    assert volumes.epochs == 20


@pytest.mark.parametrize("name", FILES)
def test_the_quick_form_can_begin(name: str) -> None:
    config = read_config(EXPERIMENTS / f"{name}.toml", quick=True)
    network = initial_network(config)

    task = task_of(network, config.stages[0], steps=1, seed=0, sequences=config.data.sequences)

    assert task.stage.regime == ("volumes" if name == "resnet-3d" else "slices")
    assert len(config.data.sequences) == network.config.in_channels  # type: ignore[union-attr]
