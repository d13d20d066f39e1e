import numpy as np
import pytest

from glioscope.core import CaseError, Volume
from glioscope.segmentation import NetworkGrid


def a_brain(shape: tuple[int, int, int] = (60, 70, 50)) -> Volume:
    data = np.zeros(shape, dtype=bool)
    data[10:50, 12:60, 8:45] = True
    return Volume(data=data, affine=np.eye(4))


@pytest.mark.parametrize("spacing_mm", [1.0, 1.5, 2.0])
def test_the_grid_holds_the_brain_and_its_margin(spacing_mm: float) -> None:
    grid = NetworkGrid.around(a_brain(), spacing_mm=spacing_mm, margin_mm=5.0, stride=16)

    first = np.array(grid.start)
    last = first + (np.array(grid.shape) - 1) * np.array(grid.step)
    assert (first <= np.array([10, 12, 8]) - 5.0 + 1e-9).all()
    assert (last >= np.array([49, 59, 44]) + 5.0 - 1e-9).all()
    assert all(count % 16 == 0 for count in grid.shape)


def test_a_linear_ramp_survives_the_way_to_the_network_and_back() -> None:
    i, j, k = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in (60, 70, 50)], indexing="ij")
    ramp = 2 * i - j + 0.5 * k
    grid = NetworkGrid.around(a_brain(), spacing_mm=1.5, margin_mm=2.0, stride=8)

    back = grid.to_case(grid.from_case(ramp), like=a_brain())

    np.testing.assert_allclose(back[11:49, 13:59, 9:44], ramp[11:49, 13:59, 9:44], atol=1e-3)


def test_outside_the_grid_the_case_is_zero() -> None:
    grid = NetworkGrid.around(a_brain((200, 200, 200)), spacing_mm=2.0, margin_mm=0.0, stride=8)

    back = grid.to_case(np.ones(grid.shape, dtype=np.float32), like=a_brain((200, 200, 200)))

    assert back[150:].max() == 0.0
    assert back[20:40, 20:50, 20:40].min() == pytest.approx(1.0)


def test_an_empty_brain_is_refused() -> None:
    with pytest.raises(CaseError, match="empty"):
        NetworkGrid.around(
            Volume(data=np.zeros((4, 4, 4), dtype=bool), affine=np.eye(4)),
            spacing_mm=1.5,
            margin_mm=0.0,
            stride=8,
        )
