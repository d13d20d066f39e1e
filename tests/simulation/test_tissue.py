from __future__ import annotations

import math

import pytest

from glioscope.core import Sequence
from glioscope.simulation import PROTOCOL, RELAXATION, Tissue, signal

BRAIN = (Tissue.WHITE, Tissue.GRAY, Tissue.FLUID)


@pytest.mark.parametrize(
    ("sequence", "from_bright_to_dark"),
    [
        (Sequence.T1, (Tissue.FAT, Tissue.WHITE, Tissue.GRAY, Tissue.FLUID, Tissue.BONE)),
        (Sequence.T2, (Tissue.FLUID, Tissue.EDEMA, Tissue.GRAY, Tissue.WHITE, Tissue.BONE)),
        (Sequence.FLAIR, (Tissue.EDEMA, Tissue.GRAY, Tissue.WHITE, Tissue.FLUID)),
        (Sequence.T1C, (Tissue.SOLID, Tissue.VESSEL, Tissue.WHITE, Tissue.NECROSIS)),
    ],
)
def test_tissues_stand_in_the_order_a_radiologist_knows(
    sequence: Sequence, from_bright_to_dark: tuple[Tissue, ...]
) -> None:
    values = [signal(tissue, sequence) for tissue in from_bright_to_dark]

    assert values == sorted(values, reverse=True)


def test_the_spin_echo_equation_by_hand() -> None:
    white, timing = RELAXATION[Tissue.WHITE], PROTOCOL[Sequence.T1]

    by_hand = 0.77 * (1 - math.exp(-500 / 500)) * math.exp(-10 / 70)

    assert (white.t1_ms, white.t2_ms, white.density) == (500.0, 70.0, 0.77)
    assert (timing.repetition_time_ms, timing.echo_time_ms) == (500.0, 10.0)
    assert signal(Tissue.WHITE, Sequence.T1) == pytest.approx(by_hand)


def test_flair_nulls_fluid() -> None:
    assert signal(Tissue.FLUID, Sequence.FLAIR) < 0.02 * signal(Tissue.WHITE, Sequence.FLAIR)


def test_contrast_agent_changes_only_what_has_no_barrier() -> None:
    changed = {
        tissue for tissue in Tissue if signal(tissue, Sequence.T1C) != signal(tissue, Sequence.T1)
    }

    assert changed == {Tissue.SOFT, Tissue.SKIN, Tissue.DURA, Tissue.VESSEL, Tissue.SOLID}
