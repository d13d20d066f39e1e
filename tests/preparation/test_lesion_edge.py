"""A bright lesion at the edge of a tight brain mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glioscope.core import Volume
from glioscope.preparation.lesion_edge import REACH_MM, with_whole_lesions

AFFINE = np.diag([1.0, 1.0, 1.0, 1.0])
SHAPE = (110, 110, 110)
Mask = npt.NDArray[np.bool_]


def _ball(center: tuple[int, int, int], radius: float) -> Mask:
    grid = np.indices(SHAPE) - np.array(center)[:, None, None, None]
    return np.asarray(np.sqrt((grid**2).sum(axis=0)) <= radius)


HEAD, BRAIN = _ball((55, 55, 55), 52), _ball((55, 55, 55), 44)


def _flair(lesion: Mask, *, brightness: float = 180.0) -> Volume:
    rng = np.random.default_rng(0)
    data = rng.normal(100, 10, SHAPE) * BRAIN
    data[HEAD & ~_ball((55, 55, 55), 49)] = 200  # scalp, with dark bone between
    data[lesion] = brightness
    return Volume(data=data.astype(np.float32), affine=AFFINE)


def _volume(mask: Mask) -> Volume:
    return Volume(data=mask, affine=AFFINE)


def test_a_lesion_that_the_mask_cuts_is_followed_to_its_edge() -> None:
    lesion = _ball((90, 55, 55), 12) & _ball((55, 55, 55), 46)
    tight = _volume(_ball((55, 55, 55), 43))

    found = with_whole_lesions(tight, _flair(lesion)).data

    assert (lesion & ~tight.data).sum() > 300
    assert found[lesion].all()
    assert (found & ~tight.data & ~lesion).sum() < 0.2 * (lesion & ~tight.data).sum()


def test_the_scalp_is_not_reached_where_bone_lies_between() -> None:
    lesion = _ball((90, 55, 55), 12) & BRAIN

    found = with_whole_lesions(_volume(BRAIN), _flair(lesion)).data

    assert not (found & ~_ball((55, 55, 55), 47)).any()


def test_without_bone_between_it_ends_at_its_reach() -> None:
    lesion = _ball((97, 55, 55), 14)

    found = with_whole_lesions(_volume(BRAIN), _flair(lesion)).data

    assert not (found & ~_ball((55, 55, 55), 44 + REACH_MM + 0.5)).any()
    assert (found & ~BRAIN).any()


def test_a_thin_bright_ribbon_is_not_followed() -> None:
    ribbon = _ball((55, 55, 55), 46) & ~_ball((55, 55, 55), 41)

    found = with_whole_lesions(_volume(BRAIN), _flair(ribbon)).data

    np.testing.assert_array_equal(found, BRAIN)


def test_a_healthy_brain_keeps_its_mask() -> None:
    healthy = _flair(np.zeros(SHAPE, dtype=bool))

    np.testing.assert_array_equal(with_whole_lesions(_volume(BRAIN), healthy).data, BRAIN)
