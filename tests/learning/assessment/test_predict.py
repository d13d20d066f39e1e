"""What a network says is brought back, cut and measured as it was said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from glioscope.core import Case, CaseError, Label, Region, Sequence, Volume, region_mask
from glioscope.evaluation import dice, voxel_calibration
from glioscope.learning.assessment.case import Judge
from glioscope.learning.assessment.predict import Predictor, labels_of, to_case
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.data.about import About
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.entry import ABOUT, CachedCase, arrays_of
from glioscope.learning.data.grids import to_sample, training_grid
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.truth import Truth
from glioscope.learning.data.writing import write_folder
from glioscope.learning.phantom import phantom_cases
from glioscope.networks.registry import build
from glioscope.networks.unet import UNetConfig
from glioscope.preparation import resampled
from glioscope.simulation.phantoms import empty_grid, sphere


class Stride(NamedTuple):
    """A config as far as prediction asks for one."""

    stride: int = 16


class Pointwise(nn.Module):
    """Answers every voxel by itself, so that left and right are the same to it."""

    def __init__(self) -> None:
        super().__init__()
        self.config = Stride()
        self.conv = nn.Conv3d(4, 3, 1)

    def forward(self, image: Tensor, presence: Tensor) -> Tensor:
        del presence
        answer: Tensor = self.conv(image)
        return answer


class Oracle(nn.Module):
    """Knows the truth of one case: the whole tumor by FLAIR, core and enhancement by T1c.

    Args:
        regions: Shape ``(3, I, J, K)``.
        sure: Probability of what it calls, above one half.
    """

    def __init__(self, regions: Tensor, *, sure: float = 0.9) -> None:
        super().__init__()
        self.config = Stride()
        self.regions = regions
        self.height = float(np.log(sure / (1 - sure)))

    def forward(self, image: Tensor, presence: Tensor) -> Tensor:
        answer = torch.zeros(1, 3, *image.shape[2:])
        i, j, k = self.regions.shape[1:]
        answer[0, :, :i, :j, :k] = self.regions
        seen = presence[:, [3, 1, 1]] * image.abs().sum(dim=(2, 3, 4))[:, [3, 1, 1]].sign()
        return (2 * answer * seen[:, :, None, None, None] - 1) * self.height


@pytest.fixture
def phantom(tmp_path: Path) -> tuple[ListedCase, CachedCase]:
    cases, cache = phantom_cases(tmp_path / "cache", patients=1)
    return cases[0], cache.open(cases[0].case_id)


@pytest.fixture
def at_1_mm(tmp_path: Path) -> CachedCase:
    """Two balls of tumor, one in the other, in a ball of brain at 1 mm; trained on at 2 mm."""
    grid = empty_grid(extent_mm=(61, 64, 60), center_mm=(-11.0, 7.0, 3.0))
    brain = sphere(grid, center_mm=(-11.0, 7.0, 3.0), radius_mm=26.0)
    whole, core = (sphere(brain, center_mm=(-14.0, 9.0, 4.0), radius_mm=r) for r in (14.0, 9.0))
    masks = np.stack([whole.data, core.data, np.zeros_like(core.data)]).astype(np.float32)
    labels = np.zeros(brain.shape, dtype=np.uint8)
    labels[whole.data], labels[core.data] = Label.EDEMA, Label.NECROSIS
    image = brain.with_data(brain.data.astype(np.float32))
    case = Case(
        case_id="BALL",
        images=dict.fromkeys(Sequence, image),
        brain=brain,
        heads={},
        reference=Sequence.T1,
        reference_grid=brain,
    )
    training = training_grid("brain-2mm")
    sample = to_sample(case, masks, (1, 1, 1), training)
    i, j, k = sample.image.shape[1:]
    placed = training.over(case).grid.affine
    about = About(
        case_id="BALL",
        made_from={},
        presence=(1, 1, 1, 1),
        known=(1, 1, 1),
        shape=(i, j, k),
        affine=tuple(tuple(row) for row in placed.tolist()),
        spacing_mm=(2.0, 2.0, 2.0),
        case_shape=brain.shape,
        case_affine=tuple(tuple(row) for row in brain.affine.tolist()),
        tumor_ml=None,
        tumor=None,
    )
    truth = Truth(labels=brain.with_data(labels), regions=masks, known=(1, 1, 1))
    cache = CaseCache(folder=tmp_path, grid="brain-2mm")
    write_folder(
        cache.place / "BALL",
        arrays_of(sample, truth, brain),
        about=(ABOUT, about.as_json()),
        is_current=lambda: False,
    )
    return cache.open("BALL")


def asked(case: CachedCase, **named: Any) -> Predictor:
    network = Oracle(case.sample().regions.round(), **named).eval()
    return Predictor(network=network, sequences=tuple(Sequence))


def test_labels_come_back_to_their_own_grid(at_1_mm: CachedCase) -> None:
    back = labels_of(to_case(at_1_mm.sample().regions.numpy(), at_1_mm), like=at_1_mm.brain_1mm)

    truth = at_1_mm.truth
    assert truth is not None
    for region in (Region.WT, Region.TC):
        pair = [region_mask(volume, region).data for volume in (back, truth)]
        # the experts' own outlines of BraTS lose as much at 2 mm
        assert dice(*pair) > 0.97
    found_mm, true_mm = (v.world(np.argwhere(v.data > 0).mean(axis=0)) for v in (back, truth))
    np.testing.assert_allclose(found_mm, true_mm, atol=0.1)


def test_the_way_back_is_that_of_itk(at_1_mm: CachedCase) -> None:
    generator = np.random.default_rng(0)
    probs = generator.random((1, *at_1_mm.shape), dtype=np.float32)

    mine = to_case(probs, at_1_mm)[0]

    brain = at_1_mm.brain_1mm
    theirs = resampled(at_1_mm.grid.with_data(probs[0]), like=brain).data
    np.testing.assert_allclose(mine[brain.data], theirs[brain.data], atol=1e-4)


def test_a_grid_that_is_turned_is_refused(at_1_mm: CachedCase) -> None:
    turned = np.array(at_1_mm.about.affine)[[1, 0, 2, 3]]
    about = replace(at_1_mm.about, affine=tuple(tuple(row) for row in turned.tolist()))

    with pytest.raises(CaseError, match="BALL: its training grid is turned"):
        to_case(np.zeros((1, *at_1_mm.shape), np.float32), replace(at_1_mm, about=about))


def test_a_region_counts_inside_the_one_around_it() -> None:
    grid = empty_grid(extent_mm=(4, 1, 1))
    probs = np.array([[0.9, 0.9, 0.4, 0.5], [0.9, 0.2, 0.9, 0.9], [0.6, 0.9, 0.9, 0.9]])

    labels = labels_of(probs[..., None, None].astype(np.float32), like=grid)

    assert labels.data.ravel().tolist() == [Label.ENHANCING, Label.EDEMA, 0, 0]


def test_a_mirrored_answer_of_what_has_no_side_is_the_same(
    phantom: tuple[ListedCase, CachedCase],
) -> None:
    network = Pointwise()
    plain, mirrored = (
        Predictor(network=network, sequences=tuple(Sequence), mirror=mirror)
        for mirror in (False, True)
    )

    np.testing.assert_allclose(mirrored.probs(phantom[1]), plain.probs(phantom[1]), atol=1e-6)


def test_an_oracle_of_nine_tenths_is_off_by_one_tenth_everywhere(
    phantom: tuple[ListedCase, CachedCase],
) -> None:
    listed, cached = phantom
    judge = Judge(predictor=asked(cached, sure=0.9), settings=Settings(draws=0), run="run")

    found = judge(cached, listed, patient="P")

    assert found.metrics["Dice whole tumor"] == 1
    assert found.metrics["mean IoU"] == 1
    for places in found.tallies.values():
        for tally in places.values():
            bins = voxel_calibration([tally], resamples=10)
            assert bins.expected_calibration_error.mean == pytest.approx(0.1, abs=1e-6)
    whole = found.tallies[Region.WT]
    assert whole["brain"].count.sum() == cached.brain_1mm.data.sum()
    assert whole["near the tumor"].count.sum() < whole["brain"].count.sum()


def test_the_value_of_a_sequence_is_what_it_is_needed_for(
    phantom: tuple[ListedCase, CachedCase],
) -> None:
    listed, cached = phantom
    judge = Judge(predictor=asked(cached), settings=Settings(draws=0), run="run")

    subsets = judge(cached, listed, patient="P").subsets

    assert len(subsets) == 15
    for subset, values in subsets.items():
        whole = float(Sequence.FLAIR in subset)
        assert values[Region.WT] == whole
        # a core outside the whole tumor does not count
        assert values[Region.TC] == whole * float(Sequence.T1C in subset)


def test_a_case_of_the_whole_tumor_alone_is_scored_on_that_alone(
    phantom: tuple[ListedCase, CachedCase],
) -> None:
    listed, cached = phantom
    partly = replace(cached, about=replace(cached.about, known=(1, 0, 0)))
    judge = Judge(predictor=asked(cached), settings=Settings(draws=0), run="run")

    found = judge(partly, listed, patient="P")

    assert found.metrics == {"Dice whole tumor": 1.0}
    assert set(found.tallies) == {Region.WT}


def test_a_case_without_outlines_is_segmented_and_not_scored(
    phantom: tuple[ListedCase, CachedCase],
) -> None:
    listed, cached = phantom
    blank = replace(cached, about=replace(cached.about, known=(0, 0, 0)))
    kept: dict[str, Volume] = {}
    judge = Judge(predictor=asked(cached), settings=Settings(), run="run", keep=kept.__setitem__)

    found = judge(blank, listed, patient="P")

    assert found.scores is None
    assert not found.metrics
    assert (kept[listed.case_id].data > 0).any()


def test_a_case_that_lacks_a_sequence_has_no_subsets_and_one_without_any_is_refused(
    phantom: tuple[ListedCase, CachedCase],
) -> None:
    listed, cached = phantom
    without = replace(cached, about=replace(cached.about, presence=(0, 1, 1, 1)))
    judge = Judge(predictor=asked(cached), settings=Settings(draws=0), run="run")

    found = judge(without, listed, patient="P")

    assert found.sequences == (Sequence.T1C, Sequence.T2, Sequence.FLAIR)
    assert found.subsets == {}
    with pytest.raises(CaseError, match="PHANTOM-00 has none of t1; leave it out"):
        judge.predictor.probs(without, only=frozenset({Sequence.T1}))


def test_dropout_tells_where_it_is_unsure_and_the_same_each_time(
    phantom: tuple[ListedCase, CachedCase],
) -> None:
    network = build("unet", UNetConfig(widths=(8, 8), dropout=0.5), seed=0).eval()
    predictor = Predictor(network=network, sequences=tuple(Sequence))
    state = torch.random.get_rng_state()

    one, two, other = (predictor.epistemic(phantom[1], draws=3, seed=seed) for seed in (0, 0, 1))

    np.testing.assert_array_equal(one, two)
    assert (one >= 0).all()
    assert one.max() > 0
    assert (one != other).any()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not network.training
    assert predictor.drops_out
    assert not asked(phantom[1]).drops_out
