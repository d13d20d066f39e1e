"""Groups of features: their names, formulas and what an image's scale does to them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.core import Volume
from glioscope.measurement import first_order_features
from glioscope.prediction import (
    EVERY,
    IMAGE_GROUPS,
    PATTERNS,
    SURVIVAL_PATTERNS,
    Inputs,
    feature_names,
    group_of,
)
from glioscope.prediction.groups import FIRST_ORDER, FORMULAS, NEEDED

RAW = {
    "10Percentile": 50.0,
    "90Percentile": 200.0,
    "Entropy": 5.0,
    "InterquartileRange": 40.0,
    "Kurtosis": 3.0,
    "Maximum": 400.0,
    "Mean": 128.0,
    "MeanAbsoluteDeviation": 32.0,
    "Median": 80.0,
    "RobustMeanAbsoluteDeviation": 16.0,
    "Skewness": -0.5,
    "Uniformity": 0.25,
    "Variance": 64.0**2,
    "ImageMean": 32.0,
}


def test_intensities_become_ratios_as_on_paper() -> None:
    inputs = Inputs(measured=RAW)

    pattern = dict(
        zip(
            feature_names(("enhancement pattern",)),
            inputs.vector(("enhancement pattern",)),
            strict=True,
        )
    )

    assert pattern == pytest.approx(
        {
            "Median / Mean": 0.625,
            "10Percentile / Mean": 0.390625,
            "90Percentile / Mean": 1.5625,
            "InterquartileRange / Median": 0.5,
            "log 90Percentile / 10Percentile": math.log(4),
            "Skewness": -0.5,
            "log Kurtosis": math.log(3),
            "Entropy - log2 Mean": -2.0,
            "MeanAbsoluteDeviation / Mean": 0.25,
            "RobustMeanAbsoluteDeviation / Mean": 0.125,
            "standard deviation / Mean": 0.5,
            "log Uniformity x Mean": math.log(32),
            "log Maximum / Mean": math.log(3.125),
        }
    )
    assert inputs.vector(("brightness",)) == pytest.approx([math.log(4)])


@given(scale=st.floats(0.04, 1000.0))
def test_the_scale_of_an_image_changes_no_feature(scale: float) -> None:
    unscaled = ("Skewness", "Kurtosis")
    moved = {name: value * (1 if name in unscaled else scale) for name, value in RAW.items()}
    moved["Variance"] = RAW["Variance"] * scale**2
    # A histogram of fixed bins: s times as many bins hold an s-th of the voxels each.
    moved["Entropy"] = RAW["Entropy"] + math.log2(scale)
    moved["Uniformity"] = RAW["Uniformity"] / scale
    groups = ("enhancement pattern", "brightness")

    found = Inputs(measured=moved).vector(groups)
    assert found == pytest.approx(Inputs(measured=RAW).vector(groups), abs=1e-9)


def test_a_real_image_in_other_units_has_the_same_features() -> None:
    rng = np.random.default_rng(0)
    data = np.exp(rng.normal(7.5, 0.25, size=(40, 40, 40)))
    mask = Volume(data=np.ones(data.shape, dtype=bool), affine=np.eye(4))

    def features(scale: float) -> dict[str, float]:
        found = first_order_features(Volume(data=data * scale, affine=np.eye(4)), mask)
        raw = {name: found[name] for name in FIRST_ORDER}
        measured = {name: value for name, value in raw.items() if value is not None}
        inputs = Inputs(measured=measured | {"ImageMean": 300.0 * scale})
        groups = ("enhancement pattern", "brightness")
        return dict(zip(feature_names(groups), inputs.vector(groups), strict=True))

    # Bins of 25 count entropy to about a hundredth of a bit; all else is exact.
    assert features(2.7) == pytest.approx(features(1.0), abs=0.02)


@pytest.mark.parametrize(("patterns", "count"), [(PATTERNS, 8), (SURVIVAL_PATTERNS, 6)])
def test_every_pattern_holds_sex_and_no_other_image_group_without_a_shape(
    patterns: tuple[tuple[str, ...], ...], count: int
) -> None:
    assert len(set(patterns)) == len(patterns) == count
    for pattern in patterns:
        assert "sex" in pattern
        images = [group for group in pattern if group in IMAGE_GROUPS]
        assert not images or images[0] == "shape"
        assert "brightness" not in images or "enhancement pattern" in images


def test_a_feature_belongs_to_one_group() -> None:
    assert len(set(EVERY)) == len(EVERY)
    for group in ("age", "sex", *IMAGE_GROUPS):
        assert {group_of(name) for name in feature_names((group,))} == {group}
    with pytest.raises(KeyError):
        group_of("texture")


@pytest.mark.parametrize("group", IMAGE_GROUPS)
def test_a_group_needs_exactly_what_its_formulas_read(group: str) -> None:
    class Read(dict[str, float]):
        def __init__(self) -> None:
            self.names: set[str] = set()

        def __getitem__(self, name: str) -> float:
            self.names.add(name)
            return 1.0

    raw = Read()
    for formula in FORMULAS[group].values():
        formula(raw)

    assert raw.names == set(NEEDED[group])
