"""What the brain extraction finds, keeps whole and refuses."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from glioscope.core import CaseError, Sequence, Volume
from glioscope.preparation.brain import SPACING_MM, extract_brain, without_appendages
from glioscope.preparation.grid import resampled_mask
from glioscope.simulation import SimulatedPatient, SimulationConfig, simulate_patient

SHAPE = (100, 110, 90)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
Floats = npt.NDArray[np.floating]


@cache
def _patient() -> SimulatedPatient:
    return simulate_patient(4, SimulationConfig(spacing_mm=2.0))


def _offsets() -> Floats:
    axes = [np.arange(count) - count / 2 for count in SHAPE]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def _noise() -> Floats:
    return np.random.default_rng(0).normal(100, 20, SHAPE)


def _blobs() -> Floats:
    return np.asarray(ndimage.gaussian_filter(np.random.default_rng(1).normal(0, 20, SHAPE), 4))


def _legs() -> Floats:
    right, front, _ = _offsets()
    radius = np.minimum(np.hypot(right - 24, front), np.hypot(right + 24, front))
    return np.asarray(np.where(radius < 20, 100.0, 0.0) + np.where(radius < 6, 60.0, 0.0))


def _shell() -> Floats:
    radius = np.sqrt((_offsets() ** 2).sum(axis=0))
    return np.asarray(np.where((radius > 38) & (radius < 43), 100.0, 0.0))


@pytest.mark.parametrize(
    "image",
    [_noise, _blobs, _legs, _shell, lambda: _offsets()[0], lambda: np.ones(SHAPE)],
    ids=["noise", "smooth noise", "two legs", "a hollow ball", "a ramp", "constant"],
)
def test_an_image_without_a_brain_is_refused(image: Callable[[], Floats]) -> None:
    with pytest.raises(CaseError, match=r"case p7: .*--brain-mask"):
        extract_brain(Volume(data=image().astype(np.float32), affine=AFFINE), case_id="p7")


@pytest.mark.parametrize("sequence", list(Sequence))
def test_the_brain_of_a_simulated_head_is_found(sequence: Sequence) -> None:
    patient = _patient()
    series = next(s for s in patient.study.series if Sequence(s.series_id) is sequence)
    back = np.asarray(np.linalg.inv(patient.truth.poses[sequence].to_reference))
    truth = resampled_mask(patient.truth.brain, like=series.volume, to_reference=back).data

    found = extract_brain(series.volume, case_id="p").data

    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.93


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("flip", [(), (0, 2)])
def test_the_order_of_the_voxels_does_not_matter(
    axes: tuple[int, ...], flip: tuple[int, ...]
) -> None:
    head = _patient().study.series[0].volume
    found = extract_brain(head, case_id="p")
    data, affine = np.flip(head.data, flip), head.affine.copy()
    for axis in flip:
        affine[:3, 3] += affine[:3, axis] * (head.shape[axis] - 1)
        affine[:3, axis] *= -1
    turned = Volume(data=np.ascontiguousarray(data.transpose(axes)), affine=affine[:, [*axes, 3]])

    again = extract_brain(turned, case_id="p").data

    expected = np.flip(found.data, flip).transpose(axes)
    assert (again != expected).sum() < 0.001 * expected.sum()


def test_what_hangs_on_the_brain_by_a_thin_bridge_is_cleared() -> None:
    brain = np.zeros((60, 60, 60), dtype=np.float32)
    brain[15:45, 15:45, 15:45] = 1
    probs = brain.copy()
    probs[28:31, 45:50, 20:23] = 1  # a bridge of 7.5 mm
    probs[24:35, 50:58, 16:27] = 1  # an orbit

    kept = without_appendages(probs, inside=0.5)

    assert kept[24:35, 50:58, 16:27].max() == 0
    rounded_off = (kept < brain).sum() * SPACING_MM**3 / 1000
    assert rounded_off < 0.02 * brain.sum() * SPACING_MM**3 / 1000
