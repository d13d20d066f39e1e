"""The whole image beside a box: it shows what the box shows, in the place where the box lies."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from glioscope.core import InputError, Sequence
from glioscope.learning.augmentation import augmentation
from glioscope.learning.augmentation.spatial import SpatialDraw
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.drawing import Examples
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.whole import surroundings
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs.config import StageConfig

SHAPE = (20, 24, 20)
Cases = tuple[tuple[ListedCase, ...], CaseCache]


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    return phantom_cases(tmp_path, patients=3, shape=SHAPE)


def test_the_whole_is_the_average_of_the_image_and_the_box_its_fractions(cases: Cases) -> None:
    case = cases[1].open("PHANTOM-00")
    sample = case.box((2, 4, 6), (8, 8, 8))

    around = surroundings(case, sample, (2, 4, 6), grid=(10, 12, 10))

    every = case.sample()
    blocks = (every.image * every.brain).reshape(4, 10, 2, 12, 2, 10, 2).mean(dim=(2, 4, 6))
    torch.testing.assert_close(around.image, blocks)
    expected = torch.tensor([[2 / 20, 4 / 24, 6 / 20], [10 / 20, 12 / 24, 14 / 20]])
    torch.testing.assert_close(around.box, expected)


def test_what_was_mixed_into_the_box_is_in_the_whole(cases: Cases) -> None:
    case = cases[1].open("PHANTOM-00")
    sample = case.box((6, 8, 6), (8, 8, 8))
    brighter = dataclasses.replace(sample, image=sample.image + 5)

    plain = surroundings(case, sample, (6, 8, 6), grid=SHAPE)
    mixed = surroundings(case, brighter, (6, 8, 6), grid=SHAPE)

    added = torch.zeros(4, *SHAPE)
    added[:, 6:14, 8:16, 6:14] = 5
    torch.testing.assert_close(mixed.image - plain.image, added)


def test_a_box_beyond_the_case_widens_the_whole(cases: Cases) -> None:
    case = cases[1].open("PHANTOM-00")
    sample = case.box((-2, 0, 0), (24, 24, 20))

    around = surroundings(case, sample, (-2, 0, 0), grid=(24, 24, 20))

    assert torch.equal(around.box, torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))
    torch.testing.assert_close(around.image, sample.image * (sample.brain > 0.5))


@pytest.mark.parametrize("flip", [(), (1,), (3,), (1, 2, 3)])
def test_a_flipped_box_lies_in_the_flipped_whole(cases: Cases, flip: tuple[int, ...]) -> None:
    case = cases[1].open("PHANTOM-00")
    sample = case.box((2, 4, 6), (8, 8, 8))
    drawn = SpatialDraw(
        linear=None, bend_vox=torch.zeros(3, 6, 7, 6), flip=flip, shift_vox=(0, 0, 0)
    )

    around = surroundings(case, sample, (2, 4, 6), grid=SHAPE).mirrored([drawn])

    first, stop = (around.box * torch.tensor(SHAPE)).round().int().tolist()
    i, j, k = (slice(a, b) for a, b in zip(first, stop, strict=True))
    shown = (sample.image * (sample.brain > 0.5)).flip(flip) if flip else sample.image
    torch.testing.assert_close(around.image[:, i, j, k], shown)


def test_examples_carry_it_and_their_batch_silences_what_is_absent(cases: Cases) -> None:
    sequences = (Sequence.FLAIR, Sequence.T1C)
    plan = DrawPlan(
        sequences=sequences, box=(8, 8, 8), examples=8, keep_all=0.0, whole=(10, 12, 10)
    )
    examples = Examples(Pool(cases=cases[0]), cases[1], plan, augmentation("flips", spacing_mm=2.0))

    batch = Batch.of([examples[number] for number in range(8)]).to("cpu")

    assert batch.whole is not None
    assert batch.patch_box is not None
    assert batch.whole.shape == (8, 2, 10, 12, 10)
    assert torch.equal((batch.whole.flatten(2) != 0).any(dim=2).float(), batch.presence)
    for number in range(8):
        edges = np.array([20, 24, 20])
        first = (batch.patch_box[number, 0].numpy() * edges).round().astype(int)
        i, j, k = ((at, at + 8) for at in first)
        fine = functional.interpolate(batch.whole[number : number + 1], size=(20, 24, 20))[0]
        box = fine[:, i[0] : i[1], j[0] : j[1], k[0] : k[1]]
        there = batch.presence[number] > 0
        # averages of 2 x 2 x 2 voxels follow the box that they are in, and no other
        pairs = torch.stack([box[there].flatten(), batch.image[number][there].flatten()])
        if bool(pairs.std(dim=1).min() > 0):
            assert float(torch.corrcoef(pairs)[0, 1]) > 0.3


def test_without_asking_there_is_none(cases: Cases) -> None:
    plan = DrawPlan(box=(8, 8, 8), examples=1)
    examples = Examples(Pool(cases=cases[0]), cases[1], plan, augmentation("none", spacing_mm=2.0))

    assert Batch.of([examples[0]]).whole is None


@pytest.mark.parametrize(
    "stage",
    [{"augmentation": "none"}, {"box": (8, 8, 8)}, {"box": (8, 8, 8), "augmentation": "plain"}],
)
def test_a_whole_that_can_not_follow_its_box_is_refused(stage: dict[str, object]) -> None:
    with pytest.raises(InputError, match="give a box and one of none, flips, visual-pathway"):
        StageConfig(steps=1, whole=True, **stage)  # type: ignore[arg-type]  # of three keys
