from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from glioscope.core import Case, CaseResult, Region, Sequence, Volume
from glioscope.report.scene import Plane, as_seen, best_slice, make_scene

MakeResult = Callable[..., CaseResult]
ORIENTATIONS = [
    (order, flips) for order in permutations(range(3)) for flips in product((1, -1), repeat=3)
]


def turned(volume: Volume, order: tuple[int, ...], flips: tuple[int, ...]) -> Volume:
    """The same image with its array axes in another order and direction."""
    data = volume.data.transpose(order)
    affine = np.array(volume.affine)
    affine[:, :3] = affine[:, list(order)]
    for axis, flip in enumerate(flips):
        if flip < 0:
            affine[:, 3] += affine[:, axis] * (data.shape[axis] - 1)
            affine[:, axis] *= -1
            data = np.flip(data, axis)
    return Volume(data=data, affine=affine)


def turned_result(result: CaseResult, order: tuple[int, ...], flips: tuple[int, ...]) -> CaseResult:
    """The same patient on a grid with other axes."""

    def turn(volume: Volume) -> Volume:
        return turned(volume, order, flips)

    case = result.case
    images = {sequence: turn(volume) for sequence, volume in case.images.items()}
    turned_case: Case = replace(case, images=images, heads=images, brain=turn(case.brain))
    segmentation = replace(result.segmentation, labels=turn(result.segmentation.labels))
    return replace(result, case=turned_case, segmentation=segmentation)


@pytest.mark.parametrize(("order", "flips"), ORIENTATIONS)
def test_every_order_and_flip_ends_in_the_same_view(
    order: tuple[int, int, int], flips: tuple[int, int, int]
) -> None:
    data = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    affine = np.diag([2.0, 1.0, 3.0, 1.0])
    affine[:3, 3] = (-7.0, 5.0, 11.0)
    volume = Volume(data=data, affine=affine)

    seen = as_seen(turned(volume, order, flips))

    np.testing.assert_array_equal(seen.data, data[::-1, ::-1, ::-1])
    np.testing.assert_allclose(seen.spacing_mm, (2.0, 1.0, 3.0))
    np.testing.assert_allclose(seen.world((0, 0, 0)), volume.world((1, 2, 3)))


def test_an_oblique_grid_turns_to_the_nearest_view() -> None:
    angle = np.deg2rad(20.0)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    seen = as_seen(Volume(data=np.zeros((3, 4, 5)), affine=affine))

    assert (np.diag(seen.affine)[:3] < 0).all()


def test_the_scene_keeps_the_tumor_where_it_is(result: CaseResult) -> None:
    scene = make_scene(result)
    labels = result.segmentation.labels

    before = labels.world(np.argwhere(labels.data > 0)).mean(axis=0)
    after = scene.labels.world(np.argwhere(scene.labels.data > 0)).mean(axis=0)

    np.testing.assert_allclose(after, before, atol=1e-6)
    assert scene.labels.data.size < labels.data.size


def test_the_shown_slice_passes_the_middle_of_the_tumor(result: CaseResult) -> None:
    scene = make_scene(result)

    for plane, middle_mm in ((Plane.SAGITTAL, -32.0), (Plane.CORONAL, 20.0), (Plane.AXIAL, 25.0)):
        index = [0, 0, 0]
        index[plane.normal] = best_slice(scene, plane)
        assert scene.labels.world(index)[plane.normal] == pytest.approx(middle_mm, abs=2.0)


def test_without_a_tumor_the_middle_of_the_brain_is_shown(make_result: MakeResult) -> None:
    scene = make_scene(make_result(tumor=False))
    index = (0, 0, best_slice(scene, Plane.AXIAL))

    assert scene.region is None
    assert scene.labels.world(index)[2] == pytest.approx(10.0, abs=2.0)


def test_without_a_core_the_whole_tumor_decides(make_result: MakeResult) -> None:
    assert make_scene(make_result(core=False)).region is Region.WT


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ((Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR), (Sequence.T1C, Sequence.FLAIR)),
        ((Sequence.T1, Sequence.T2), (Sequence.T2, Sequence.T1)),
        ((Sequence.T1,), (Sequence.T1,)),
    ],
)
def test_the_best_sequences_are_shown(
    make_result: MakeResult, given: tuple[Sequence, ...], shown: tuple[Sequence, ...]
) -> None:
    assert tuple(make_scene(make_result(sequences=given)).images) == shown


def test_without_heads_the_prepared_images_are_shown(result: CaseResult) -> None:
    scene = make_scene(replace(result, case=replace(result.case, heads={})))

    assert tuple(scene.images) == (Sequence.T1C, Sequence.FLAIR)


def test_a_turned_patient_gives_the_same_scene(result: CaseResult) -> None:
    one, other = make_scene(result), make_scene(turned_result(result, (2, 0, 1), (-1, 1, -1)))

    np.testing.assert_array_equal(one.labels.data, other.labels.data)
    np.testing.assert_allclose(one.labels.affine, other.labels.affine, atol=1e-9)
