import numpy as np
import pytest
import torch
from scipy import ndimage

from glioscope.core import Case, CaseError, InputError, Sequence, Volume
from glioscope.learning.data.grids import (
    GRIDS,
    BrainGrid,
    Floats,
    VisualPathwayGrid,
    to_sample,
    training_grid,
    with_head,
)
from glioscope.learning.geometry import VisualPathwayGeometry
from glioscope.preparation import resampled

SHAPE = (40, 44, 36)
AFFINE = np.array(
    [[1.0, 0, 0, -30.0], [0, 1.0, 0, -12.0], [0, 0, 1.0, 55.0], [0, 0, 0, 1.0]], dtype=np.float64
)


def case(*, spacing_mm: float = 1.0, head_level: float = 0.0) -> Case:
    """A box of brain: T1c and FLAIR are smooth, and FLAIR's head is a line of what it shows."""
    affine = AFFINE @ np.diag([spacing_mm] * 3 + [1.0])
    brain = Volume(data=np.zeros(SHAPE, dtype=bool), affine=affine)
    brain.data[8:32, 9:35, 7:29] = True
    noise = np.random.default_rng(0).normal(size=SHAPE)
    smooth = ndimage.gaussian_filter(noise, 2).astype(np.float32) * 10
    raw = (100 + 25 * smooth).astype(np.float32)
    raw[:4] = raw[-4:] = head_level
    raw[:, :4] = raw[:, -4:] = head_level
    raw[:, :, :4] = raw[:, :, -4:] = head_level
    flair = np.where(brain.data, smooth, 0).astype(np.float32)
    return Case(
        case_id="box",
        images={
            Sequence.T1C: brain.with_data(flair * 2 + 1 * brain.data),
            Sequence.FLAIR: brain.with_data(flair),
        },
        brain=brain,
        heads={Sequence.FLAIR: brain.with_data(raw)},
        reference=Sequence.T1C,
        reference_grid=brain.with_data(flair),
    )


def masks() -> Floats:
    regions = np.zeros((3, *SHAPE), dtype=np.float32)
    regions[0, 12:24, 14:26, 12:22] = 1
    regions[1, 14:20, 16:22, 14:20] = 1
    regions[2, 14:17, 16:19, 14:17] = 1
    return regions


@pytest.mark.parametrize("name", [name for name in GRIDS if name.startswith("brain")])
def test_the_brain_and_its_margin_lie_within_at_the_spacing_of_the_name(name: str) -> None:
    grid, patient = training_grid(name), case()

    place = grid.over(patient).grid

    spacing_mm = float(name.removeprefix("brain-").removesuffix("mm"))
    assert place.spacing_mm == pytest.approx((spacing_mm,) * 3)
    corners = patient.brain.world([[8, 9, 7], [31, 34, 28]])
    low, high = place.world([0, 0, 0]), place.world(np.array(place.shape) - 1)
    assert (corners[0] - low >= 12 - 1e-6).all()
    assert (high - corners[1] >= 12 - 1e-6).all()
    assert (corners[0] - low < 12 + spacing_mm).all()


def test_values_come_from_the_place_that_the_affine_names() -> None:
    grid, patient = BrainGrid(spacing_mm=1.7), case()
    place = grid.over(patient).grid

    sample = to_sample(patient, masks(), (1, 1, 1), grid)

    # ITK is the other implementation; at the very rim it takes what lies half a voxel outside
    for channel, share in enumerate(masks()):
        expected = resampled(patient.brain.with_data(share), like=place).data
        np.testing.assert_allclose(sample.regions[channel], expected, atol=1e-4)
    expected = resampled(patient.images[Sequence.T1C], like=place).data
    np.testing.assert_allclose(sample.image[1], expected, atol=1e-4)


def test_absent_sequences_are_zero_and_said_to_be_absent() -> None:
    sample = to_sample(case(), masks(), (1, 0, 0), BrainGrid(spacing_mm=2.0))

    assert sample.presence.tolist() == [0, 1, 0, 1]
    assert sample.known.tolist() == [1, 0, 0]
    assert not sample.image[0].any()
    assert not sample.image[2].any()


def test_a_case_without_labels_knows_nothing() -> None:
    sample = to_sample(case(), None, (1, 1, 1), BrainGrid(spacing_mm=2.0))

    assert sample.known.tolist() == [0, 0, 0]
    assert not sample.regions.any()
    assert sample.regions.shape == (3, *sample.brain.shape[1:])


@pytest.mark.parametrize("head_level", [0.0, -3.16])
def test_the_head_goes_on_as_the_brain_was_scaled_and_its_background_is_zero(
    head_level: float,
) -> None:
    patient = case(head_level=head_level)
    before = patient.images[Sequence.FLAIR].data.copy()

    shown = with_head(patient, Sequence.FLAIR).data

    raw = patient.heads[Sequence.FLAIR].data
    filled = np.zeros(SHAPE, dtype=bool)
    filled[4:-4, 4:-4, 4:-4] = True
    np.testing.assert_allclose(shown[filled], (raw[filled] - 100) / 25, atol=1e-3)
    assert not shown[~filled].any()
    np.testing.assert_array_equal(patient.images[Sequence.FLAIR].data, before)


def test_without_a_head_the_image_stays_stripped() -> None:
    patient = case()

    assert with_head(patient, Sequence.T1C) is patient.images[Sequence.T1C]


def test_the_visual_pathway_takes_the_brain_alone_and_the_nearest_labels() -> None:
    patient, regions = case(), masks()
    regions[0, 12] = 0.4
    geometry = VisualPathwayGeometry()

    sample = to_sample(patient, regions, (1, 1, 1), training_grid("visual-pathway"))

    assert sample.image.shape == (4, 112, 112, 80)
    expected = geometry.image(patient.images[Sequence.FLAIR])
    np.testing.assert_array_equal(sample.image[3], expected.data)
    inside = patient.brain.with_data(regions[0] >= 0.5)
    np.testing.assert_array_equal(sample.regions[0], geometry.labels(inside).data)
    assert set(torch.unique(sample.regions).tolist()) == {0, 1}
    place = training_grid("visual-pathway").over(patient).grid
    np.testing.assert_array_equal(place.affine, expected.affine)
    assert place.spacing_mm == (2.0, 2.0, 2.0)


def test_the_visual_pathway_refuses_a_case_of_another_spacing() -> None:
    with pytest.raises(CaseError, match=r"case box: .* 1\.5 x 1\.5 x 1\.5 mm instead of 1 mm"):
        VisualPathwayGrid().over(case(spacing_mm=1.5))


def test_an_unknown_grid_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'brain-3mm'; take one of brain-1mm, .*visual-pathway"):
        training_grid("brain-3mm")
