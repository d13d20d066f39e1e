from itertools import permutations, product

import numpy as np
import pytest

from glioscope.core import Case, Label, Sequence, Volume
from glioscope.segmentation import to_patient_grid


def a_case(reference_grid: Volume) -> tuple[Case, Volume]:
    """A case whose brain holds an oedema at x = -15 mm, the patient's left."""
    affine = np.eye(4)
    affine[:3, 3] = (-30.0, -30.0, -30.0)
    grid = Volume(data=np.zeros((61, 61, 61), dtype=np.float32), affine=affine)
    labels = np.zeros(grid.shape, dtype=np.uint8)
    labels[10:21, 25:36, 20:41] = Label.EDEMA
    labels[13:18, 28:33, 25:36] = Label.ENHANCING
    case = Case(
        case_id="p",
        images={Sequence.T1C: grid},
        brain=grid.with_data(np.ones(grid.shape, dtype=bool)),
        heads={},
        reference=Sequence.T1C,
        reference_grid=reference_grid,
    )
    return case, grid.with_data(labels)


def oriented(order: tuple[int, ...], signs: tuple[int, ...], turn_deg: float) -> Volume:
    """A grid of the given axis order and flips, tilted, 1 x 1.5 x 3 mm, centered on the world."""
    shape, spacing = (64, 44, 24), (1.0, 1.5, 3.0)
    angle = np.deg2rad(turn_deg)
    tilt = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    affine = np.eye(4)
    for axis in range(3):
        affine[:3, axis] = 0.0
        affine[order[axis], axis] = signs[axis] * spacing[axis]
    affine[:3, :3] = tilt @ affine[:3, :3]
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Volume(data=np.zeros(shape, dtype=np.float32), affine=affine)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("turn_deg", [0.0, 17.0])
def test_labels_stay_where_they_are_on_every_grid(order: tuple[int, ...], turn_deg: float) -> None:
    for signs in product((-1, 1), repeat=3):
        case, labels = a_case(oriented(order, signs, turn_deg))

        result = to_patient_grid(labels, case)

        center_mm = result.world(np.argwhere(result.data > 0)).mean(axis=0)
        volume_ml = (result.data > 0).sum() * result.voxel_volume_ml
        np.testing.assert_allclose(center_mm, (-15.0, 0.0, 0.0), atol=0.6)
        assert volume_ml == pytest.approx(11 * 11 * 21 / 1000, rel=0.25)  # a voxel is 3 mm thick
        assert set(np.unique(result.data)) == {0, Label.EDEMA, Label.ENHANCING}
        assert result.data.dtype == np.uint8
