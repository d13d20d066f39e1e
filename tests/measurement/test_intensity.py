"""The first-order features against PyRadiomics itself, and on paper."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.core import GridMismatchError, Volume
from glioscope.measurement import FIRST_ORDER_FEATURES, first_order_features

GOLDEN_FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((GOLDEN_FOLDER / "intensity.json").read_text(encoding="utf-8"))["samples"]

SHAPES = {"Skewness", "Kurtosis"}


def volume(data: npt.NDArray[np.generic]) -> Volume:
    return Volume(data=data, affine=np.eye(4))


def golden(name: str) -> tuple[Volume, Volume]:
    with np.load(GOLDEN_FOLDER / "intensity.npz") as arrays:
        return volume(arrays[f"{name}_image"]), volume(arrays[f"{name}_mask"].astype(bool))


def defined(features: dict[str, float | None]) -> dict[str, float]:
    """Return the features, all of which must be defined."""
    assert None not in features.values()
    return {name: value for name, value in features.items() if value is not None}


def agrees(value: float | None, expected: float | None) -> bool:
    if value is None or expected is None:
        return value is expected
    return bool(value == pytest.approx(expected, rel=1e-6, abs=1e-12))


@pytest.mark.parametrize("name", [name for name in GOLDEN if name != "constant"])
def test_every_feature_equals_pyradiomics(name: str) -> None:
    image, mask = golden(name)
    expected = GOLDEN[name]["features"]

    found = first_order_features(image, mask, bin_width=GOLDEN[name]["bin_width"])

    assert tuple(found) == FIRST_ORDER_FEATURES
    for feature, value in found.items():
        assert agrees(value, expected[feature]), feature


def test_a_constant_region_has_no_skewness_and_no_kurtosis() -> None:
    found = first_order_features(*golden("constant"))

    expected = {**GOLDEN["constant"]["features"], "Skewness": None, "Kurtosis": None}
    for feature, value in found.items():
        assert agrees(value, expected[feature]), feature


def test_a_constant_that_its_mean_misses_by_rounding_is_constant() -> None:
    found = first_order_features(
        volume(np.full((3, 3, 3), 0.1)), volume(np.ones((3, 3, 3), dtype=bool))
    )

    assert found["Skewness"] is None
    assert found["Kurtosis"] is None


def test_eight_values_are_described_as_on_paper() -> None:
    values = np.array([0, 10, 20, 30, 40, 50, 60, 70], dtype=np.int16).reshape(2, 2, 2)

    found = first_order_features(volume(values), volume(values >= 0), bin_width=40.0)

    assert (found["Minimum"], found["Median"], found["Maximum"]) == (0.0, 35.0, 70.0)
    assert (found["Mean"], found["MeanAbsoluteDeviation"]) == (35.0, 20.0)
    assert (found["Entropy"], found["Uniformity"]) == (1.0, 0.5)
    assert found["Variance"] == 525.0
    assert found["Skewness"] == pytest.approx(0.0, abs=1e-12)


@given(scale=st.floats(min_value=1e-3, max_value=1e3))
def test_a_scale_moves_the_mean_and_leaves_skewness_and_kurtosis(scale: float) -> None:
    image, mask = golden("tailed")
    before = defined(first_order_features(image, mask))

    scaled = image.with_data(image.data * np.float64(scale))
    after = defined(first_order_features(scaled, mask, bin_width=25.0 * scale))

    for feature in ("Mean", "Median", "InterquartileRange", "RobustMeanAbsoluteDeviation"):
        assert after[feature] == pytest.approx(scale * before[feature], rel=1e-9)
    for feature in SHAPES:
        assert after[feature] == pytest.approx(before[feature], rel=1e-9)


def test_only_the_voxels_of_the_mask_count() -> None:
    image, mask = golden("tissue")
    other = image.with_data(np.where(mask.data, image.data, np.float32(np.nan)))

    assert first_order_features(other, mask) == first_order_features(image, mask)


def test_an_empty_mask_has_no_features() -> None:
    image, mask = golden("tissue")

    assert first_order_features(image, mask.with_data(np.zeros(mask.shape, dtype=bool))) == {}


def test_a_mask_on_another_grid_is_refused() -> None:
    image, mask = golden("tissue")
    moved = Volume(data=mask.data, affine=np.diag([1.0, 1.0, 2.0, 1.0]))

    with pytest.raises(GridMismatchError, match="resampled_mask"):
        first_order_features(image, moved)


def test_the_input_stays_untouched() -> None:
    image, mask = golden("counts")
    before = image.data.copy(), mask.data.copy()

    first_order_features(image, mask)

    np.testing.assert_array_equal(image.data, before[0])
    np.testing.assert_array_equal(mask.data, before[1])
