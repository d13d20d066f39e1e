from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from glioscope.core import Volume
from glioscope.preparation import RegisterConfig, register_rigid
from glioscope.preparation.register import normalized_mutual_information


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """The phantom and the random cases of the benchmark: what is tested is what is measured."""
    path = Path(__file__).parents[2] / "benchmarks" / "registration.py"
    spec = importlib.util.spec_from_file_location("benchmark_registration", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("seed", "grid", "stripped", "limit_mm"),
    [
        (1, "1 mm", False, 0.3),
        (4, "5.5 mm slices", False, 1.0),
        (7, "5.5 mm slices", False, 1.0),
    ],
)
def test_a_known_misalignment_comes_back(
    benchmark: ModuleType, seed: int, grid: str, stripped: bool, limit_mm: float
) -> None:
    result = benchmark.one_case(seed, grid=grid, stripped=stripped)

    assert result.moved_mm > 4.0
    assert result.error_mm <= limit_mm


def test_twice_the_same_input_gives_the_same_bytes(benchmark: ModuleType) -> None:
    rng = np.random.default_rng(5)
    spacing = benchmark.GRIDS["5.5 mm slices"]
    fixed = benchmark.scan(benchmark.head("t1c", stripped=False), np.eye(4), spacing, rng)
    moving = benchmark.scan(
        benchmark.head("t2", stripped=False), benchmark.random_pose(rng), spacing, rng
    )
    config = RegisterConfig(levels_mm=(3.0,), samples=(10_000,), iterations=15)

    one, two = (register_rigid(moving, fixed=fixed, config=config) for _ in range(2))

    assert one.to_fixed.tobytes() == two.to_fixed.tobytes()
    assert one.similarity > one.similarity_before
    rotation = one.to_fixed[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_similarity_of_the_same_and_of_unrelated_values() -> None:
    rng = np.random.default_rng(0)
    one = rng.normal(size=200_000)

    assert normalized_mutual_information(one, one) == pytest.approx(2.0)
    assert normalized_mutual_information(one, -3.0 * one) == pytest.approx(2.0, abs=0.01)
    unrelated = normalized_mutual_information(one, rng.normal(size=one.size))
    assert unrelated == pytest.approx(1.0, abs=0.005)


def test_an_image_without_overlap_as_scanned_is_found(benchmark: ModuleType) -> None:
    rng = np.random.default_rng(7)
    spacing = benchmark.GRIDS["5.5 mm slices"]
    fixed = benchmark.scan(benchmark.head("t1c", stripped=False), np.eye(4), spacing, rng)
    other = benchmark.scan(benchmark.head("t2", stripped=False), np.eye(4), spacing, rng)
    far = other.affine.copy()
    far[:3, 3] += (400.0, -300.0, 900.0)

    fit = register_rigid(Volume(data=other.data, affine=far), fixed=fixed)

    np.testing.assert_allclose(fit.to_fixed[:3, 3], (-400.0, 300.0, -900.0), atol=1.5)
