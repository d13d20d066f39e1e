from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset, dcmread, dcmwrite

from glioscope.core import Label, Region, Volume
from glioscope.io.dicom_out.picture_drawing import Plane, Scene, as_seen, draw_slice
from glioscope.io.dicom_out.pictures import make_pictures
from glioscope.io.dicom_out.segments import COLORS
from glioscope.simulation import ellipsoid, empty_grid

KINDS = ("drawn", "without_tumor", "on_enhanced_files", "on_bare_headers")
Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def pictures(drawn: Any) -> tuple[Dataset, ...]:
    """Of two lesions, on classic slices; tests only read them."""
    return make_pictures(drawn.result, drawn.origin, drawn.identity)


def pixels_of(instance: Dataset) -> Pixels:
    buffer = BytesIO()
    dcmwrite(buffer, instance, enforce_file_format=True)
    buffer.seek(0)
    return np.asarray(dcmread(buffer).pixel_array)


def places_of(picture: Pixels, region: Region) -> npt.NDArray[np.intp]:
    """Rows and columns above the legend that have the color of a region."""
    distance = np.abs(picture[:790].astype(int) - np.array(COLORS[region])).max(axis=-1)
    return np.argwhere(distance < 40)


def drawn_ball(
    *, center_mm: tuple[float, float, float], spacing_mm: tuple[float, float, float]
) -> Pixels:
    """An axial picture of a ball of 20 mm radius in an even head."""
    grid = empty_grid(extent_mm=(160.0, 160.0, 120.0), spacing_mm=spacing_mm)
    ball = ellipsoid(grid, center_mm=center_mm, radii_mm=(20.0, 20.0, 20.0)).data
    labels = grid.with_data(np.where(ball, int(Label.ENHANCING), 0).astype(np.uint8))
    image = grid.with_data(np.where(ball, 200.0, 100.0).astype(np.float32))
    scene = Scene(image=as_seen(image), labels=as_seen(labels))
    return draw_slice(scene, Plane.AXIAL, title="", legend={}, footer="")


@pytest.mark.parametrize("kind", KINDS)
def test_the_validator_finds_no_error(
    kind: str, errors_of: Callable[[Dataset], list[str]], request: pytest.FixtureRequest
) -> None:
    drawn = request.getfixturevalue(kind)

    for picture in make_pictures(drawn.result, drawn.origin, drawn.identity):
        assert errors_of(picture) == []


def test_there_is_a_picture_a_plane_in_one_series(pictures: tuple[Dataset, ...]) -> None:
    assert [one.InstanceNumber for one in pictures] == [1, 2, 3]
    assert len({one.SOPInstanceUID for one in pictures}) == 3
    assert len({one.SeriesInstanceUID for one in pictures}) == 1
    assert [list(one.PatientOrientation) for one in pictures] == [
        ["L", "P"],
        ["L", "F"],
        ["P", "F"],
    ]
    assert {one.BurnedInAnnotation for one in pictures} == {"NO"}


def test_a_lesion_on_the_left_is_on_the_right_of_axial_and_coronal_pictures(
    pictures: tuple[Dataset, ...],
) -> None:
    axial, coronal, _ = (pixels_of(one) for one in pictures)

    # the larger lesion lies on the patient's left, before the middle, above it
    assert np.median(places_of(axial, Region.ET)[:, 1]) > 450
    assert np.median(places_of(axial, Region.ET)[:, 0]) < 400
    assert np.median(places_of(coronal, Region.ET)[:, 1]) > 450


@pytest.mark.parametrize(
    ("center_mm", "half"), [((-45.0, 0.0, 0.0), "right"), ((45.0, 0.0, 0.0), "left")]
)
def test_the_picture_has_the_patients_left_on_its_right(
    center_mm: tuple[float, float, float], half: str
) -> None:
    columns = places_of(drawn_ball(center_mm=center_mm, spacing_mm=(2.0, 2.0, 2.0)), Region.ET)[
        :, 1
    ]

    assert (columns > 400).all() if half == "right" else (columns < 400).all()


@pytest.mark.parametrize("spacing_mm", [(2.0, 2.0, 2.0), (1.0, 4.0, 6.0), (4.0, 1.0, 2.0)])
def test_a_ball_is_round_and_true_to_scale_whatever_the_voxels(
    spacing_mm: tuple[float, float, float],
) -> None:
    places = places_of(drawn_ball(center_mm=(0.0, 0.0, 0.0), spacing_mm=spacing_mm), Region.ET)

    size_mm = np.ptp(places, axis=0) / 5.0  # 160 mm on 800 pixels

    assert size_mm == pytest.approx([40.0, 40.0], abs=4.5)


def test_the_turned_volume_keeps_every_voxel_in_its_place() -> None:
    affine = np.array(
        [[0.0, 0.2, 3.0, -40.0], [2.0, 0.0, 0.1, 10.0], [0.0, -1.5, 0.3, 5.0], [0.0, 0.0, 0.0, 1.0]]
    )
    volume = Volume(data=np.arange(60.0).reshape(3, 4, 5), affine=affine)

    turned = as_seen(volume)

    for value in (0.0, 7.0, 33.0, 59.0):
        before = volume.world(np.argwhere(volume.data == value))
        assert turned.world(np.argwhere(turned.data == value)) == pytest.approx(before)
    assert (np.diag(turned.affine[:3, :3]) < 0).all()


def test_without_a_tumor_there_is_no_outline(without_tumor: Any) -> None:
    drawn = without_tumor

    for one in make_pictures(drawn.result, drawn.origin, drawn.identity):
        picture = pixels_of(one)
        assert picture[:790].max() > 100
        assert all(len(places_of(picture, r)) == 0 for r in (Region.ET, Region.NCR, Region.ED))


def test_the_outline_follows_the_labels_of_the_result(
    drawn: Any, pictures: tuple[Dataset, ...]
) -> None:
    labels = drawn.result.labels
    moved = replace(drawn.result, labels=labels.with_data(np.roll(labels.data, -8, axis=1)))

    before = pixels_of(pictures[0])
    after = pixels_of(make_pictures(moved, drawn.origin, drawn.identity)[0])

    # rows of the scan run to the back: 8 of them are 24 mm, and 186 mm fill 800 pixels
    tops = [int(places_of(one, Region.ED)[:, 0].min()) for one in (before, after)]
    assert tops[0] - tops[1] == pytest.approx(24.0 * 800 / 186, abs=3)


def test_the_same_result_gives_the_same_bytes(drawn: Any, pictures: tuple[Dataset, ...]) -> None:
    again = make_pictures(drawn.result, drawn.origin, drawn.identity)

    assert [one.PixelData for one in pictures] == [one.PixelData for one in again]
    assert [one.SOPInstanceUID for one in pictures] == [one.SOPInstanceUID for one in again]
