from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from glioscope.core import Label
from glioscope.simulation import Tumor, grow, labels_of
from glioscope.simulation.growth import CORE_EDGE, STEP_MM

Floats = npt.NDArray[np.float32]
SHAPE = (40, 40, 40)
SEED = (20, 20, 20)
RING = Tumor(center_mm=(0.0, 0.0, 0.0), core_radius_mm=12.0, rim_mm=3.0, push_mm=0.0)


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def maps(white: float, gray: float) -> tuple[Floats, Floats]:
    return (
        np.full(SHAPE, white, dtype=np.float32),
        np.full(SHAPE, gray, dtype=np.float32),
    )


def test_the_core_ends_with_the_volume_asked_for() -> None:
    white, gray = maps(1.0, 0.0)

    density = grow(white, gray, SEED, core_radius_mm=12.0, rng=random())

    core_mm3 = float((density >= CORE_EDGE).sum()) * STEP_MM**3
    assert core_mm3 == pytest.approx(4 / 3 * np.pi * 12.0**3, rel=0.25)


def test_cells_go_further_in_white_matter_than_in_gray() -> None:
    white, gray = maps(1.0, 0.0)
    white[:20], gray[:20] = 0.0, 1.0

    density = grow(white, gray, SEED, core_radius_mm=12.0, rng=random())

    assert (density[20:] > 0.1).sum() > 1.3 * (density[:20] > 0.1).sum()


def test_no_cell_crosses_fluid() -> None:
    white, gray = maps(1.0, 0.0)
    white[:12] = 1.0
    white[12:14] = 0.0

    density = grow(white, gray, SEED, core_radius_mm=14.0, rng=random())

    assert density[14].max() > 0.1
    assert density[:14].max() == 0.0


def test_the_rim_lies_between_necrosis_and_edema() -> None:
    white, gray = maps(1.0, 0.0)
    density = grow(white, gray, SEED, core_radius_mm=14.0, rng=random())

    labels = labels_of(density, gray, RING, spacing_mm=STEP_MM, rng=random())

    necrosis = labels == Label.NECROSIS
    around = ndimage.binary_dilation(necrosis) & ~necrosis
    assert necrosis.any()
    assert set(np.unique(labels[around])) == {Label.ENHANCING}
    assert (labels == Label.EDEMA).any()


def test_a_tumor_without_rim_does_not_enhance() -> None:
    white, gray = maps(1.0, 0.0)
    density = grow(white, gray, SEED, core_radius_mm=10.0, rng=random())

    labels = labels_of(density, gray, replace(RING, rim_mm=0.0), spacing_mm=STEP_MM, rng=random())

    assert set(np.unique(labels)) == {Label.BACKGROUND, Label.NECROSIS, Label.EDEMA}


def test_edema_spares_gray_matter() -> None:
    density = np.full(SHAPE, 0.3, dtype=np.float32)
    _, gray = maps(1.0, 0.0)
    gray[:20] = 1.0

    labels = labels_of(density, gray, RING, spacing_mm=STEP_MM, rng=random())

    assert (labels[:18] == Label.EDEMA).mean() < 0.3
    assert (labels[22:] == Label.EDEMA).mean() > 0.7


def test_a_lower_edge_means_more_edema() -> None:
    white, gray = maps(1.0, 0.0)
    density = grow(white, gray, SEED, core_radius_mm=8.0, rng=random())

    little, much = (
        labels_of(density, gray, replace(RING, visible_edge=edge), spacing_mm=STEP_MM, rng=random())
        for edge in (0.4, 0.05)
    )

    assert (much > 0).sum() > 1.3 * (little > 0).sum()
