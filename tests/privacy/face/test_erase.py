from __future__ import annotations

import numpy as np
import pytest

from glioscope.core import GridMismatchError, Volume
from glioscope.privacy.face.erase import erase_face


@pytest.fixture
def image() -> Volume:
    data = np.random.default_rng(1).normal(50.0, 20.0, (6, 7, 8)).astype(np.float32)
    return Volume(data=data, affine=np.diag([1.0, 2.0, 3.0, 1.0]))


def mask_of(image: Volume) -> Volume:
    return image.with_data(np.indices(image.shape).sum(axis=0) % 5 == 0)


def test_voxels_of_the_mask_become_the_darkest_and_all_others_keep_their_bits(
    image: Volume,
) -> None:
    before, mask = image.data.copy(), mask_of(image)

    after = erase_face(image, mask)

    assert (after.data[mask.data] == before.min()).all()
    np.testing.assert_array_equal(after.data[~mask.data], before[~mask.data])
    np.testing.assert_array_equal(image.data, before)


def test_the_background_may_be_given(image: Volume) -> None:
    mask = mask_of(image)

    assert (erase_face(image, mask, background=-3.0).data[mask.data] == -3.0).all()


def test_a_mask_on_another_grid_is_refused(image: Volume) -> None:
    other = Volume(data=mask_of(image).data, affine=np.eye(4))

    with pytest.raises(GridMismatchError):
        erase_face(image, other)
