from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import Acquisition, Quality, Sequence, Series, Severity, Volume
from glioscope.preparation.quality import measure_quality, refusal

SHAPE = (110, 116, 36)
SPACING_MM = (2.0, 2.0, 4.0)
SIGMA = 8.0
BRAIN, MIDDLE = 200.0, 300.0


def _phantom(sigma: float = SIGMA, seed: int = 0) -> npt.NDArray[np.float32]:
    """A ball of one tissue in a ball of another, in air, with Rician noise."""
    grid = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in SHAPE), indexing="ij", sparse=True)
    radius_mm = np.sqrt(
        sum((mm * axis) ** 2 for mm, axis in zip(SPACING_MM, grid, strict=True)) + 0.0
    )
    clean = np.where(radius_mm < 82.0, BRAIN, 0.0)
    clean[radius_mm < 50.0] = MIDDLE
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, sigma, (2, *SHAPE))
    return np.asarray(np.hypot(clean + noise[0], noise[1]), dtype=np.float32)


def _measured(data: npt.NDArray[np.float32], thickness_mm: float | None = None) -> Quality:
    series = Series(
        series_id="1",
        volume=Volume(data=data, affine=np.diag([*SPACING_MM, 1.0])),
        acquisition=Acquisition(slice_thickness_mm=thickness_mm),
    )
    return measure_quality(series, sequence=Sequence.T1, stripped=False)


def _codes(quality: Quality) -> dict[str, Severity]:
    return {notice.code: notice.severity for notice in quality.notices}


@pytest.mark.parametrize("sigma", [4.0, 8.0, 16.0])
def test_signal_to_noise_of_a_phantom_is_right_within_a_tenth(sigma: float) -> None:
    clean = _phantom(sigma=0.0)
    truth = float(clean[clean > 0].mean()) / sigma

    quality = _measured(_phantom(sigma=sigma))

    assert quality.snr == pytest.approx(truth, rel=0.1)
    assert quality.contrast_to_noise == pytest.approx((MIDDLE - BRAIN) / sigma, rel=0.1)


@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_noise_of_few_grey_levels_is_measured_too(sigma: float) -> None:
    clean = _phantom(sigma=0.0)
    truth = float(clean[clean > 0].mean()) / sigma

    quality = _measured(np.round(_phantom(sigma=sigma)))

    assert quality.snr == pytest.approx(truth, rel=0.1)


def test_a_clean_phantom_has_only_what_is_true_of_it() -> None:
    quality = _measured(_phantom())

    assert quality.coverage_mm == pytest.approx(SHAPE[2] * SPACING_MM[2])
    assert quality.noise_slices == ()
    assert quality.motion == pytest.approx(0.0, abs=0.005)
    assert quality.saturated_percent == 0.0
    assert _codes(quality) == {"slices-thick": Severity.INFO}
    assert refusal(quality) is None


@pytest.mark.parametrize(("axis", "strength"), [(0, 0.06), (1, 0.1)])
def test_ghosts_along_either_axis_are_seen(axis: int, strength: float) -> None:
    data = _phantom()
    ghosted = data + strength * np.roll(data, SHAPE[axis] // 2, axis=axis)

    quality = _measured(ghosted.astype(np.float32))

    assert quality.motion is not None
    assert quality.motion > 0.03
    assert "motion" in _codes(quality)


def test_noise_slices_at_the_end_warn_and_within_the_head_alarm() -> None:
    rng = np.random.default_rng(1)
    data = _phantom()
    data[..., -2:] = rng.rayleigh(60.0, (*SHAPE[:2], 2))
    at_the_end = _measured(data)
    data[..., 15] = rng.rayleigh(60.0, SHAPE[:2])
    within = _measured(data)

    assert at_the_end.noise_slices == (34, 35)
    assert _codes(at_the_end)["noise-slices"] is Severity.WARNING
    assert at_the_end.coverage_mm == pytest.approx(34 * SPACING_MM[2])
    assert within.noise_slices == (15, 34, 35)
    assert _codes(within)["noise-slices-inside"] is Severity.ALARM
    assert any("slices 16, " not in notice.message for notice in within.notices)


@pytest.mark.parametrize("filling", [0.0, 7.0])
def test_a_wedge_of_an_earlier_registration_is_found(filling: float) -> None:
    data = _phantom()
    i, j, k = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij", sparse=True)
    data[0.4 * i + 1.0 * j + 12.0 * (k - 24) > 140.0] = filling

    quality = _measured(data)

    (notice,) = (n for n in quality.notices if n.code == "registration-wedge")
    assert notice.severity is Severity.WARNING
    assert "cuts T1 in slices" in notice.message


def test_a_masked_background_is_no_wedge_and_has_no_noise() -> None:
    data = _phantom()
    data[data < 100.0] = 0.0

    quality = _measured(data)

    assert quality.snr is None
    assert quality.contrast_to_noise is None
    assert quality.motion is None
    assert "registration-wedge" not in _codes(quality)


def test_saturation_gaps_and_noise_warn() -> None:
    saturated = np.minimum(_phantom(), MIDDLE)

    assert _measured(saturated).saturated_percent > 5.0
    assert "saturated" in _codes(_measured(saturated))
    assert _codes(_measured(_phantom(), thickness_mm=2.0))["slice-gaps"] is Severity.WARNING
    assert _codes(_measured(_phantom(sigma=30.0)))["snr-low"] is Severity.WARNING


def test_what_cannot_work_is_refused_with_the_reason() -> None:
    rng = np.random.default_rng(0)
    all_noise = _measured(rng.rayleigh(20.0, SHAPE).astype(np.float32))
    short = _measured(_phantom()[..., 14:24])
    few = _measured(_phantom()[..., 16:20])

    assert "noise" in str(refusal(all_noise))
    assert "covers only 40 mm" in str(refusal(short))
    assert "only 4 slices" in str(refusal(few))


def test_air_above_a_head_that_ends_is_told_without_a_warning() -> None:
    rng = np.random.default_rng(1)
    air = np.hypot(*rng.normal(0.0, 4.0, (2, *SHAPE[:2], 3)))
    data = np.concatenate([_phantom(sigma=4.0), air.astype(np.float32)], axis=2)

    quality = _measured(data)

    assert set(quality.noise_slices) >= {36, 37, 38}
    assert _codes(quality)["noise-slices"] is Severity.INFO
