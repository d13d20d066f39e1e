import numpy as np
import pytest

from glioscope.core import (
    GeometryError,
    GridMismatchError,
    Volume,
    check_same_grid,
    grid_difference,
)

OBLIQUE = np.array(
    [[0.9, -0.3, 0.1, 12.0], [0.2, 1.1, -0.4, -7.0], [0.0, 0.5, 4.8, 30.0], [0.0, 0.0, 0.0, 1.0]]
)


def a_volume(affine: np.ndarray = OBLIQUE) -> Volume:
    return Volume(data=np.zeros((4, 5, 6), dtype=np.float32), affine=affine)


def test_index_undoes_world() -> None:
    points = np.array([[0.0, 0.0, 0.0], [1.5, 2.5, 3.5]])

    np.testing.assert_allclose(a_volume().index(a_volume().world(points)), points, atol=1e-12)


def test_spacing_is_the_length_of_the_columns() -> None:
    assert a_volume(np.diag([0.5, 0.75, 5.5, 1.0])).spacing_mm == (0.5, 0.75, 5.5)


def test_a_voxel_of_one_by_one_by_five_and_a_half_mm_is_0_0055_ml() -> None:
    volume = a_volume(np.diag([-1.0, 1.0, 5.5, 1.0]))

    assert volume.voxel_volume_ml == pytest.approx(0.0055)


@pytest.mark.parametrize("shape", [(4, 4), (3, 4, 5, 2), (0, 4, 4)])
def test_what_is_not_three_dimensional_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(GeometryError, match="not a 3D volume"):
        Volume(data=np.zeros(shape), affine=np.eye(4))


@pytest.mark.parametrize(
    ("affine", "said"),
    [
        (np.full((4, 4), np.nan), "finite"),
        (np.eye(3), "4 x 4"),
        (np.diag([1.0, 1.0, 0.0, 1.0]), "no volume"),
    ],
)
def test_an_impossible_affine_is_refused(affine: np.ndarray, said: str) -> None:
    with pytest.raises(GeometryError, match=said):
        Volume(data=np.zeros((2, 2, 2)), affine=affine)


def test_the_affine_is_copied_and_read_only() -> None:
    affine = np.eye(4)
    volume = Volume(data=np.zeros((2, 2, 2)), affine=affine)
    affine[0, 0] = 9.0

    assert volume.affine[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        volume.affine[0, 0] = 2.0


def test_with_data_keeps_the_grid_and_refuses_another_shape() -> None:
    volume = a_volume()

    assert grid_difference(volume, volume.with_data(np.ones((4, 5, 6)))) is None
    with pytest.raises(GridMismatchError, match=r"\(1, 2, 3\)"):
        volume.with_data(np.ones((1, 2, 3)))


def test_a_shift_of_a_tenth_of_a_millimetre_is_another_grid() -> None:
    shifted = OBLIQUE.copy()
    shifted[0, 3] += 0.1

    with pytest.raises(GridMismatchError, match=r"case p: mask and image .* 0\.1 mm"):
        check_same_grid(case_id="p", image=a_volume(), mask=a_volume(shifted))
