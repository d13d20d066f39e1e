from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from scipy.spatial.transform import Rotation
from skimage.draw import polygon2mask

from glioscope.core import Label, Region, Volume, region_mask
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_out.structures import make_structures
from glioscope.io.results.measured import REGION_ORDER
from glioscope.simulation import ellipsoid

KINDS = ("drawn", "without_tumor", "on_enhanced_files", "on_bare_headers")
Mask = npt.NDArray[np.bool_]


def written(instance: Dataset) -> bytes:
    buffer = BytesIO()
    dcmwrite(buffer, instance, enforce_file_format=True)
    return buffer.getvalue()


def points_of(contour: Dataset) -> npt.NDArray[np.float64]:
    """Of a contour, RAS+ mm."""
    points = np.array([float(value) for value in contour.ContourData]).reshape(-1, 3)
    return np.asarray(points * np.array([-1.0, -1.0, 1.0]))


def rasterized(structures: Dataset, number: int, grid: Volume) -> Mask:
    """A region drawn again, slice by slice, by scikit-image."""
    mask = np.zeros(grid.shape, dtype=bool)
    for contour in structures.ROIContourSequence[number].get("ContourSequence", []):
        index = grid.index(points_of(contour))
        (k,) = {round(value) for value in index[:, 2]}
        assert index[:, 2] == pytest.approx(k, abs=1e-3)
        mask[:, :, k] ^= polygon2mask(grid.shape[:2], index[:, :2])
    return mask


def dice(one: Mask, other: Mask) -> float:
    return 2.0 * float((one & other).sum()) / float(one.sum() + other.sum())


def on_grid(drawn: Any, grid: Volume) -> tuple[Any, Origin]:
    """A shell with a core on another grid, whose slices no image shows."""
    center = tuple(grid.world((np.array(grid.shape) - 1) / 2).tolist())
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for radii_mm, label in (
        ((30.0, 24.0, 20.0), Label.ENHANCING),
        ((16.0, 14.0, 10.0), Label.NECROSIS),
    ):
        labels[ellipsoid(grid, center_mm=center, radii_mm=radii_mm).data] = label
    volume = grid.with_data(labels)
    origin = replace(drawn.origin, slices=(None,) * grid.shape[2], grid=volume)
    # what is known of the source objects does not depend on where the slices lie
    vars(origin)["datasets"] = drawn.origin.datasets
    return replace(drawn.result, labels=volume), origin


@pytest.mark.parametrize("kind", KINDS)
def test_the_validator_finds_no_error(
    kind: str, errors_of: Callable[[Dataset], list[str]], request: pytest.FixtureRequest
) -> None:
    drawn = request.getfixturevalue(kind)

    assert errors_of(make_structures(drawn.result, drawn.origin, drawn.identity)) == []


def test_the_regions_drawn_again_are_those_of_the_labels(drawn: Any) -> None:
    found = dcmread(BytesIO(written(make_structures(drawn.result, drawn.origin, drawn.identity))))

    for number, region in enumerate(REGION_ORDER):
        again = rasterized(found, number, drawn.result.labels)
        assert (again == region_mask(drawn.result.labels, region).data).all()


@pytest.mark.parametrize("angles_deg", [(0.0, 0.0, 0.0), (12.0, -25.0, 33.0)])
@pytest.mark.parametrize("spacing_mm", [(1.5, 1.5, 1.5), (0.9, 1.3, 5.0)])
def test_shells_are_drawn_again_on_any_grid(
    angles_deg: tuple[float, float, float], spacing_mm: tuple[float, float, float], drawn: Any
) -> None:
    affine = np.eye(4)
    turned = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    affine[:3, :3] = turned * np.array(spacing_mm)
    affine[:3, 3] = (-37.0, 12.5, 8.25)
    shape = tuple(int(70.0 / spacing) for spacing in spacing_mm)
    grid = Volume(data=np.zeros(shape, dtype=np.uint8), affine=affine)
    result, origin = on_grid(drawn, grid)

    found = dcmread(BytesIO(written(make_structures(result, origin, drawn.identity))))

    for number, region in enumerate(REGION_ORDER):
        truth = region_mask(result.labels, region).data
        if truth.any():
            assert dice(rasterized(found, number, grid), truth) > 0.98


def test_the_contours_enclose_the_volume_of_the_shell(drawn: Any) -> None:
    grid = Volume(data=np.zeros((80, 70, 60), dtype=np.uint8), affine=np.diag([0.8, 0.8, 1.0, 1.0]))
    result, origin = on_grid(drawn, grid)

    found = make_structures(result, origin, drawn.identity)

    contours = found.ROIContourSequence[REGION_ORDER.index(Region.ET)].ContourSequence
    areas = []
    for contour in contours:
        x, y, _ = points_of(contour).T
        areas.append(abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2.0)
    shell = 4 / 3 * np.pi * (30.0 * 24.0 * 20.0 - 16.0 * 14.0 * 10.0)
    assert sum(areas) * 1.0 == pytest.approx(shell, rel=0.02)


def test_a_contour_names_the_slice_it_lies_on(drawn: Any) -> None:
    found = make_structures(drawn.result, drawn.origin, drawn.identity)

    heights = {
        one.SOPInstanceUID: float(one.ImagePositionPatient[2]) for one in drawn.origin.datasets
    }
    for contour in found.ROIContourSequence[0].ContourSequence:
        image = contour.ContourImageSequence[0]
        assert points_of(contour)[:, 2] == pytest.approx(
            heights[image.ReferencedSOPInstanceUID], abs=0.01
        )


def test_a_contour_names_the_frame_of_an_enhanced_file(on_enhanced_files: Any) -> None:
    drawn = on_enhanced_files
    found = make_structures(drawn.result, drawn.origin, drawn.identity)

    labels = drawn.result.labels
    for contour in found.ROIContourSequence[0].ContourSequence:
        k = labels.index(points_of(contour))[:, 2].mean()
        assert contour.ContourImageSequence[0].ReferencedFrameNumber == round(k) + 1


def test_every_region_is_named_and_an_empty_one_has_no_contour(without_tumor: Any) -> None:
    drawn = without_tumor
    found = make_structures(drawn.result, drawn.origin, drawn.identity)

    assert [roi.ROIName for roi in found.StructureSetROISequence][:2] == [
        "Whole tumor",
        "Tumor core",
    ]
    assert len(found.ROIContourSequence) == 5
    assert not any("ContourSequence" in one for one in found.ROIContourSequence)


def test_the_same_result_gives_the_same_bytes(drawn: Any) -> None:
    first = written(make_structures(drawn.result, drawn.origin, drawn.identity))

    assert written(make_structures(drawn.result, drawn.origin, drawn.identity)) == first
