"""Volumes, proportions and lesions of drawn tumors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from glioscope.core import (
    Hemisphere,
    Label,
    MidlinePlane,
    Region,
    Segmentation,
    Volume,
)
from glioscope.measurement import SMALLEST_LESION_MM3, measure

MIDDLE = MidlinePlane(point_mm=(40.0, 0.0, 0.0), normal_mm=(1.0, 0.0, 0.0))


@dataclass(frozen=True)
class Ball:
    """An ellipsoid with its axes along the grid's.

    Args:
        center_mm: In the world of a grid that starts at the origin.
        semi_axes_mm: Along x, y, z.
        label: Its label; later ones overwrite earlier ones.
    """

    center_mm: tuple[float, float, float]
    semi_axes_mm: tuple[float, float, float]
    label: Label = Label.EDEMA


def draw(
    *balls: Ball,
    shape: tuple[int, int, int] = (80, 80, 80),
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Segmentation:
    labels = np.zeros(shape, dtype=np.uint8)
    for ball in balls:
        axes = [
            (np.arange(n) * step - middle) / half
            for n, step, middle, half in zip(
                shape, spacing_mm, ball.center_mm, ball.semi_axes_mm, strict=True
            )
        ]
        x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
        labels[x**2 + y**2 + z**2 <= 1] = ball.label
    grid = Volume(data=labels, affine=np.diag([*spacing_mm, 1.0]))
    return Segmentation(case_id="phantom", labels=grid)


def layered(center_mm: tuple[float, float, float], scale: float = 1.0) -> tuple[Ball, ...]:
    """Return a tumor of 14 mm with an enhancing rim around necrosis."""
    radii = {Label.EDEMA: 14.0, Label.ENHANCING: 9.0, Label.NECROSIS: 5.0}
    return tuple(Ball(center_mm, (scale * radius,) * 3, label) for label, radius in radii.items())


def ball_ml(radius_mm: float) -> float:
    return 4 / 3 * math.pi * radius_mm**3 / 1000


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.7, 0.7, 1.2)])
def test_volumes_match_the_formula(spacing_mm: tuple[float, float, float]) -> None:
    segmentation = draw(*layered((27.3, 26.9, 28.2)), spacing_mm=spacing_mm)

    volumes = measure(segmentation).volumes

    expected = {
        Region.WT: ball_ml(14),
        Region.TC: ball_ml(9),
        Region.ET: ball_ml(9) - ball_ml(5),
        Region.NCR: ball_ml(5),
        Region.ED: ball_ml(14) - ball_ml(9),
    }
    for region, volume in expected.items():
        assert volumes[region].value == pytest.approx(volume, rel=0.01)
        assert (volumes[region].unit, volumes[region].region) == ("mL", region)


def test_proportions_add_up() -> None:
    proportions = measure(draw(*layered((30, 30, 30)))).proportions

    values = [quantity.value for quantity in proportions.values()]
    assert sum(value for value in values if value is not None) == pytest.approx(100.0)
    assert proportions[Region.NCR].value == pytest.approx(100 * (5 / 14) ** 3, rel=0.03)


def test_probabilities_give_the_interval_of_a_volume() -> None:
    segmentation = draw(Ball((30, 30, 30), (10.0, 10.0, 10.0)))
    distance = np.linalg.norm(np.indices(segmentation.labels.shape).T - 30.0, axis=-1).T
    # The probability falls by 0.1 a millimeter: 0.7 at 8 mm, 0.3 at 12 mm.
    probability = np.clip(0.5 - (distance - 10) / 10, 0, 1).astype(np.float32)
    modelled = Segmentation(
        case_id="phantom",
        labels=segmentation.labels,
        probabilities={Region.WT: segmentation.labels.with_data(probability)},
    )

    volume = measure(modelled).volumes[Region.WT]

    assert volume.low == pytest.approx(ball_ml(8), rel=0.03)
    assert volume.high == pytest.approx(ball_ml(12), rel=0.03)
    assert volume.interval is not None
    assert measure(modelled).volumes[Region.ET].interval is None


def test_a_patient_without_tumor_has_volumes_of_zero_and_nothing_else() -> None:
    found = measure(draw(shape=(20, 20, 20)))

    assert {quantity.value for quantity in found.volumes.values()} == {0.0}
    assert {quantity.value for quantity in found.proportions.values()} == {None}
    assert {quantity.value for quantity in found.maximum_3d_diameter.values()} == {None}
    assert found.lesions == ()
    assert found.multifocal is None
    assert found.satellites == 0
    assert not found.shape
    assert not found.diameters


def test_lesions_are_counted_and_ordered_by_size() -> None:
    small = layered((14, 14, 14), scale=0.6)
    large = layered((52, 52, 52), scale=1.2)

    lesions = measure(draw(*small, *large), midline=MIDDLE).lesions

    assert [lesion.lesion_id for lesion in lesions] == [1, 2]
    np.testing.assert_allclose(lesions[0].centroid_mm, (52, 52, 52), atol=0.2)
    np.testing.assert_allclose(lesions[1].centroid_mm, (14, 14, 14), atol=0.2)
    assert lesions[0].volumes[Region.WT].value == pytest.approx(ball_ml(1.2 * 14), rel=0.01)
    assert lesions[1].volumes[Region.WT].value == pytest.approx(ball_ml(0.6 * 14), rel=0.02)


def test_lesions_that_touch_at_a_corner_are_one() -> None:
    segmentation = draw(shape=(20, 20, 20))
    labels = segmentation.labels.data.copy()
    labels[2:8, 2:8, 2:8] = Label.EDEMA
    labels[8:14, 8:14, 8:14] = Label.EDEMA

    joined = measure(Segmentation(case_id="x", labels=segmentation.labels.with_data(labels)))
    labels[7, 7, 7] = Label.BACKGROUND
    apart = measure(Segmentation(case_id="x", labels=segmentation.labels.with_data(labels)))

    assert (len(joined.lesions), len(apart.lesions)) == (1, 2)


def test_specks_are_no_lesions_but_count_in_the_volume() -> None:
    segmentation = draw(Ball((30, 30, 30), (8.0, 8.0, 8.0)))
    labels = segmentation.labels.data.copy()
    speck = int(SMALLEST_LESION_MM3) - 1
    labels[60, 60, 2 : 2 + speck] = Label.EDEMA

    found = measure(Segmentation(case_id="x", labels=segmentation.labels.with_data(labels)))

    assert len(found.lesions) == 1
    voxels = int(np.count_nonzero(labels))
    assert found.volumes[Region.WT].value == pytest.approx(voxels / 1000)


@pytest.mark.parametrize(
    ("x_mm", "expected"),
    [(20.0, Hemisphere.LEFT), (60.0, Hemisphere.RIGHT), (42.0, Hemisphere.BOTH)],
)
def test_hemisphere_is_the_patients(x_mm: float, expected: Hemisphere) -> None:
    # RAS+: x grows towards the patient's right, so what lies below the plane is left.
    found = measure(draw(*layered((x_mm, 40, 40))), midline=MIDDLE)

    assert [lesion.hemisphere for lesion in found.lesions] == [expected]


def test_hemisphere_follows_a_tilted_midline() -> None:
    normal = (math.cos(0.6), math.sin(0.6), 0.0)
    tilted = MidlinePlane(point_mm=(40.0, 40.0, 0.0), normal_mm=normal)

    # At x = 46 but far towards the back the tilted plane leaves it on the left.
    found = measure(draw(Ball((46, 16, 40), (7.0, 7.0, 7.0))), midline=tilted)

    assert found.lesions[0].hemisphere is Hemisphere.LEFT


def test_hemisphere_does_not_depend_on_the_axes_of_the_array() -> None:
    straight = draw(*layered((20, 40, 40)))
    flipped = Volume(
        data=straight.labels.data[::-1],
        affine=np.array([[-1.0, 0, 0, 79], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
    )

    found = measure(Segmentation(case_id="x", labels=flipped), midline=MIDDLE)

    assert found.lesions[0].hemisphere is Hemisphere.LEFT
    np.testing.assert_allclose(found.lesions[0].centroid_mm, (20, 40, 40), atol=1e-9)


def test_without_a_midline_the_brain_divides() -> None:
    segmentation = draw(Ball((30, 40, 40), (9.0,) * 3))
    brain = np.zeros(segmentation.labels.shape, dtype=bool)
    brain[:32] = True

    found = measure(segmentation, brain=segmentation.labels.with_data(brain))

    assert found.lesions[0].hemisphere is Hemisphere.RIGHT


def test_without_a_midline_and_a_brain_the_middle_of_the_grid_divides() -> None:
    assert measure(draw(Ball((20, 40, 40), (9.0,) * 3))).lesions[0].hemisphere is Hemisphere.LEFT


def test_multifocal_means_two_cores_and_a_satellite_is_near() -> None:
    main = layered((22, 22, 22))
    edema_near = Ball((50, 22, 22), (6.0, 6.0, 6.0))
    core_far = layered((62, 62, 62))

    near = measure(draw(*main, edema_near))
    far = measure(draw(*main, *core_far))

    assert (near.multifocal, near.satellites) == (False, 1)
    assert (far.multifocal, far.satellites) == (True, 0)


def test_a_lesion_is_measured_by_what_enhances_or_else_as_a_whole() -> None:
    enhancing = layered((20, 20, 20))
    plain = Ball((58, 58, 58), (12.0, 12.0, 12.0))

    lesions = measure(draw(*enhancing, plain)).lesions

    assert [lesion.diameters_region for lesion in lesions] == [Region.ET, Region.WT]
    longest = [lesion.diameters.longest.value for lesion in lesions if lesion.diameters]
    assert longest == pytest.approx([18.0, 24.0], abs=0.5)


def test_enhancing_and_flair_disease_are_measured_at_their_largest() -> None:
    found = measure(draw(*layered((22, 22, 22), scale=0.8), *layered((56, 56, 56)))).diameters

    assert list(found) == [Region.ET, Region.WT]
    assert found[Region.ET].longest.value == pytest.approx(18.0, abs=0.5)
    assert found[Region.WT].longest.value == pytest.approx(28.0, abs=0.5)


def test_slices_are_counted_on_the_whole_grid() -> None:
    found = measure(draw(*layered((40, 40, 53))))

    assert found.diameters[Region.WT].slice_index == pytest.approx(53, abs=1)
    assert found.lesions[0].diameters is not None
    assert found.lesions[0].diameters.slice_index == found.diameters[Region.ET].slice_index


def test_every_quantity_names_its_unit_region_and_method() -> None:
    found = measure(draw(*layered((40, 40, 40))))

    quantities = [
        *found.volumes.values(),
        *found.proportions.values(),
        *found.maximum_3d_diameter.values(),
        *(quantity for shape in found.shape.values() for quantity in shape.values()),
    ]
    assert len(quantities) == 5 + 3 + 3 + 3 * 14
    assert all(q.unit and q.region is not None and q.method for q in quantities)
    assert all(q.value is not None and math.isfinite(q.value) for q in quantities)
