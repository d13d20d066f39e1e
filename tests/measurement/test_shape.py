"""The shape features against PyRadiomics itself, and against formulas."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import Volume
from glioscope.measurement import SHAPE_UNITS, shape_features

GOLDEN_FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((GOLDEN_FOLDER / "shape.json").read_text(encoding="utf-8"))


def golden_mask(name: str) -> Volume:
    shape = GOLDEN["masks"][name]["shape"]
    with np.load(GOLDEN_FOLDER / "shape_masks.npz") as masks:
        mask = np.unpackbits(masks[name], count=math.prod(shape)).astype(bool).reshape(shape)
    return Volume(data=mask, affine=np.diag([*GOLDEN["masks"][name]["spacing_mm"], 1.0]))


def cuboid(affine: npt.NDArray[np.float64] | None = None) -> Volume:
    mask = np.zeros((14, 12, 10), dtype=bool)
    mask[2:12, 2:8, 3:7] = True
    return Volume(data=mask, affine=np.eye(4) if affine is None else affine)


@pytest.mark.parametrize("name", GOLDEN["masks"])
def test_every_feature_equals_pyradiomics(name: str) -> None:
    expected = GOLDEN["masks"][name]["features"]

    found = shape_features(golden_mask(name))

    assert set(found) == set(expected) == set(SHAPE_UNITS)
    for feature, value in expected.items():
        # A value that is 0 on paper comes out as rounding noise in both.
        assert found[feature] == pytest.approx(value, rel=1e-6, abs=1e-6), feature


def test_voxel_volume_and_axes_of_a_cuboid_are_those_on_paper() -> None:
    features = shape_features(cuboid(np.diag([2.0, 1.0, 1.0, 1.0])))

    assert features["VoxelVolume"] == 2.0 * 10 * 6 * 4
    assert features["MajorAxisLength"] == pytest.approx(4 * 2.0 * math.sqrt((10**2 - 1) / 12))
    assert features["Elongation"] == pytest.approx(math.sqrt((6**2 - 1) / (10**2 - 1)) / 2)


def test_directions_of_the_axes_do_not_matter() -> None:
    turned = np.array([[0, -1.0, 0, 5], [1.0, 0, 0, -3], [0, 0, 1.0, 9], [0, 0, 0, 1]])

    assert shape_features(cuboid(turned)) == shape_features(cuboid())


def test_what_lies_around_the_mask_does_not_matter() -> None:
    mask = cuboid()
    padded = Volume(data=np.pad(mask.data, ((5, 0), (0, 7), (3, 3))), affine=np.eye(4))

    assert shape_features(padded) == shape_features(mask)


def test_an_empty_mask_has_no_features() -> None:
    assert shape_features(Volume(data=np.zeros((4, 4, 4), dtype=bool), affine=np.eye(4))) == {}
