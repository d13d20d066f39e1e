from __future__ import annotations

import numpy as np
import pytest

from glioscope.core import CaseError, GridMismatchError, Volume
from glioscope.preparation import robust_statistics, robust_zscore


def _image_and_brain(seed: int = 0) -> tuple[Volume, Volume]:
    rng = np.random.default_rng(seed)
    brain = np.zeros((20, 20, 20), dtype=bool)
    brain[4:16, 4:16, 4:16] = True
    data = rng.normal(300.0, 40.0, brain.shape).astype(np.float32)
    return Volume(data=data, affine=np.eye(4)), Volume(data=brain, affine=np.eye(4))


def test_brain_has_median_zero_and_robust_deviation_one_and_outside_is_zero() -> None:
    image, brain = _image_and_brain()

    result = robust_zscore(image, brain=brain, case_id="c")

    median, scale = robust_statistics(result.data, brain.data)
    assert median == pytest.approx(0.0, abs=1e-5)
    assert scale == pytest.approx(1.0, abs=1e-5)
    assert (result.data[~brain.data] == 0).all()
    assert result.data.dtype == np.float32


@pytest.mark.parametrize(("gain", "offset"), [(1.3, 0.0), (0.7, 0.0), (1.0, 500.0), (3.0, -40.0)])
def test_gain_and_offset_of_the_scanner_disappear(gain: float, offset: float) -> None:
    image, brain = _image_and_brain()
    other = image.with_data(image.data * gain + offset)

    one = robust_zscore(image, brain=brain, case_id="c").data
    two = robust_zscore(other, brain=brain, case_id="c").data

    np.testing.assert_allclose(one, two, atol=1e-3)


def test_values_on_paper() -> None:
    data = np.arange(9, dtype=np.float64).reshape(1, 1, 9)
    image = Volume(data=data, affine=np.eye(4))
    brain = image.with_data(np.ones(image.shape, dtype=bool))

    result = robust_zscore(image, brain=brain, case_id="c")

    np.testing.assert_allclose(result.data[0, 0], (np.arange(9) - 4) / (4 / 1.349), rtol=1e-6)


def test_outliers_are_clipped_and_the_input_is_untouched() -> None:
    image, brain = _image_and_brain()
    image.data[5, 5, 5] = 1e6
    image.data[6, 6, 6] = -1e6
    before = image.data.copy()

    result = robust_zscore(image, brain=brain, case_id="c")

    assert result.data[5, 5, 5] == 12.0
    assert result.data[6, 6, 6] == -6.0
    np.testing.assert_array_equal(image.data, before)


def test_refuses_an_empty_mask_a_constant_brain_and_another_grid() -> None:
    image, brain = _image_and_brain()
    with pytest.raises(CaseError, match="--brain-mask"):
        robust_zscore(image, brain=brain.with_data(brain.data & False), case_id="c")
    with pytest.raises(CaseError, match="one intensity"):
        robust_zscore(image.with_data(np.ones(image.shape)), brain=brain, case_id="c")
    moved = Volume(data=brain.data, affine=np.diag([2.0, 1.0, 1.0, 1.0]))
    with pytest.raises(GridMismatchError):
        robust_zscore(image, brain=moved, case_id="c")
