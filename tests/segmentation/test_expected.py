from glioscope.core import Region, Sequence
from glioscope.segmentation.expected import expected_dice, missing_notices

CARD = {
    "expected_dice": {
        "t1+t1c+t2+flair": {"whole_tumor": [0.9, 0.85, 0.95], "enhancing_tumor": [0.7, 0.6, 0.8]},
        "flair": {"whole_tumor": [0.86, 0.8, 0.9], "enhancing_tumor": [0.2, 0.1, 0.3]},
    }
}


def test_figures_are_those_of_the_subset() -> None:
    assert expected_dice(CARD, (Sequence.FLAIR,))[Region.WT] == (0.86, 0.8, 0.9)


def test_a_subset_without_figures_has_none() -> None:
    assert expected_dice(CARD, (Sequence.T2,)) == {}


def test_the_cost_of_missing_sequences_is_said_in_measured_dice() -> None:
    (notice,) = missing_notices(CARD, (Sequence.FLAIR,))

    assert notice.message.startswith("Missing: T1, T1c, T2.")
    assert "enhancing tumor 0.20 instead of 0.70" in notice.message


def test_nothing_is_said_when_nothing_is_missing() -> None:
    assert list(missing_notices(CARD, tuple(Sequence))) == []
