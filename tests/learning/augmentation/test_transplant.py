"""Tumors taken out of one brain and put into another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glioscope.learning.augmentation import Transplant, TransplantDraw, heal
from glioscope.learning.augmentation.blending import soft_edge
from glioscope.learning.sample import Sample

SHAPE = (40, 48, 40)
STAY = TransplantDraw(donor=0, flip=False, shift_vox=(0, 0, 0))


def _ball(center: tuple[float, float, float], radius: float) -> torch.Tensor:
    axes = [torch.arange(n, dtype=torch.float32) for n in SHAPE]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    apart: torch.Tensor = grid - torch.tensor(center)[:, None, None, None]
    return apart.square().sum(dim=0).sqrt() <= radius


def _patient(tumor: torch.Tensor | None, *, level: float = 5.0, base: float = 1.0) -> Sample:
    """A ball of a brain; a tumor brighter by ``level``, its middle core and enhancing."""
    brain = _ball((19.5, 23.5, 19.5), 17)
    there = torch.zeros(SHAPE, dtype=torch.bool) if tumor is None else tumor & brain
    return Sample(
        image=(brain * base + there * level).expand(4, -1, -1, -1).clone(),
        regions=torch.stack([there, there, there]).float(),
        brain=brain[None].float(),
        presence=torch.ones(4),
        known=torch.ones(3),
    )


LEFT, RIGHT = _ball((11.5, 23.5, 19.5), 5), _ball((27.5, 23.5, 19.5), 5)


def test_a_healed_brain_looks_like_its_other_side() -> None:
    healed = heal(_patient(LEFT))

    assert healed is not None
    torch.testing.assert_close(healed.image, _patient(None).image)
    assert not healed.regions.any()
    assert healed.known.all()


def test_the_plane_is_found_where_the_head_is_shifted() -> None:
    sample = _patient(LEFT)
    shifted = replace(
        sample,
        **{name: getattr(sample, name).roll(2, dims=1) for name in ("image", "regions", "brain")},
    )

    healed = heal(shifted)

    assert healed is not None
    torch.testing.assert_close(healed.image, _patient(None).image.roll(2, dims=1))


def test_a_tumor_on_both_sides_is_not_healed() -> None:
    assert heal(_patient(_ball((19.5, 23.5, 19.5), 6))) is None


def test_healing_leaves_the_sample_given_as_it_was() -> None:
    sample = _patient(LEFT)
    before = sample.image.clone()

    heal(sample)

    torch.testing.assert_close(sample.image, before)


@pytest.mark.parametrize(("flip", "place"), [(False, LEFT), (True, RIGHT)])
def test_the_tumor_arrives_where_it_was_or_opposite(flip: bool, place: torch.Tensor) -> None:
    transplant = Transplant(donors=[_patient(LEFT)])

    made = transplant(_patient(None), replace(STAY, flip=flip))

    for region in made.regions:
        torch.testing.assert_close(region, place.float())
    torch.testing.assert_close(made.image[0][place], torch.full((int(place.sum()),), 6.0))
    far = soft_edge(place.float(), grow_vox=1) == 0
    torch.testing.assert_close(made.image[:, far], _patient(None).image[:, far])


def test_the_shift_moves_image_and_outline_together() -> None:
    transplant = Transplant(donors=[_patient(LEFT)])

    made = transplant(_patient(None), replace(STAY, shift_vox=(0, 5, -3)))

    expected = LEFT.roll((5, -3), dims=(1, 2))
    torch.testing.assert_close(made.regions[0], expected.float())
    assert made.image[0][expected].min() == 6.0


def test_a_tumor_that_would_fall_out_of_the_brain_is_left() -> None:
    transplant = Transplant(donors=[_patient(LEFT)])
    host = _patient(RIGHT)

    assert transplant(host, replace(STAY, shift_vox=(-9, 0, 0))) is host
    assert transplant(host, replace(STAY, shift_vox=(-90, 0, 0))) is host


def test_a_donor_without_a_tumor_gives_nothing() -> None:
    host = _patient(RIGHT)

    assert Transplant(donors=[_patient(None)])(host, STAY) is host


def test_what_the_donor_lacks_is_missing_afterwards() -> None:
    donor = replace(
        _patient(LEFT), presence=torch.tensor([0.0, 1, 0, 1]), known=torch.tensor([1.0, 0, 0])
    )

    made = Transplant(donors=[donor])(_patient(None), STAY)

    assert made.presence.tolist() == [0, 1, 0, 1]
    assert not made.image[[0, 2]].any()
    assert made.known.tolist() == [1, 0, 0]


def test_the_host_keeps_its_own_tumor_where_the_new_one_does_not_reach() -> None:
    made = Transplant(donors=[_patient(LEFT)])(_patient(RIGHT), STAY)

    torch.testing.assert_close(made.regions[0], (LEFT | RIGHT).float())


def test_the_same_draw_gives_the_same_sample() -> None:
    transplant = Transplant(donors=[_patient(LEFT), _patient(RIGHT)])

    one, other = (
        transplant(_patient(None), transplant.draw(np.random.default_rng(3))) for _ in range(2)
    )

    torch.testing.assert_close(one.image, other.image)
