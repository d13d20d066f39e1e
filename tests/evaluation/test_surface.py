"""Surface distances against geometry and against MONAI."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.evaluation import ABSENT_HD95_MM, SurfaceDistances, hd95_mm, normalized_surface_dice

ISOTROPIC = (1.0, 1.0, 1.0)
GOLDEN_FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((GOLDEN_FOLDER / "surface.json").read_text(encoding="utf-8"))
SHAPES = json.loads((GOLDEN_FOLDER / "shape.json").read_text(encoding="utf-8"))["masks"]


def ball(
    radius_mm: float,
    *,
    spacing_mm: tuple[float, float, float] = ISOTROPIC,
    size: int = 40,
    offset_mm: float = 0.0,
) -> npt.NDArray[np.bool_]:
    axes = [(np.arange(size) - size / 2) * step for step in spacing_mm]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return np.asarray((x - offset_mm) ** 2 + y**2 + z**2 <= radius_mm**2)


@pytest.mark.parametrize("spacing_mm", [ISOTROPIC, (1.0, 0.9, 1.6)])
def test_concentric_balls_are_as_far_apart_as_their_radii(
    spacing_mm: tuple[float, float, float],
) -> None:
    inner, outer = ball(10.0, spacing_mm=spacing_mm), ball(14.0, spacing_mm=spacing_mm)

    measured = hd95_mm(inner, outer, spacing_mm=spacing_mm)

    assert measured == pytest.approx(4.0, abs=max(spacing_mm) / 2)


def test_shifted_masks_are_apart_by_the_shift() -> None:
    mask = np.zeros((30, 30, 30), dtype=bool)
    mask[5:15, 5:25, 5:25] = True
    moved = np.roll(mask, 3, axis=0)

    # Of the box of 10 x 20 x 20 the two faces across the shift are more than 5% of the area.
    assert hd95_mm(mask, moved, spacing_mm=(2.0, 1.0, 1.0)) == pytest.approx(6.0)


def test_surface_dice_counts_the_area_within_the_tolerance() -> None:
    inner, outer = ball(10.0), ball(12.0)

    assert normalized_surface_dice(inner, outer, spacing_mm=ISOTROPIC, tolerance_mm=3.0) == 1.0
    assert normalized_surface_dice(inner, outer, spacing_mm=ISOTROPIC, tolerance_mm=0.9) == 0.0


def test_tolerance_is_inclusive() -> None:
    mask = np.zeros((20, 20, 20), dtype=bool)
    mask[5:10, 5:10, 5:10] = True

    moved = np.roll(mask, 1, axis=0)

    assert normalized_surface_dice(mask, moved, spacing_mm=(0.7, 1, 1), tolerance_mm=0.7) == 1.0


def test_empty_masks_score_as_in_brats() -> None:
    empty, full = np.zeros((8, 8, 8), dtype=bool), ball(2.0, size=8)

    assert hd95_mm(empty, empty, spacing_mm=ISOTROPIC) == 0.0
    assert hd95_mm(full, empty, spacing_mm=ISOTROPIC) == ABSENT_HD95_MM
    assert hd95_mm(empty, full, spacing_mm=ISOTROPIC) == ABSENT_HD95_MM
    assert normalized_surface_dice(empty, empty, spacing_mm=ISOTROPIC) == 1.0
    assert normalized_surface_dice(full, empty, spacing_mm=ISOTROPIC) == 0.0


def test_measuring_leaves_the_masks_untouched() -> None:
    one, other = ball(5.0, size=20), ball(6.0, size=20)
    before = one.copy(), other.copy()

    SurfaceDistances.between(one, other, spacing_mm=ISOTROPIC)

    assert np.array_equal(one, before[0])
    assert np.array_equal(other, before[1])


@pytest.mark.parametrize("name", GOLDEN["pairs"])
def test_distances_agree_with_monai(name: str) -> None:
    shape, spacing_mm = SHAPES[name]["shape"], tuple(SHAPES[name]["spacing_mm"])
    with np.load(GOLDEN_FOLDER / "shape_masks.npz") as masks:
        mask = np.unpackbits(masks[name], count=math.prod(shape)).astype(bool).reshape(shape)
    truth = np.pad(mask, 4)
    prediction = np.roll(truth, (1, 2, -1), (0, 1, 2))
    half = truth.shape[2] // 2
    prediction[:, :, :half] |= truth[:, :, :half]

    distances = SurfaceDistances.between(prediction, truth, spacing_mm=spacing_mm)

    expected = GOLDEN["pairs"][name]
    assert distances.hd95_mm() == pytest.approx(expected["hd95_mm"], rel=1e-5)
    # Blobs hold a few cubes of voxels that touch crosswise, which MONAI joins in another way.
    assert distances.normalized_surface_dice(GOLDEN["tolerance_mm"]) == pytest.approx(
        expected["normalized_surface_dice"], abs=1e-3 if name.startswith("blob") else 1e-5
    )
