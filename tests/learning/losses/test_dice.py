import pytest
import torch
from monai.losses import DiceLoss

from glioscope.learning.losses import weighted_dice_loss

WEIGHTS = (0.1, 1.0, 2.0)
FIRST = torch.Generator().manual_seed(0)
LOGITS = torch.randn(2, 3, 4, 4, 4, generator=FIRST)
TARGETS = torch.nn.functional.one_hot(
    torch.randint(0, 3, (2, 4, 4, 4), generator=FIRST), 3
).movedim(-1, 1)


def test_it_is_monais_divided_by_the_weights() -> None:
    monai = DiceLoss(softmax=True, weight=torch.tensor(WEIGHTS), smooth_nr=1.0, smooth_dr=1.0)

    loss = weighted_dice_loss(LOGITS, TARGETS, torch.ones(2), weights=WEIGHTS)

    expected = float(monai(LOGITS, TARGETS)) * 3 / sum(WEIGHTS)
    assert float(loss) == pytest.approx(expected, rel=1e-6)


def test_even_odds_cost_what_the_formula_says() -> None:
    targets = torch.zeros(1, 2, 4)
    targets[0, 0, :3] = targets[0, 1, 3] = 1

    loss = weighted_dice_loss(torch.zeros(1, 2, 4), targets, torch.ones(1), smooth=0.0)

    background, tumor = 1 - 2 * 1.5 / (2 + 3), 1 - 2 * 0.5 / (2 + 1)
    assert float(loss) == pytest.approx((background + tumor) / 2)


def test_the_truth_costs_next_to_nothing() -> None:
    assert float(weighted_dice_loss(50.0 * TARGETS, TARGETS, torch.ones(2))) < 1e-6


def test_a_class_of_no_weight_does_not_count() -> None:
    wrong = 50.0 * TARGETS.roll(1, dims=1)

    assert float(
        weighted_dice_loss(wrong, TARGETS, torch.ones(2), weights=(0.0, 1.0, 1.0), smooth=0.0)
    ) == pytest.approx(1.0)


@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, -1.0, 1.0), (0.0, 0.0, 0.0)])
def test_weights_that_do_not_fit_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="do not fit 3 classes"):
        weighted_dice_loss(LOGITS, TARGETS, torch.ones(2), weights=weights)
