import pytest
import torch
from torch.nn import functional

from glioscope.learning.losses import (
    focal_loss,
    partial_segmentation_loss,
    weighted_dice_loss,
    whole_tumor_logits,
)

WEIGHTS = (0.1, 1.0, 1.0, 2.0)
LOGITS = torch.randn(2, 4, 3, 3, 3, generator=torch.Generator().manual_seed(0))
CLASSES = torch.randint(0, 4, (2, 3, 3, 3), generator=torch.Generator().manual_seed(1))
TARGETS = functional.one_hot(CLASSES, 4).movedim(-1, 1).float()


def test_the_sum_of_the_parts_is_the_whole_tumor() -> None:
    whole = torch.softmax(whole_tumor_logits(LOGITS), 1)[:, 1]

    torch.testing.assert_close(whole, torch.softmax(LOGITS, 1)[:, 1:].sum(1))


def test_with_all_outlined_it_is_weighted_dice_plus_focal() -> None:
    loss = partial_segmentation_loss(LOGITS, TARGETS, torch.ones(2, 3), weights=WEIGHTS)

    dice = weighted_dice_loss(LOGITS, TARGETS, torch.ones(2), weights=WEIGHTS)
    focal = focal_loss(LOGITS, TARGETS, torch.ones(2), weights=WEIGHTS)
    torch.testing.assert_close(loss, dice + focal)


@pytest.mark.parametrize("known", [(1.0, 0.0, 0.0), (1.0, 1.0, 0.0)])
def test_the_whole_tumor_only_does_not_care_which_part(known: tuple[float, ...]) -> None:
    some = torch.tensor([known, known])
    parts = CLASSES.where(CLASSES == 0, torch.full_like(CLASSES, 2))

    loss = partial_segmentation_loss(LOGITS, TARGETS, some)
    other = partial_segmentation_loss(
        LOGITS, functional.one_hot(parts, 4).movedim(-1, 1).float(), some
    )

    torch.testing.assert_close(loss, other)


def test_exchanging_the_parts_inside_the_tumor_costs_nothing() -> None:
    logits = 60.0 * TARGETS.clone()
    logits[:, 1:] = logits[:, 1:].roll(1, dims=1)

    loss = partial_segmentation_loss(logits, TARGETS, torch.tensor([[1.0, 0.0, 0.0]] * 2))

    assert float(loss) < 1e-5
    assert float(partial_segmentation_loss(logits, TARGETS, torch.ones(2, 3))) > 1


def test_each_patient_counts_once_whatever_is_outlined() -> None:
    known = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])

    both = partial_segmentation_loss(LOGITS, TARGETS, known)

    alone = [partial_segmentation_loss(LOGITS[[n]], TARGETS[[n]], known[[n]]) for n in (0, 1)]
    torch.testing.assert_close(both, torch.stack(alone).mean())
