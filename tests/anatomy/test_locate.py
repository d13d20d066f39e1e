from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import map_coordinates

from glioscope.anatomy import LocateConfig, load_atlas, locate
from glioscope.anatomy.midline import SEPTUM_MM, THIRD_VENTRICLE_MM
from glioscope.core import (
    Case,
    GridMismatchError,
    Hemisphere,
    Label,
    Region,
    Segmentation,
    Volume,
)
from glioscope.io import load_template, write_volume
from glioscope.preparation import TemplateFit
from glioscope.simulation import phantom_case

MakeCase = Callable[..., tuple[Case, Segmentation]]
MakeFit = Callable[..., TemplateFit]

ET, ED, NCR = Label.ENHANCING, Label.EDEMA, Label.NECROSIS
LEFT_FRONTAL = ((-28.0, 36.0, 24.0), 10.0, ET)


@pytest.mark.parametrize(
    ("center", "lobe"),
    [
        ((28.0, 38.0, 24.0), "frontal lobe"),
        ((34.0, -52.0, 44.0), "parietal lobe"),
        ((50.0, -18.0, -18.0), "temporal lobe"),
        ((24.0, -86.0, 4.0), "occipital lobe"),
        ((30.0, -60.0, -40.0), "cerebellum"),
        ((36.0, 4.0, 0.0), "insula"),
        ((11.0, -18.0, 8.0), "thalamus"),
        ((27.0, 2.0, 2.0), "basal ganglia"),
    ],
)
@pytest.mark.parametrize("mirror", [False, True])
def test_a_ball_in_a_lobe_is_found_there_and_on_its_side(
    make_case: MakeCase,
    make_fit: MakeFit,
    center: tuple[float, float, float],
    lobe: str,
    mirror: bool,
) -> None:
    case, segmentation = make_case((center, 5.0, ET), mirror=mirror)

    location = locate(case, segmentation, fit=make_fit())

    side = Hemisphere.LEFT if mirror else Hemisphere.RIGHT
    assert location.main_lobe == lobe
    assert location.main_lobe_hemisphere is side
    assert location.hemisphere is side
    assert location.left_percent == (100.0 if mirror else 0.0)
    assert location.crosses_midline is False


def test_the_centroid_is_told_in_template_space(make_case: MakeCase, make_fit: MakeFit) -> None:
    case, segmentation = make_case(LEFT_FRONTAL)
    moved = np.eye(4)
    moved[:3, 3] = (2.0, -3.0, 4.0)

    centroid_mm = locate(case, segmentation, fit=make_fit()).centroid_template_mm
    moved_mm = locate(case, segmentation, fit=make_fit(affine=moved)).centroid_template_mm

    assert centroid_mm == pytest.approx(LEFT_FRONTAL[0], abs=0.2)
    assert moved_mm == pytest.approx(np.add(LEFT_FRONTAL[0], (2.0, -3.0, 4.0)), abs=0.2)


def test_the_distance_from_the_midline_is_that_of_the_center(
    make_case: MakeCase, make_fit: MakeFit
) -> None:
    case, segmentation = make_case(LEFT_FRONTAL)

    distance = locate(case, segmentation, fit=make_fit()).midline_distance

    assert distance is not None
    assert distance.unit == "mm"
    assert distance.value == pytest.approx(abs(LEFT_FRONTAL[0][0]), abs=0.3)


@pytest.mark.parametrize("axes", [(1, 1, 1), (-1, 1, 1), (-1, -1, 1), (-1, -1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_left_stays_left_on_every_grid(
    make_case: MakeCase,
    make_fit: MakeFit,
    axes: tuple[int, int, int],
    order: tuple[int, int, int],
) -> None:
    case, segmentation = make_case(LEFT_FRONTAL, axes=axes, order=order)

    location = locate(case, segmentation, fit=make_fit())

    assert location.hemisphere is Hemisphere.LEFT
    assert (location.main_lobe, location.main_lobe_hemisphere) == (
        "frontal lobe",
        Hemisphere.LEFT,
    )
    assert location.eloquent[0].hemisphere is Hemisphere.LEFT


def test_random_balls_lie_where_they_were_put(make_case: MakeCase, make_fit: MakeFit) -> None:
    atlas = load_atlas()
    rng = np.random.default_rng(5)
    for _ in range(6):
        structure = atlas.structures[int(rng.integers(8))]
        voxels = np.argwhere(atlas.labels.data == structure.index)
        middle = voxels[np.argmin(((voxels - np.median(voxels, axis=0)) ** 2).sum(axis=1))]
        x, y, z = atlas.labels.world(middle).tolist()
        case, segmentation = make_case(((x, y, z), float(rng.uniform(3.0, 6.0)), ET))

        location = locate(case, segmentation, fit=make_fit())

        assert location.main_lobe == structure.lobe
        assert location.hemisphere is structure.hemisphere


def pushed_mm(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how far a mass in the right frontal lobe has pushed what is now at these points."""
    away = points - (32.0, 30.0, 20.0)
    distance = np.linalg.norm(away, axis=-1, keepdims=True)
    held = np.exp(-(((points - (0.0, 5.0, 12.0)) / (40.0, 38.0, 28.0)) ** 2).sum(axis=-1))
    return np.asarray(away / (distance + 1.0) * 8.0 * held[..., None])


@pytest.mark.slow
def test_a_pushed_template_is_registered_and_located() -> None:
    t1 = load_template().t1
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (-84.0, -118.0, -66.0)
    grid = Volume(data=np.zeros((85, 100, 80), dtype=bool), affine=affine)
    points = grid.world(np.moveaxis(np.indices(grid.shape), 0, -1))
    source = np.moveaxis(t1.index(points - pushed_mm(points)), -1, 0)
    image = map_coordinates(t1.data, source, order=1)
    brain = grid.with_data(image > 0.05)
    normal = grid.with_data(((image - 0.75) / 0.12 * brain.data).astype(np.float32))
    ball = ((points - (32.0, 30.0, 20.0)) ** 2).sum(axis=-1) < 16.0**2
    labels = grid.with_data(((ball & brain.data) * int(ED)).astype(np.uint8))
    case = phantom_case(normal, brain=brain, case_id="pushed")
    middle = np.array(SEPTUM_MM + THIRD_VENTRICLE_MM)
    now = middle
    for _ in range(50):
        now = middle + pushed_mm(now)
    shift_mm = float(np.abs(now[:, 0]).max())

    location = locate(case, Segmentation(case_id="pushed", labels=labels))

    assert shift_mm > 3.0
    assert location.midline_shift.value == pytest.approx(shift_mm, abs=1.2)
    assert location.midline_shift_towards is Hemisphere.LEFT
    assert (location.main_lobe, location.hemisphere) == ("frontal lobe", Hemisphere.RIGHT)
    assert location.registration_quality > 0.9


def test_shares_add_up_and_the_largest_comes_first(make_case: MakeCase, make_fit: MakeFit) -> None:
    case, segmentation = make_case(
        ((-34.0, -30.0, 30.0), 22.0, ED), ((-30.0, -20.0, 44.0), 9.0, ET)
    )

    location = locate(case, segmentation, fit=make_fit())

    for region in (Region.WT, Region.TC, Region.ET, Region.ED):
        shares = [share.percent_of_region for share in location.involvement[region]]
        assert sum(shares) == pytest.approx(100.0, abs=1.0)
        assert shares == sorted(shares, reverse=True)
    assert location.involvement[Region.NCR] == ()


def test_percent_of_a_structure_that_is_wholly_taken_is_100(
    make_case: MakeCase, make_fit: MakeFit
) -> None:
    case, segmentation = make_case(((25.0, -4.0, -19.0), 22.0, ET))

    location = locate(case, segmentation, fit=make_fit())

    (amygdala,) = [
        share for share in location.involvement[Region.WT] if share.structure == "amygdala"
    ]
    assert amygdala.percent_of_structure == pytest.approx(100.0)
    assert amygdala.hemisphere is Hemisphere.RIGHT


def test_a_butterfly_lies_on_both_sides_and_crosses(make_case: MakeCase, make_fit: MakeFit) -> None:
    case, segmentation = make_case(((1.0, 28.0, 8.0), 14.0, ET))

    location = locate(case, segmentation, fit=make_fit())

    assert location.hemisphere is Hemisphere.BOTH
    assert location.main_lobe_hemisphere is Hemisphere.BOTH
    assert location.crosses_midline is True
    assert location.left_percent == pytest.approx(45.0, abs=3.0)


def test_edema_across_the_midline_is_no_crossing_of_the_core(
    make_case: MakeCase, make_fit: MakeFit
) -> None:
    case, segmentation = make_case(((6.0, 40.0, 20.0), 14.0, ED), ((20.0, 40.0, 20.0), 8.0, ET))

    location = locate(case, segmentation, fit=make_fit())

    assert location.hemisphere is Hemisphere.BOTH
    assert location.crosses_midline is False


def test_distance_to_the_hand_area_is_that_of_the_geometry(
    make_case: MakeCase, make_fit: MakeFit
) -> None:
    case, segmentation = make_case(((-37.0, 31.0, 57.0), 8.0, ED), ((-37.0, 31.0, 57.0), 4.0, ET))

    location = locate(case, segmentation, fit=make_fit())

    found = {
        entry.region: entry
        for entry in location.eloquent
        if entry.structure == "primary motor cortex (hand)" and entry.hemisphere is Hemisphere.LEFT
    }
    # centers 50 mm apart, less the radius of the ball and the 7 mm of the hand area
    assert found[Region.WT].distance.value == pytest.approx(50.0 - 8.0 - 7.0, abs=1.5)
    assert found[Region.TC].distance.value == pytest.approx(50.0 - 4.0 - 7.0, abs=1.5)
    assert found[Region.WT].uncertainty_mm > 0.0
    assert "Yousry" in found[Region.WT].source


def test_a_structure_inside_the_tumor_has_distance_zero_and_comes_first(
    make_case: MakeCase, make_fit: MakeFit
) -> None:
    case, segmentation = make_case(((51.0, 16.0, 14.0), 20.0, ET))

    location = locate(case, segmentation, fit=make_fit())

    broca = [e for e in location.eloquent if e.structure == "Broca's area"]
    assert broca[0].hemisphere is Hemisphere.RIGHT
    assert broca[0].distance.value == 0.0
    values = [entry.distance.value or 0.0 for entry in location.eloquent]
    assert values == sorted(values)
    assert any(notice.code == "language-side-assumed" for notice in location.notices)


def test_contact_with_the_ventricles_and_the_cortex(make_case: MakeCase, make_fit: MakeFit) -> None:
    deep = locate(*make_case(((20.0, -30.0, 18.0), 6.0, ET)), fit=make_fit())
    apart = locate(*make_case(((40.0, -40.0, 42.0), 6.0, ET)), fit=make_fit())
    edge = locate(*make_case(((84.0, 0.0, 20.0), 8.0, ET)), fit=make_fit())

    assert deep.contact_ventricles is True
    assert apart.contact_ventricles is False
    assert apart.contact_cortex is False
    assert edge.contact_cortex is True


def test_without_a_tumor_nothing_is_named(make_case: MakeCase, make_fit: MakeFit) -> None:
    case, segmentation = make_case()

    location = locate(case, segmentation, fit=make_fit())

    assert location.main_lobe is None
    assert location.hemisphere is None
    assert location.left_percent is None
    assert location.centroid_template_mm is None
    assert location.crosses_midline is None
    assert location.contact_ventricles is None
    assert location.eloquent == ()
    assert location.midline_shift.value == pytest.approx(0.0, abs=1e-6)
    assert all(shares == () for shares in location.involvement.values())


@pytest.mark.parametrize(
    "turn",
    [
        np.diag([1.0, 1.0, -1.0, 1.0]),  # upside down
        np.diag([1.0, -1.0, 1.0, 1.0]),  # back to front
    ],
)
def test_a_template_that_lies_the_wrong_way_is_refused_and_nothing_is_guessed(
    make_case: MakeCase, make_fit: MakeFit, turn: npt.NDArray[np.float64]
) -> None:
    case, segmentation = make_case(LEFT_FRONTAL)

    location = locate(case, segmentation, fit=make_fit(affine=turn))

    assert [notice.code for notice in location.notices] == ["location-refused"]
    assert location.registration_quality < LocateConfig().least_similarity
    assert location.main_lobe is None
    assert location.hemisphere is None
    assert location.midline_shift.value is None
    assert location.centroid_template_mm is None
    assert location.eloquent == ()
    assert location.involvement == {}


def test_an_image_without_any_contrast_is_refused(make_case: MakeCase, make_fit: MakeFit) -> None:
    case, segmentation = make_case(LEFT_FRONTAL)
    flat = {name: image.with_data(np.ones_like(image.data)) for name, image in case.images.items()}

    location = locate(replace(case, images=flat), segmentation, fit=make_fit())

    assert location.registration_quality == 0.0
    assert location.main_lobe is None


def test_a_users_atlas_names_the_places_and_eloquence_stays(
    make_case: MakeCase, make_fit: MakeFit, tmp_path: Path
) -> None:
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = (-75.0, -110.0, -70.0)
    halves = np.full((51, 64, 53), 9, dtype=np.uint8)
    halves[:25] = 5
    write_volume(Volume(data=halves, affine=affine), tmp_path / "halves.nii.gz")
    (tmp_path / "halves.tsv").write_text("index\tname\themisphere\n5\thalf\tL\n9\thalf\tR\n")
    config = LocateConfig(atlas=tmp_path / "halves.nii.gz", atlas_names=tmp_path / "halves.tsv")
    case, segmentation = make_case(LEFT_FRONTAL)

    location = locate(case, segmentation, config, fit=make_fit())

    (share,) = location.involvement[Region.WT]
    assert (share.structure, share.hemisphere) == ("half", Hemisphere.LEFT)
    assert location.atlas == "halves.nii.gz"
    assert {entry.structure for entry in location.eloquent} >= {"thalamus", "optic chiasm"}


def test_a_segmentation_on_another_grid_is_refused(make_case: MakeCase, make_fit: MakeFit) -> None:
    case, _ = make_case()
    _, other = make_case(LEFT_FRONTAL, order=(1, 0, 2))

    with pytest.raises(GridMismatchError):
        locate(case, other, fit=make_fit())
