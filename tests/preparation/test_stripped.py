from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import CaseError, Volume
from glioscope.preparation.stripped import (
    background_value,
    foreground_mask,
    is_stripped,
    require_foreground,
)

SHAPE = (90, 100, 84)
SPACING_MM = 2.0


def radius_mm(stretch: tuple[float, float, float] = (1.0, 1.2, 0.9)) -> npt.NDArray[np.float64]:
    axes = np.indices(SHAPE, dtype=np.float64)
    center = (np.array(SHAPE) - 1) / 2
    scaled = [(axes[n] - center[n]) * SPACING_MM / stretch[n] for n in range(3)]
    return np.asarray(np.sqrt(sum(axis**2 for axis in scaled)))


def image(data: npt.NDArray[np.float64]) -> Volume:
    return Volume(data=data, affine=np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]))


def brain(background: float, *, csf: float = 40.0) -> Volume:
    r = radius_mm()
    data = np.full(SHAPE, background)
    data[r <= 70] = csf
    data[r <= 66] = 100 + 8 * np.random.default_rng(1).standard_normal(int((r <= 66).sum()))
    return image(data)


def head(*, scale: float = 1.0, noise: float = 0.0) -> Volume:
    r = radius_mm() / scale
    data = np.zeros(SHAPE)
    for outer, level in ((86.0, 180.0), (80.0, 15.0), (71.0, 30.0), (68.0, 100.0)):
        data[r <= outer] = level
    return image(data + noise * np.abs(np.random.default_rng(2).standard_normal(SHAPE)))


@pytest.mark.parametrize("background", [0.0, -3.16, 1000.0])
@pytest.mark.parametrize("csf", [40.0, 220.0])
def test_a_brain_on_any_constant_background_is_stripped(background: float, csf: float) -> None:
    assert is_stripped(brain(background, csf=csf))


def test_a_head_in_noise_is_not_stripped() -> None:
    assert not is_stripped(head(noise=3.0))


def test_a_head_on_a_masked_background_is_too_large_for_a_brain() -> None:
    assert not is_stripped(head())


def test_a_small_head_on_a_masked_background_is_known_by_its_scalp() -> None:
    small = head(scale=0.85)
    size_ml = np.count_nonzero(foreground_mask(small).data) * small.voxel_volume_ml

    assert size_ml < 2000
    assert not is_stripped(small)


def test_a_constant_image_is_not_stripped() -> None:
    assert not is_stripped(image(np.zeros(SHAPE)))


def test_foreground_is_the_brain_with_its_holes_and_without_crumbs() -> None:
    stripped = brain(-3.16)
    truth = radius_mm() <= 70
    data = stripped.data.copy()
    data[45, 50, 42] = -3.16
    data[1, 1, 1] = 7.0

    mask = foreground_mask(stripped.with_data(data))

    assert mask.data.dtype == bool
    assert np.array_equal(mask.data, truth)
    assert background_value(stripped) == -3.16


def test_foreground_reaches_the_end_of_the_grid() -> None:
    data = brain(0.0).data[:, :, :40]

    mask = foreground_mask(image(data))

    assert np.array_equal(mask.data, (radius_mm() <= 70)[:, :, :40])


def test_foreground_of_unsigned_bytes_and_of_float32_is_the_same() -> None:
    data = np.clip(brain(0.0).data, 0, 255)

    of_bytes = foreground_mask(image(data.astype(np.uint8)))
    of_float = foreground_mask(image(data.astype(np.uint8).astype(np.float32)))

    assert np.array_equal(of_bytes.data, of_float.data)


def test_a_constant_image_has_no_foreground_and_is_refused() -> None:
    constant = image(np.full(SHAPE, 4.0))

    assert not foreground_mask(constant).data.any()
    with pytest.raises(CaseError, match="case p1: the stripped image is constant"):
        require_foreground(constant, case_id="p1")
