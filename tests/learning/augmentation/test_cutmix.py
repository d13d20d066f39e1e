from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glioscope.learning.augmentation import CutMixDraw, TumorCutMix
from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.sample import Sample

HALF = CutMixDraw(donor=0, flip=False, share=0.4, place=0.5)
LGG, GBM = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])


def host() -> Sample:
    return brain_with_tumor()


def donor(level: float = 100.0, *, shift: int = 0) -> Sample:
    """The same patient, all brighter, all tumor enhancing, moved along the first axis."""
    sample = brain_with_tumor()
    regions = sample.regions[:1].expand(3, -1, -1, -1).roll(shift, dims=1)
    return replace(sample, image=(sample.image + level).roll(shift, dims=1), regions=regions)


def mix(*, shift: int = 0) -> TumorCutMix:
    return TumorCutMix(donors=[donor(shift=shift)], classes=[1])


def test_the_label_is_exactly_the_share_of_the_voxels_pasted() -> None:
    mixed = mix()(host(), HALF)

    tumor = host().regions[0] > 0.5
    pasted = (mixed.sample.image[0] > 50) & tumor
    assert int(pasted.sum()) == round(0.4 * int(tumor.sum()))
    assert mixed.share == int(pasted.sum()) / int(tumor.sum())
    assert mixed.label(LGG, GBM).tolist() == pytest.approx([1 - mixed.share, mixed.share])
    assert mixed.label(LGG, GBM).tolist() == pytest.approx([0.6, 0.4], abs=2e-3)


@given(
    share=st.floats(0, 1),
    place=st.floats(0, 1, exclude_max=True),
    flip=st.booleans(),
    shift=st.integers(-2, 2),
)
@settings(max_examples=25, deadline=None)
def test_whatever_is_drawn_the_share_is_what_changed(
    share: float, place: float, flip: bool, shift: int
) -> None:
    draw = CutMixDraw(donor=0, flip=flip, share=share, place=place)

    mixed = mix(shift=shift)(host(), draw)

    tumor = host().regions[0] > 0.5
    changed = (mixed.sample.image != host().image).any(dim=0)
    assert not (changed & ~tumor).any()
    assert mixed.share == int(changed.sum()) / int(tumor.sum())
    assert abs(mixed.share - share) <= 0.5 / int(tumor.sum()) + 1e-9
    assert torch.equal(mixed.sample.regions[0], host().regions[0])


def test_image_and_parts_come_from_the_same_voxel_of_the_donor() -> None:
    mixed = mix(shift=2)(host(), replace(HALF, share=1.0))

    tumor = host().regions[0] > 0.5
    assert mixed.share == 1.0
    torch.testing.assert_close(mixed.sample.image[:, tumor], host().image[:, tumor] + 100)
    assert mixed.sample.regions[:, tumor].all()
    assert mixed.label(LGG, GBM).tolist() == [0.0, 1.0]


def test_a_flip_takes_the_mirrored_tumor() -> None:
    mixed = mix()(host(), CutMixDraw(donor=0, flip=True, share=1.0, place=0.0))

    inside = (slice(None), slice(5, 12), slice(6, 14), slice(7, 13))
    torch.testing.assert_close(mixed.sample.image[inside], host().image[inside].flip(1) + 100)


def test_the_part_is_in_one_piece_around_its_middle() -> None:
    mixed = mix()(host(), replace(HALF, share=0.08, place=0.0))

    places = torch.nonzero(mixed.sample.image[0] > 50)
    assert places.amin(0).tolist() == [5, 6, 7]
    assert (places.amax(0) - places.amin(0)).max() <= 3


def test_a_smaller_tumor_gives_at_most_the_overlap() -> None:
    tiny = torch.zeros(3, 20, 24, 20)
    tiny[:, 10, 10, 10] = 1

    mixed = TumorCutMix(donors=[replace(donor(), regions=tiny)], classes=[1])(host(), HALF)

    assert mixed.share == 1 / (7 * 8 * 6)


def test_what_the_donor_lacks_is_missing_afterwards() -> None:
    lacking = replace(
        donor(), presence=torch.tensor([0.0, 1, 0, 1]), known=torch.tensor([1.0, 0, 0])
    )

    mixed = TumorCutMix(donors=[lacking], classes=[1])(host(), HALF).sample

    assert mixed.presence.tolist() == [0, 1, 0, 1]
    assert not mixed.image[[0, 2]].any()
    assert mixed.known.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    "changes",
    [
        {"regions": torch.zeros(3, 20, 24, 20)},
        {"known": torch.zeros(3)},
        {"presence": torch.zeros(4)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_without_a_tumor_or_a_common_sequence_nothing_happens(
    changes: dict[str, torch.Tensor],
) -> None:
    sample, lacking = host(), replace(donor(), **changes)

    mixed = TumorCutMix(donors=[lacking], classes=[1])(sample, HALF)

    assert mixed.sample is sample
    assert mixed.share == 0
    assert torch.equal(mixed.label(LGG, torch.full((2,), torch.nan)), LGG)


def test_both_are_left_alone_and_the_same_draw_gives_the_same_bytes() -> None:
    sample, giver = host(), donor()
    before, given_before = deepcopy(sample), deepcopy(giver)
    cutmix = TumorCutMix(donors=[giver], classes=[1])

    one, other = (cutmix(sample, HALF).sample.image.numpy().tobytes() for _ in range(2))

    assert one == other
    assert torch.equal(sample.image, before.image)
    assert torch.equal(sample.regions, before.regions)
    assert torch.equal(giver.image, given_before.image)


def test_donors_are_of_another_class() -> None:
    cutmix = TumorCutMix(donors=[donor()] * 4, classes=[0, 1, 0, 2])
    rng = np.random.default_rng(0)

    drawn = [cutmix.draw(rng, host_class=0) for _ in range(50)]

    assert {draw.donor for draw in drawn} == {1, 3}
    assert all(0.2 <= draw.share <= 0.8 for draw in drawn)


def test_donors_of_one_class_are_refused_for_a_host_of_it() -> None:
    with pytest.raises(ValueError, match="all 1 donors are of class 1; add donors of another"):
        mix().draw(np.random.default_rng(0), host_class=1)
    with pytest.raises(ValueError, match="give a class for each"):
        TumorCutMix(donors=[donor()], classes=[])
    with pytest.raises(ValueError, match="most_share is 2; give 0 to 1"):
        TumorCutMix(donors=[donor()], classes=[1], most_share=2)
