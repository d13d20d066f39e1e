"""Cases that lie in template space: the truth of their place is known without registration."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import Case, Label, Segmentation, Volume
from glioscope.io import load_template
from glioscope.preparation import TemplateFit
from glioscope.simulation import phantom_case

Ball = tuple[tuple[float, float, float], float, Label]
MakeCase = Callable[..., tuple[Case, Segmentation]]


def case_with_balls(
    *balls: Ball,
    axes: tuple[int, int, int] = (1, 1, 1),
    order: tuple[int, int, int] = (0, 1, 2),
    mirror: bool = False,
) -> tuple[Case, Segmentation]:
    """Return a brain-filled 2 mm grid in MNI world with balls of tumor.

    Args:
        balls: Center (MNI mm), radius (mm), label; a later one overwrites an earlier one.
        axes: Direction of each voxel axis.
        order: World axis of each voxel axis.
        mirror: Mirror the world points of the balls in x = 0.
    """
    brain = _grid(axes, order)
    points = brain.world(np.moveaxis(np.indices(brain.shape), 0, -1))
    labels = np.zeros(brain.shape, dtype=np.uint8)
    for center, radius, label in balls:
        middle = np.array(center) * ((-1.0, 1.0, 1.0) if mirror else (1.0, 1.0, 1.0))
        labels[((points - middle) ** 2).sum(axis=-1) <= radius**2] = int(label)
    image = _template_on(axes, order)
    case = phantom_case(image, brain=brain)
    return case, Segmentation(case_id="phantom", labels=brain.with_data(labels))


@lru_cache(maxsize=8)
def _template_on(axes: tuple[int, int, int], order: tuple[int, int, int]) -> Volume:
    """Return the template's T1, what a scan of a brain in template space looks like."""
    grid, t1 = _grid(axes, order), load_template().t1
    index = np.rint(t1.index(grid.world(np.moveaxis(np.indices(grid.shape), 0, -1)))).astype(int)
    return grid.with_data(t1.data[tuple(np.moveaxis(index, -1, 0))])


def _grid(axes: tuple[int, int, int], order: tuple[int, int, int]) -> Volume:
    size = np.array([91, 109, 91])
    low = np.array([-90.0, -126.0, -72.0])
    affine = np.eye(4)
    affine[:3, :3] = 0.0
    for voxel_axis, (sign, world_axis) in enumerate(zip(axes, order, strict=True)):
        affine[world_axis, voxel_axis] = 2.0 * sign
        affine[world_axis, 3] = low[world_axis] + (
            0.0 if sign > 0 else 2.0 * (size[world_axis] - 1)
        )
    i, j, k = (int(size[axis]) for axis in order)
    data = np.zeros((i, j, k), dtype=bool)
    data[1:-1, 1:-1, 1:-1] = True
    return Volume(data=data, affine=affine)


def fit_with(
    displacement: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]] | None = None,
    *,
    affine: npt.NDArray[np.float64] | None = None,
) -> TemplateFit:
    """Return a map from case to template: ``affine(x + displacement(x))``."""
    grid = np.diag([4.0, 4.0, 4.0, 1.0])
    grid[:3, 3] = (-100.0, -136.0, -80.0)
    shape = (51, 61, 51)
    points = np.moveaxis(np.indices(shape), 0, -1) * 4.0 + grid[:3, 3]
    moved = np.zeros((*shape, 3)) if displacement is None else displacement(points)
    return TemplateFit(
        affine=np.eye(4) if affine is None else affine,
        displacement_mm=moved.astype(np.float32),
        displacement_affine=grid,
        similarity=1.0,
        affine_similarity=1.0,
    )


@pytest.fixture(scope="session")
def make_case() -> MakeCase:
    return case_with_balls


@pytest.fixture(scope="session")
def make_fit() -> Callable[..., TemplateFit]:
    return fit_with
