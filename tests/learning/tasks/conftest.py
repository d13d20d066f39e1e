"""A prepared cohort of phantoms, and runs on it that take about a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from glioscope.core import Sequence, Silent
from glioscope.learning.data.split import Split
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.config import RunConfig, StageConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.reading import config_from
from glioscope.learning.tasks import Task, task_of
from glioscope.networks.registry import build, load_any
from glioscope.networks.unet import UNetConfig

STAGE = {
    "steps": 6,
    "every": 2,
    "batch": 2,
    "box": [16, 16, 16],
    "lr": [0.01, 0.001],
    "augmentation": "none",
}


class Stop(Silent):
    """Stops a run as Ctrl-C does, at a step."""

    def __init__(self, at: int) -> None:
        self._at = at

    def step(self, done: int, total: int) -> None:
        del total
        if done == self._at:
            raise KeyboardInterrupt


@pytest.fixture
def phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gathered:
    """Five patients to train, of whom four hide their labels, and one to validate."""
    cases, cache = phantom_cases(tmp_path / "cache")
    ids = [case.case_id for case in cases]
    gathered = Gathered(
        cases={case.case_id: case for case in cases},
        split=Split(parts={"train": tuple(ids[:5]), "validation": (ids[5],)}),
        unlabelled=frozenset(ids[1:5]),
        cache=cache,
    )
    monkeypatch.setattr(training, "gather", lambda *_, **__: gathered)
    return gathered


@pytest.fixture
def configured() -> Callable[..., RunConfig]:
    """Make the configuration of a tiny run of one stage."""

    def make(**stage: Any) -> RunConfig:
        content: dict[str, Any] = {
            "network": {"name": "unet", "config": {"widths": [8, 8], "dropout": 0.2}},
            "precision": "32-true",
            "seed": 3,
            "stages": [{**STAGE, **stage}],
        }
        return config_from(content, where="test")

    return make


@pytest.fixture
def interrupted_alike(tmp_path: Path) -> Callable[[RunConfig], RunFolder]:
    """Run a configuration at once, and again with an interruption; compare every bit."""

    def compare(config: RunConfig) -> RunFolder:
        whole = training.train(config, tmp_path / "whole")
        with pytest.raises(KeyboardInterrupt):
            training.train(config, tmp_path / "cut", progress=Stop(3))
        resumed = training.train(config, tmp_path / "cut", resume=True)
        one, other = (load_any(run.network).state_dict() for run in (whole, resumed))
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert torch.equal(value, other[name]), name
        return whole

    return compare


@pytest.fixture
def task() -> Callable[..., Task]:
    """Make the task of a regime, outside of any run."""

    def make(regime: str, **changes: Any) -> Task:
        options = changes.pop("options", {})
        network = changes.pop("network", None)
        sequences = changes.pop("sequences", tuple(Sequence))
        stage = StageConfig(regime=regime, steps=10, options=options, **changes)
        if network is None:
            network = build("unet", UNetConfig(in_channels=len(sequences), widths=(8, 8)), seed=1)
        return task_of(network, stage, steps=10, seed=5, sequences=sequences)

    return make
