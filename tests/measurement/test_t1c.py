"""T1c over the tumor: at one scale, whatever the scanner's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import GridMismatchError, Quantity, Region, Volume
from glioscope.measurement import (
    FIRST_ORDER_FEATURES,
    TUMOR_MEAN,
    first_order_features,
    has_true_zero,
    t1c_intensity,
)

SHAPE = (30, 28, 26)
SPACING_MM = (1.0, 1.0, 2.0)


def volume(data: npt.NDArray[Any]) -> Volume:
    return Volume(data=data, affine=np.diag([*SPACING_MM, 1.0]))


def box(margin: int) -> Volume:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[margin:-margin, margin:-margin, margin:-margin] = True
    return volume(mask)


BRAIN, TUMOR = box(3), box(9)


def a_scan() -> Volume:
    """Return a brain of about 800 whose tumor has about 1,300, in a head without signal."""
    rng = np.random.default_rng(1)
    tissue = 800.0 + 500.0 * TUMOR.data + rng.normal(0.0, 90.0, SHAPE)
    return volume(np.where(BRAIN.data, tissue, 0.0).astype(np.float32))


def measured(image: Volume, *, brain: Volume = BRAIN, tumor: Volume = TUMOR) -> dict[str, float]:
    return values(t1c_intensity(image, brain=brain, tumor=tumor, case_id="phantom"))


def values(quantities: dict[str, Quantity]) -> dict[str, float]:
    return {name: q.value for name, q in quantities.items() if q.value is not None}


def test_the_features_are_those_at_a_tumor_mean_of_2500() -> None:
    image = a_scan()
    scale = TUMOR_MEAN / image.data[TUMOR.data].mean(dtype=np.float64)

    found = measured(image)

    assert set(found) == {*FIRST_ORDER_FEATURES, "ImageMean"}
    expected = first_order_features(image.with_data(image.data * scale), TUMOR)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name
    assert found["Mean"] == pytest.approx(2500.0)


def test_the_mean_of_the_image_is_that_of_the_grid_of_ucsf_pdgm() -> None:
    image = a_scan()
    padded = image.data[BRAIN.data].sum(dtype=np.float64) * 2.0 / (240 * 240 * 155)

    found = measured(image)

    tumor_mean = image.data[TUMOR.data].mean(dtype=np.float64)
    assert found["Mean"] / found["ImageMean"] == pytest.approx(tumor_mean / padded)


@pytest.mark.parametrize("gain", [0.02, 7.0])
def test_the_gain_of_the_scanner_does_not_matter(gain: float) -> None:
    image = a_scan()

    found = measured(image.with_data(image.data * np.float64(gain)))

    assert found == pytest.approx(measured(image), rel=1e-6)


def test_what_lies_outside_the_brain_does_not_count() -> None:
    image = a_scan()
    skull = image.with_data(np.where(BRAIN.data, image.data, np.float32(3000.0)))

    assert measured(skull, tumor=box(1)) == measured(image, tumor=BRAIN)


def test_voxels_that_the_scan_does_not_cover_do_not_count() -> None:
    image = a_scan()
    covered = np.ones(SHAPE, dtype=bool)
    covered[:, :, 13:] = False

    found = measured(image.with_data(np.where(covered, image.data, np.float32(0.0))))

    half = TUMOR.with_data(TUMOR.data & covered)
    whole = measured(image, brain=BRAIN.with_data(BRAIN.data & covered), tumor=half)
    assert found == whole
    assert found["Minimum"] > 0.0


def test_every_quantity_says_what_it_is() -> None:
    found = t1c_intensity(a_scan(), brain=BRAIN, tumor=TUMOR, case_id="phantom")

    assert {name: quantity.name for name, quantity in found.items()} == {n: n for n in found}
    assert {quantity.unit for quantity in found.values()} == {"1"}
    assert found["Median"].region is Region.WT
    assert found["ImageMean"].region is None


def test_an_image_without_a_true_zero_has_no_intensity() -> None:
    image = a_scan()
    inside = image.data[BRAIN.data]
    scored = image.with_data((image.data - inside.mean()) / inside.std())

    assert has_true_zero(image, brain=BRAIN)
    assert not has_true_zero(scored, brain=BRAIN)
    assert measured(scored) == {}


def test_one_percent_of_the_brain_may_lie_below_zero() -> None:
    brain = volume(np.ones((10, 10, 10), dtype=bool))
    data = np.ones(1000)
    data[:10] = -1.0
    few = volume(data.reshape(10, 10, 10))
    more = few.with_data(np.where(np.arange(1000).reshape(10, 10, 10) <= 10, -1.0, 1.0))

    assert has_true_zero(few, brain=brain)
    assert not has_true_zero(more, brain=brain)


def test_without_a_tumor_there_is_no_intensity() -> None:
    nothing = TUMOR.with_data(np.zeros(SHAPE, dtype=bool))

    assert measured(a_scan(), tumor=nothing) == {}


def test_a_tumor_on_another_grid_is_refused() -> None:
    moved = Volume(data=TUMOR.data, affine=np.eye(4))

    with pytest.raises(GridMismatchError, match="tumor"):
        measured(a_scan(), tumor=moved)


def test_the_input_stays_untouched() -> None:
    image = a_scan()
    before = image.data.copy()

    measured(image)

    np.testing.assert_array_equal(image.data, before)
