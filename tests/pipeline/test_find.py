"""What the findings hold of T1c."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glioscope.core import Case, Label, Region, Segmentation, Sequence, Severity
from glioscope.measurement import FIRST_ORDER_FEATURES, TUMOR_MEAN
from glioscope.pipeline import AnalyzeConfig, find
from glioscope.simulation import empty_grid, phantom_case, sphere, world_points

UNLOCATED = AnalyzeConfig(locate=None)
GRID = empty_grid(extent_mm=(120.0, 120.0, 120.0), spacing_mm=(2.0, 2.0, 2.0))
BRAIN = sphere(GRID, center_mm=(0.0, 0.0, 0.0), radius_mm=52.0)
TUMOR = sphere(GRID, center_mm=(-20.0, 10.0, 5.0), radius_mm=15.0)
SEGMENTATION = Segmentation(
    case_id="phantom",
    labels=GRID.with_data(np.where(TUMOR.data, Label.ENHANCING, 0).astype(np.uint8)),
)


def a_case(*, shading: float = 0.0, sequence: Sequence = Sequence.T1C) -> Case:
    """Return a brain of 500, a tumor around 900, under a skull, shaded from left to right."""
    noise = np.random.default_rng(4).normal(0.0, 40.0, GRID.shape)
    tissue = np.where(TUMOR.data, 900.0, 500.0) + noise
    shaded = np.where(BRAIN.data, tissue, 2000.0) * np.exp(shading * world_points(GRID)[..., 0])
    head = GRID.with_data(shaded.astype(np.float32))
    return replace(phantom_case(head, brain=BRAIN, sequence=sequence), heads={sequence: head})


def test_intensity_is_at_a_tumor_mean_of_2500() -> None:
    findings = find(a_case(), SEGMENTATION, UNLOCATED)

    intensity = findings.measurements.intensity
    assert set(intensity) == {*FIRST_ORDER_FEATURES, "ImageMean"}
    assert intensity["Mean"].value == pytest.approx(TUMOR_MEAN)
    assert intensity["Median"].region is Region.WT
    assert findings.notices == ()


def test_the_shading_of_the_coil_is_taken_off_first() -> None:
    even = find(a_case(), SEGMENTATION, UNLOCATED).measurements.intensity
    shaded = find(a_case(shading=0.005), SEGMENTATION, UNLOCATED).measurements.intensity

    for name in ("ImageMean", "10Percentile", "90Percentile"):
        # uncorrected, ImageMean would differ by 11%
        assert shaded[name].value == pytest.approx(even[name].value, rel=0.01), name


def test_a_normalized_t1c_is_told_and_left_out() -> None:
    case = a_case()
    head = case.heads[Sequence.T1C]
    scored = head.with_data((head.data - np.float32(510.0)) / np.float32(80.0))

    findings = find(replace(case, heads={Sequence.T1C: scored}), SEGMENTATION, UNLOCATED)

    assert findings.measurements.intensity == {}
    (notice,) = findings.notices
    assert (notice.code, notice.severity) == ("t1c-without-zero", Severity.INFO)
    assert notice.sequence is Sequence.T1C


def test_without_t1c_there_is_no_intensity_and_nothing_to_tell() -> None:
    findings = find(a_case(sequence=Sequence.FLAIR), SEGMENTATION, UNLOCATED)

    assert findings.measurements.intensity == {}
    assert findings.notices == ()


def test_without_a_tumor_there_is_no_intensity_and_nothing_to_tell() -> None:
    nothing = GRID.with_data(np.zeros(GRID.shape, dtype=np.uint8))

    findings = find(a_case(), replace(SEGMENTATION, labels=nothing), UNLOCATED)

    assert findings.measurements.intensity == {}
    assert findings.notices == ()
