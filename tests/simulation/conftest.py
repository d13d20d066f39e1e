from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from glioscope.simulation import (
    CLINICAL,
    SeriesPlan,
    SimulatedPatient,
    SimulationConfig,
    Tumor,
    simulate_patient,
)

LEFT_RING = Tumor(
    center_mm=(-34.0, -20.0, 26.0),
    core_radius_mm=19.0,
    rim_mm=6.0,
    push_mm=8.0,
    visible_edge=0.1,
)

COARSE = tuple(replace(plan, in_plane_mm=2.5, noise=0.01, shading=0.03) for plan in CLINICAL)


def configured(**changes: Any) -> SimulationConfig:
    """A quick look: a head of 3 mm, slices of 2.5 mm in plane."""
    usual = SimulationConfig(spacing_mm=3.0, tumors=(LEFT_RING,), series=COARSE)
    return replace(usual, **changes)


@pytest.fixture(scope="session")
def config() -> Callable[..., SimulationConfig]:
    return configured


@pytest.fixture(scope="session")
def left_ring() -> Tumor:
    return LEFT_RING


@pytest.fixture(scope="session")
def coarse() -> tuple[SeriesPlan, ...]:
    return COARSE


@pytest.fixture(scope="session")
def patient() -> SimulatedPatient:
    return simulate_patient(5, configured())


@pytest.fixture(scope="session")
def healthy() -> SimulatedPatient:
    return simulate_patient(5, configured(tumors=(), series=COARSE[1:2]))
