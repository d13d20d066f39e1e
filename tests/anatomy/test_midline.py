from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.anatomy import midline_plane, midline_shift
from glioscope.anatomy.midline import plane_of_fit
from glioscope.core import Hemisphere
from glioscope.preparation import TemplateFit

MakeFit = Callable[..., TemplateFit]


def push(amount_mm: float) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Return the map back from a brain whose middle is pushed to the right at its center."""

    def displacement(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        distance = np.linalg.norm(points - (0.0, 6.0, 10.0), axis=-1)
        moved = np.zeros_like(points)
        moved[..., 0] = -amount_mm * np.exp(-((distance / 25.0) ** 2))
        return moved

    return displacement


def test_the_plane_of_a_brain_in_template_space_is_x_zero(make_fit: MakeFit) -> None:
    plane = plane_of_fit(make_fit())

    assert plane.normal_mm == pytest.approx((1.0, 0.0, 0.0), abs=1e-6)
    assert plane.side_mm((-7.0, 30.0, 12.0)) == pytest.approx(-7.0, abs=1e-6)


def test_the_plane_turns_with_the_head_and_right_stays_right(make_fit: MakeFit) -> None:
    angle = np.deg2rad(12.0)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turn[:3, 3] = (5.0, -3.0, 8.0)

    plane = plane_of_fit(make_fit(affine=turn))

    middle = np.linalg.inv(turn) @ (0.0, 40.0, 20.0, 1.0)
    right = np.linalg.inv(turn) @ (30.0, 40.0, 20.0, 1.0)
    assert plane.side_mm(middle[:3]) == pytest.approx(0.0, abs=0.01)
    assert plane.side_mm(right[:3]) == pytest.approx(30.0, abs=0.01)


@pytest.mark.parametrize("amount_mm", [0.0, 3.0, 8.0, -8.0])
def test_a_known_push_comes_back_with_its_side(make_fit: MakeFit, amount_mm: float) -> None:
    fit = make_fit(push(amount_mm))

    shift = midline_shift(fit, plane_of_fit(fit))

    moved = amount_mm  # the point that the map takes back to the middle of the template
    for _ in range(50):
        moved = amount_mm * np.exp(-((moved / 25.0) ** 2))
    assert shift.shift_mm == pytest.approx(abs(moved), abs=0.3)
    if amount_mm != 0.0:
        assert shift.towards is (Hemisphere.RIGHT if amount_mm > 0 else Hemisphere.LEFT)
        assert shift.structure == "septum pellucidum"


def test_a_push_at_the_center_leaves_the_ideal_plane_where_it_was(make_fit: MakeFit) -> None:
    plane = plane_of_fit(make_fit(push(10.0)))

    assert plane.side_mm((0.0, 0.0, 0.0)) == pytest.approx(0.0, abs=0.3)


def test_one_attachment_beside_a_tumor_does_not_turn_the_plane(make_fit: MakeFit) -> None:
    def bump(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        moved = np.zeros_like(points)
        distance = np.linalg.norm(points - (0.0, 62.0, 30.0), axis=-1)
        moved[..., 0] = 8.0 * np.exp(-((distance / 12.0) ** 2))
        return moved

    plane = plane_of_fit(make_fit(bump))

    assert abs(float(plane.side_mm((0.0, -90.0, 20.0)))) < 0.7
    assert abs(float(plane.side_mm((0.0, 60.0, 0.0)))) < 1.0


def test_midline_plane_takes_a_fit_that_is_there(
    make_case: Callable[..., tuple[object, object]], make_fit: MakeFit
) -> None:
    case, _ = make_case()

    plane = midline_plane(case, fit=make_fit())  # type: ignore[arg-type]  # the fixture's case

    assert plane.normal_mm == pytest.approx((1.0, 0.0, 0.0), abs=1e-6)
