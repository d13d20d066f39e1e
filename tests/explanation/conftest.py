"""The small seeded model of the predictions' own tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from glioscope.prediction import Inputs, PredictionModel


def _load() -> ModuleType:
    path = Path(__file__).parents[1] / "prediction" / "conftest.py"
    spec = importlib.util.spec_from_file_location("seeded_prediction_model", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SEEDED = _load()


@pytest.fixture(scope="session")
def model() -> PredictionModel:
    made: PredictionModel = SEEDED.small_model()
    return made


@pytest.fixture(scope="session")
def population() -> tuple[Inputs, ...]:
    people: tuple[Inputs, ...] = SEEDED.POPULATION
    return people


@pytest.fixture
def usual() -> Inputs:
    made: Inputs = SEEDED.changed()
    return made


@pytest.fixture(scope="session")
def patient() -> Callable[..., Inputs]:
    """Make a usual patient with changes."""
    make: Callable[..., Inputs] = SEEDED.changed
    return make
