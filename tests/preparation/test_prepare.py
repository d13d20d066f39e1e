from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from glioscope.core import (
    Acquisition,
    Case,
    CaseError,
    Sequence,
    Series,
    Severity,
    Study,
    Volume,
    grid_difference,
)
from glioscope.preparation import PrepareConfig, canonical, prepare, resampled, resampled_mask

COARSE = PrepareConfig(spacing_mm=4.0, content=False)
MARKER_MM = np.array([-38.0, 12.0, 20.0])
"""In the left half of the brain."""

AXES = [(order, flips) for order in permutations(range(3)) for flips in product((1, -1), repeat=3)]


def _indices(volume: Volume) -> npt.NDArray[np.int_]:
    return np.moveaxis(np.indices(volume.shape), 0, -1)


def _affine(
    order: tuple[int, ...], flips: tuple[int, ...], spacing_mm: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Voxel axis n runs along world axis ``order[n]``, in the direction of its flip."""
    affine = np.eye(4)
    affine[:3, :3] = 0.0
    for axis, (world, flip) in enumerate(zip(order, flips, strict=True)):
        affine[world, axis] = flip * np.broadcast_to(spacing_mm, 3)[axis]
    return affine


def _brain(affine: npt.NDArray[np.float64], scale: float = 100.0) -> Volume:
    """A stripped brain of 1.1 litres with a dark core and a bright marker on the left.

    The grid is centred on the brain, with the axes of the affine.
    """
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    extent_mm = np.abs(affine[:3, :3] / spacing).T @ np.array([150.0, 180.0, 140.0])
    shape = np.ceil(extent_mm / spacing).astype(int)
    placed = affine.copy()
    placed[:3, 3] = -affine[:3, :3] @ ((shape - 1) / 2)
    i, j, k = shape.tolist()
    volume = Volume(data=np.zeros((i, j, k), dtype=np.float32), affine=placed)
    world = volume.world(_indices(volume))
    inside = ((world / (60.0, 75.0, 58.0)) ** 2).sum(axis=-1) < 1.0
    core = ((world / (25.0, 40.0, 20.0)) ** 2).sum(axis=-1) < 1.0
    texture = 1.0 + 0.1 * np.sin(world[..., 0] / 7.0) * np.cos(world[..., 1] / 9.0)
    data = np.where(inside, scale * texture, 0.0)
    data[core] *= 0.4
    data[np.linalg.norm(world - MARKER_MM, axis=-1) < 9.0] = 4.0 * scale
    return volume.with_data(data.astype(np.float32))


def _study(*series: tuple[Sequence, Volume]) -> Study:
    return Study(
        case_id="phantom",
        series=tuple(
            Series(series_id=f"{n}", volume=volume, declared=sequence)
            for n, (sequence, volume) in enumerate(series)
        ),
    )


def _marker_of(image: Volume, level: float) -> npt.NDArray[np.float64]:
    return image.world(np.argwhere(image.data > level).mean(axis=0))


def _back_on_reference(case: Case) -> Volume:
    marked = case.images[case.reference].with_data(case.images[case.reference].data > 5.0)
    return resampled_mask(marked, like=case.reference_grid)


@pytest.mark.parametrize(("order", "flips"), AXES)
def test_all_48_axis_orders_keep_the_marker_on_its_side(
    order: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    raw = _brain(_affine(order, flips, 4.0))

    case = prepare(_study((Sequence.T1C, raw)), COARSE)

    assert nib.aff2axcodes(case.brain.affine) == ("R", "A", "S")
    np.testing.assert_allclose(_marker_of(case.images[Sequence.T1C], 5.0), MARKER_MM, atol=2.0)
    back = _back_on_reference(case)
    assert grid_difference(back, raw) is None
    np.testing.assert_allclose(_marker_of(back, 0.5), MARKER_MM, atol=2.0)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    axes=st.sampled_from(AXES),
    turn_deg=st.tuples(*[st.floats(-25.0, 25.0)] * 3),
    slice_mm=st.floats(3.0, 6.0),
)
def test_oblique_acquisitions_keep_the_marker_on_its_side(
    axes: tuple[tuple[int, ...], tuple[int, ...]],
    turn_deg: tuple[float, float, float],
    slice_mm: float,
) -> None:
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    raw = _brain(turn @ _affine(*axes, (3.0, 3.0, slice_mm)))

    case = prepare(_study((Sequence.T1C, raw)), COARSE)

    assert np.allclose(case.brain.spacing_mm, 4.0)
    np.testing.assert_allclose(_marker_of(case.images[Sequence.T1C], 5.0), MARKER_MM, atol=3.0)
    np.testing.assert_allclose(_marker_of(_back_on_reference(case), 0.5), MARKER_MM, atol=3.0)


def test_series_of_other_orientations_and_spacings_meet_in_the_reference() -> None:
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xyz", (12.0, -4.0, 6.0), degrees=True).as_matrix()
    reference = _brain(_affine((0, 1, 2), (-1, -1, 1), 3.0))
    other = _brain(turn @ _affine((1, 2, 0), (1, -1, 1), (3.0, 3.0, 5.0)), scale=700.0)

    case = prepare(_study((Sequence.T1C, reference), (Sequence.FLAIR, other)), COARSE)

    found = _marker_of(case.images[Sequence.FLAIR], 5.0)
    np.testing.assert_allclose(found, MARKER_MM, atol=3.0)
    moved = {one.sequence: one.moved_mm for one in case.alignments}
    assert moved[Sequence.FLAIR] < 1.0
    assert not [n for n in case.notices if n.severity is Severity.ALARM]


def test_stripped_and_aligned_data_is_not_processed_twice() -> None:
    one = _brain(_affine((0, 1, 2), (-1, -1, 1), 4.0))
    flair = one.with_data(np.where(one.data > 0, 350.0 - one.data / 2, 0.0).astype(np.float32))

    case = prepare(_study((Sequence.T1C, one), (Sequence.FLAIR, flair)), COARSE)

    assert all(alignment.already_aligned for alignment in case.alignments)
    (notice,) = (n for n in case.notices if n.code == "already-prepared")
    assert "aligned" in notice.message
    assert "skull-stripped" in notice.message
    whole = canonical(one)
    kept = resampled(whole, like=case.brain)
    np.testing.assert_array_equal(case.heads[Sequence.T1C].data, kept.data)
    np.testing.assert_array_equal(case.brain.data, kept.data > 0)


def test_a_normalized_image_of_negative_background_is_recognized() -> None:
    one = _brain(_affine((0, 1, 2), (-1, -1, 1), 4.0))
    inside = one.data > 0
    scaled = (one.data - one.data[inside].mean()) / one.data[inside].std()
    scaled[~inside] = -3.16

    case = prepare(_study((Sequence.T1C, one.with_data(scaled))), COARSE)

    assert any("normalized" in n.message for n in case.notices if n.code == "already-prepared")
    image = case.images[Sequence.T1C].data
    assert np.median(image[case.brain.data]) == pytest.approx(0.0, abs=1e-6)
    assert (image[~case.brain.data] == 0).all()
    assert case.brain.data.sum() == inside.sum()


def test_two_scanners_of_other_gain_differ_by_less_than_five_percent() -> None:
    one = _brain(_affine((0, 1, 2), (1, 1, 1), 4.0))
    other = one.with_data((1.3 * one.data).astype(np.float32))

    first, second = (prepare(_study((Sequence.T1C, v)), COARSE) for v in (one, other))

    difference = first.images[Sequence.T1C].data - second.images[Sequence.T1C].data
    spread = np.ptp(first.images[Sequence.T1C].data)
    assert np.abs(difference).max() < 0.05 * spread


def test_the_mask_of_the_user_overrules_and_follows_its_series() -> None:
    one = _brain(_affine((0, 1, 2), (-1, -1, 1), 4.0))
    given_mask = one.with_data(one.world(_indices(one))[..., 0] < 0)
    study = Study(
        case_id="phantom",
        series=_study((Sequence.T1C, one)).series,
        brain_mask=given_mask,
    )

    case = prepare(study, COARSE)

    used = case.brain.world(np.argwhere(case.brain.data))
    assert used[:, 0].max() < 2.1
    assert used[:, 0].min() < -50.0


def _with_skull() -> Volume:
    """A noisy head, which is not stripped."""
    brain = _brain(_affine((0, 1, 2), (-1, -1, 1), 4.0))
    world = brain.world(_indices(brain))
    depth = ((world / (72.0, 87.0, 69.0)) ** 2).sum(axis=-1)
    scalp = (depth < 1.0) & (depth > 0.86)
    noise = np.random.default_rng(0).rayleigh(3.0, brain.shape)
    return brain.with_data((np.where(scalp, 220.0, brain.data) + noise).astype(np.float32))


def _threshold(head: Volume) -> Volume:
    world = head.world(_indices(head))
    return head.with_data(((world / (60.0, 75.0, 58.0)) ** 2).sum(axis=-1) < 1.0)


def test_heads_are_stripped_by_the_extraction_given() -> None:
    case = prepare(_study((Sequence.T1C, _with_skull())), COARSE, extract=_threshold)

    assert case.brain.data.sum() * 0.064 == pytest.approx(1093.0, rel=0.02)
    assert (case.images[Sequence.T1C].data[~case.brain.data] == 0).all()
    assert case.qualities[0].snr is not None


def test_masks_of_two_sequences_are_joined_but_a_leak_is_not() -> None:
    head = _with_skull()
    flair = head.with_data(head.data[:] * 2.0)

    def extract(image: Volume) -> Volume:
        mask = _threshold(image).data.copy()
        world = image.world(_indices(image))
        if float(image.data.max()) > 600.0:
            mask[np.linalg.norm(world - (70.0, 0.0, 0.0), axis=-1) < 25.0] = True
        else:
            mask[np.linalg.norm(world - (-58.0, 0.0, 0.0), axis=-1) < 5.0] = False
        return image.with_data(mask)

    case = prepare(_study((Sequence.T1C, head), (Sequence.FLAIR, flair)), COARSE, extract=extract)

    used = case.brain.world(np.argwhere(case.brain.data))
    assert used[:, 0].min() < -55.0
    assert 60.0 < used[:, 0].max() < 70.0


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda v: v.with_data(np.random.default_rng(0).rayleigh(9.0, v.shape)), "noise"),
        (lambda v: Volume(data=v.data[:, :, 15:24], affine=v.affine), "covers only"),
    ],
)
def test_a_series_that_cannot_work_is_left_out_or_refused(
    spoil: Callable[[Volume], Volume], reason: str
) -> None:
    head = _with_skull()
    bad = spoil(head)

    case = prepare(_study((Sequence.T1C, head), (Sequence.FLAIR, bad)), COARSE, extract=_threshold)

    assert case.sequences == (Sequence.T1C,)
    (notice,) = (n for n in case.notices if n.code == "sequence-unusable")
    assert notice.severity is Severity.ALARM
    assert reason in notice.message
    with pytest.raises(CaseError, match=reason):
        prepare(_study((Sequence.T1C, bad)), COARSE, extract=_threshold)


def test_series_without_any_name_are_refused() -> None:
    raw = _brain(_affine((0, 1, 2), (1, 1, 1), 4.0))
    study = Study(
        case_id="phantom",
        series=(
            Series(
                series_id="1",
                volume=raw,
                acquisition=Acquisition(series_description="ADC map"),
            ),
        ),
    )

    with pytest.raises(CaseError, match="--t1c"):
        prepare(study, COARSE)
