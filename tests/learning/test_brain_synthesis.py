from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch

from glioscope.core import Volume
from glioscope.learning.brain_anatomy import TISSUES, drawn_tissues, place_of, random_contrast
from glioscope.learning.brain_bank import BrainSubject, brain_subject, head_subject, like_t2
from glioscope.learning.brain_fields import (
    MIDDLE,
    random_curve,
    random_points,
    smooth_field,
    taken,
    through_curve,
)
from glioscope.learning.brain_scan import covered, sliced
from glioscope.learning.brain_shape import mean_shape, without_outliers
from glioscope.learning.brain_synthesis import DrawnHead, drawn_example, real_example, varied
from glioscope.preparation.brain import WINDOW_SHAPE

SHAPE = (80, 92, 74)


@lru_cache
def subject() -> BrainSubject:
    """A brain of 70 x 82 x 64 mm half axes with a bright core, on 2 mm voxels."""
    axes = np.indices(SHAPE, dtype=np.float64)
    half = np.array([35.0, 41.0, 32.0])
    scaled = [(axes[n] - (SHAPE[n] - 1) / 2) / half[n] for n in range(3)]
    radius = np.sqrt(sum(axis**2 for axis in scaled))
    grid = Volume(data=radius <= 1, affine=np.diag([2.0, 2.0, 2.0, 1.0]))
    levels = {"t1": (100.0, 140.0), "t2": (110.0, 60.0)}
    images = {
        name: grid.with_data(np.where(radius < 0.8, core, rim) * (radius <= 1))
        for name, (rim, core) in levels.items()
    }
    return brain_subject(images, grid)


@lru_cache
def drawn() -> DrawnHead:
    tissue = drawn_tissues(place_of(subject()), np.random.default_rng(5))
    return DrawnHead(subject=subject(), names=("t1", "t2"), tissue=tissue)


def test_a_subject_keeps_its_volume_on_the_grid_of_the_network() -> None:
    share = subject().brain.float()

    assert share.shape == (1, *WINDOW_SHAPE)
    volume_ml = float(share.sum()) * 2.5**3 / 1000
    assert volume_ml == pytest.approx(4 / 3 * np.pi * 70 * 82 * 64 / 1000, rel=0.02)


def test_depth_grows_away_from_the_brain() -> None:
    depth, share = subject().depth_mm[0].float(), subject().brain[0].float()

    assert float(depth[share > 0.6].max()) == 0.0
    middle = depth[40, 48]
    assert torch.all(torch.diff(middle[60:]) >= 0)


def test_skin_lies_outside_of_skull_outside_of_brain() -> None:
    tissue, depth = drawn().tissue.long(), subject().depth_mm[0].float()
    upper = tissue[:, :, 45:], depth[:, :, 45:]
    bone = upper[1][upper[0] == TISSUES.index("bone")].mean()
    skin = upper[1][upper[0] == TISSUES.index("skin")].mean()

    assert 0 < float(bone) < float(skin)
    assert 0 <= int(tissue.min()) < int(tissue.max()) < len(TISSUES)


@pytest.mark.parametrize("seed", range(4))
def test_an_example_is_scaled_and_its_mask_is_a_share(seed: int) -> None:
    example = drawn_example(drawn(), np.random.default_rng(seed))

    assert example.image.shape == example.brain.shape == (1, *WINDOW_SHAPE)
    assert torch.isfinite(example.image).all()
    assert -0.2 <= float(example.image.min()) < float(example.image.max()) <= 1.5
    assert 0.0 <= float(example.brain.min()) < float(example.brain.max()) <= 1.0


def test_the_same_seed_draws_the_same_example_and_leaves_the_head_alone() -> None:
    before = drawn().tissue.clone(), subject().images.clone()

    one, other = (drawn_example(drawn(), np.random.default_rng(3)) for _ in range(2))

    assert torch.equal(one.image, other.image)
    assert torch.equal(one.brain, other.brain)
    assert torch.equal(drawn().tissue, before[0])
    assert torch.equal(subject().images, before[1])


def test_a_real_head_is_doubted_where_its_sequences_disagree() -> None:
    share = subject().brain[0].float().numpy()
    spread = np.zeros_like(share)
    spread[:40] = 1.0
    image = subject().images[0].float().numpy()

    head = head_subject({"t1": image}, share, spread=spread)
    example = real_example(head, np.random.default_rng(0))

    assert float(head.certain[0, :40].max()) == 0.0
    assert float(head.certain[0, 40:].min()) == 1.0
    assert example.certain.shape == example.brain.shape


def test_varied_moves_image_and_mask_together() -> None:
    example = drawn_example(drawn(), np.random.default_rng(1))

    changed = varied(example, np.random.default_rng(2))

    assert float(changed.brain.sum()) == pytest.approx(float(example.brain.sum()), rel=1e-5)
    assert not torch.equal(changed.image, example.image)


def test_fluid_of_a_flair_turns_bright_in_the_brain_only() -> None:
    share = np.zeros((30, 30, 30), dtype=np.float32)
    share[8:22, 8:22, 8:22] = 1.0
    flair = np.where(share > 0, 0.6, 0.0).astype(np.float32)
    flair[14:16, 14:16, 14:16] = 0.05

    image = like_t2(flair, share)

    assert image[14, 14, 14] > 0.8
    assert image[10, 10, 10] == pytest.approx(0.6)
    assert image[0, 0, 0] == pytest.approx(0.0)


def test_sampling_at_the_voxels_themselves_changes_nothing() -> None:
    axes = torch.meshgrid(*[torch.arange(n, dtype=torch.float32) for n in (5, 6, 7)], indexing="ij")
    channels = torch.arange(5 * 6 * 7, dtype=torch.float32).reshape(1, 5, 6, 7)

    same = taken(channels, torch.stack(axes, -1))

    assert torch.allclose(same, channels, atol=1e-3)


def test_points_stay_near_the_subject() -> None:
    points = random_points(np.random.default_rng(0), center=MIDDLE)

    assert points.shape == (*WINDOW_SHAPE, 3)
    middle = points[40, 48, 40]
    assert float((middle - MIDDLE).norm()) < 16


def test_a_curve_is_linear_between_its_knots() -> None:
    curve = torch.tensor([0.0, 1.0, 0.5])

    values = through_curve(torch.tensor([0.0, 0.3125, 0.625, 0.9375, 9.0]), curve)

    assert values.tolist() == pytest.approx([0.0, 0.5, 1.0, 0.75, 0.5], abs=1e-3)
    assert random_curve(np.random.default_rng(0)).shape == (6,)


def test_a_field_has_unit_scale_at_its_control_points() -> None:
    field = smooth_field(np.random.default_rng(0), 20, shape=(20, 20, 20))

    assert float(field.std()) == pytest.approx(1.0, abs=0.05)


def test_contrast_of_a_sequence_keeps_its_order() -> None:
    contrast = dict(zip(TISSUES, random_contrast("t2", np.random.default_rng(0)), strict=True))

    assert contrast["fluid"] > contrast["muscle"] > contrast["air"]


def test_thick_slices_keep_the_amount_of_brain() -> None:
    channels = torch.cat([subject().images[:1].float(), subject().brain.float()])

    thick = sliced(channels, np.random.default_rng(1))

    assert float(thick[1].sum()) == pytest.approx(float(channels[1].sum()), rel=0.02)


def test_coverage_is_all_or_nothing() -> None:
    reach = covered((20, 20, 60), np.random.default_rng(4))

    assert torch.all((reach == 0) | (reach == 1))
    assert 0 < float(reach.mean()) <= 1


def test_neck_is_cut_off_a_mask_and_a_brain_is_left_whole() -> None:
    share = subject().brain[0].float().numpy()
    shape = mean_shape([subject(), subject()])
    low = int(subject().box[0, 2])
    leaked = share.copy()
    leaked[35:45, 25:32, low - 6 : low + 6] = 1.0

    cut = without_outliers(leaked, shape)

    assert cut[35:45, 25:32, low - 6 : low].mean() < 0.2
    assert cut[share > 0.5].mean() > 0.95 * share[share > 0.5].mean()
