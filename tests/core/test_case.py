from dataclasses import replace

import numpy as np
import pytest

from glioscope.core import (
    Case,
    CaseError,
    GridMismatchError,
    Label,
    Region,
    Segmentation,
    Sequence,
    Volume,
    region_mask,
)


def a_volume(value: float = 1.0, shape: tuple[int, int, int] = (4, 4, 4)) -> Volume:
    return Volume(data=np.full(shape, value, dtype=np.float32), affine=np.eye(4))


def a_case() -> Case:
    return Case(
        case_id="p",
        images={Sequence.FLAIR: a_volume(), Sequence.T1: a_volume()},
        brain=a_volume().with_data(np.ones((4, 4, 4), dtype=bool)),
        heads={Sequence.FLAIR: a_volume()},
        reference=Sequence.FLAIR,
        reference_grid=a_volume(),
    )


def test_sequences_come_in_channel_order() -> None:
    assert a_case().sequences == (Sequence.T1, Sequence.FLAIR)


def test_a_case_without_a_sequence_is_refused() -> None:
    with pytest.raises(CaseError, match="at least one of"):
        replace(a_case(), images={})


def test_a_case_whose_reference_is_missing_is_refused() -> None:
    with pytest.raises(CaseError, match="t2"):
        replace(a_case(), reference=Sequence.T2)


def test_an_empty_brain_is_refused() -> None:
    with pytest.raises(CaseError, match="--brain-mask"):
        replace(a_case(), brain=a_volume().with_data(np.zeros((4, 4, 4), dtype=bool)))


def test_a_sequence_on_another_grid_is_refused() -> None:
    with pytest.raises(GridMismatchError, match="glioscope prepare"):
        replace(
            a_case(),
            images={Sequence.FLAIR: a_volume(), Sequence.T1: a_volume(shape=(4, 4, 5))},
        )


def test_regions_are_the_unions_of_brats() -> None:
    labels = Volume(data=np.array([[[0, 1, 2, 3]]], dtype=np.uint8), affine=np.eye(4))
    inside = {region: region_mask(labels, region).data.ravel().tolist() for region in Region}

    assert inside[Region.ET] == [False, False, False, True]
    assert inside[Region.NCR] == [False, True, False, False]
    assert inside[Region.ED] == [False, False, True, False]
    assert inside[Region.TC] == [False, True, False, True]
    assert inside[Region.WT] == [False, True, True, True]
    assert int(Label.ENHANCING) == 3


def test_probabilities_on_another_grid_are_refused() -> None:
    with pytest.raises(GridMismatchError, match="whole_tumor"):
        Segmentation(
            case_id="p",
            labels=a_volume(0.0),
            probabilities={Region.WT: a_volume(shape=(4, 4, 5))},
        )
