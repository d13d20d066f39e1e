"""A prepared cohort of phantoms, and runs on it that take less than a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glioscope.learning.data.split import Split
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.reading import config_from

TINY = {"name": "unet", "config": {"widths": [8, 8], "dropout": 0.2}}
STAGE = {
    "steps": 12,
    "every": 4,
    "batch": 2,
    "box": [16, 16, 16],
    "lr": [0.01, 0.001],
    "average": 0.9,
    "keep_all": 0.5,
}

Configured = Callable[..., RunConfig]


@pytest.fixture
def phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gathered:
    """Four patients to train, one to validate, one to test, in place of what a run gathers."""
    cases, cache = phantom_cases(tmp_path / "cache")
    ids = [case.case_id for case in cases]
    parts = {"train": tuple(ids[:4]), "validation": (ids[4],), "test": (ids[5],)}
    gathered = Gathered(
        cases={case.case_id: case for case in cases},
        split=Split(parts=parts),
        unlabelled=frozenset(),
        cache=cache,
    )
    monkeypatch.setattr(training, "gather", lambda *_, **__: gathered)
    return gathered


@pytest.fixture
def configured() -> Configured:
    """Make the configuration of a tiny run."""

    def make(*stages: dict[str, Any], **changes: Any) -> RunConfig:
        content: dict[str, Any] = {"network": TINY, "precision": "32-true", "seed": 3}
        shown = stages or ({},)
        content["stages"] = [{**STAGE, **stage} for stage in shown]
        return config_from({**content, **changes}, where="test")

    return make
