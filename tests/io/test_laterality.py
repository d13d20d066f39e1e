"""A marker in the right hemisphere stays there, whatever the order and direction of the axes."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from glioscope.core import Acquisition, Volume
from glioscope.io import (
    DicomIdentity,
    from_itk,
    read_study,
    read_volume,
    write_dicom_series,
    write_volume,
)

MARKER_MM = np.array([14.0, 9.0, -6.0])
"""Right, anterior, inferior of the middle of the phantom."""

ORDERS = [
    (order, signs)
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1.0, -1.0), repeat=3)
]
IDENTITY = DicomIdentity.from_seed(1, patient_id="PHANTOM")


def phantom(
    order: tuple[int, ...],
    signs: tuple[float, ...],
    *,
    angles_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    spacing_mm: tuple[float, float, float] = (2.0, 3.0, 4.0),
) -> Volume:
    """Return a blob around the marker on a grid around the origin whose axes lie as told."""
    axes = np.zeros((3, 3))
    for axis in range(3):
        axes[order[axis], axis] = signs[axis]
    linear = rotation(angles_deg) @ axes * np.array(spacing_mm)
    shape = tuple(int(np.ceil(56.0 / length)) for length in spacing_mm)
    affine = np.eye(4)
    affine[:3, :3] = linear
    affine[:3, 3] = -linear @ (np.array(shape) - 1) / 2
    world = np.moveaxis(np.indices(shape), 0, -1) @ linear.T + affine[:3, 3]
    distance_mm = np.linalg.norm(world - MARKER_MM, axis=-1)
    return Volume(data=np.rint(1000 * np.exp(-((distance_mm / 8.0) ** 2))), affine=affine)


def rotation(angles_deg: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(angles_deg)):
        turn = np.eye(3)
        one, other = (axis + 1) % 3, (axis + 2) % 3
        turn[[one, other], [one, other]] = np.cos(angle)
        turn[one, other], turn[other, one] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


def marker_mm(volume: Volume) -> npt.NDArray[np.float64]:
    """Return the center of mass of the blob, RAS+ mm."""
    weights = volume.data.astype(np.float64)
    center = [float((np.indices(volume.shape)[axis] * weights).sum()) for axis in range(3)]
    return volume.world(np.array(center) / weights.sum())


def through_nifti(volume: Volume, folder: Path) -> Volume:
    write_volume(volume, folder / "image.nii.gz")
    return read_volume(folder / "image.nii.gz")


def through_dicom(volume: Volume, folder: Path, *, enhanced: bool = False, seed: int = 0) -> Volume:
    """Write the slices, rename them in a random order, and read them."""
    files = write_dicom_series(
        volume,
        folder=folder / "series",
        acquisition=Acquisition(series_description="T1"),
        identity=IDENTITY,
        enhanced=enhanced,
    )
    names = np.random.default_rng(seed).permutation(len(files))
    for path, name in zip(files, names, strict=True):
        path.rename(path.with_name(f"x{name:05d}"))
    (series,) = read_study(folder / "series").series
    return series.volume


@pytest.mark.parametrize(("order", "signs"), ORDERS)
def test_nifti_keeps_the_marker_for_all_axis_orders(
    tmp_path: Path, order: tuple[int, ...], signs: tuple[float, ...]
) -> None:
    volume = phantom(order, signs)

    read = through_nifti(volume, tmp_path)

    np.testing.assert_allclose(marker_mm(read), marker_mm(volume), atol=1e-4)
    assert marker_mm(read)[0] > 10


@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
@pytest.mark.parametrize(("order", "signs"), ORDERS)
def test_dicom_keeps_the_marker_for_all_axis_orders(
    tmp_path: Path, order: tuple[int, ...], signs: tuple[float, ...], enhanced: bool
) -> None:
    volume = phantom(order, signs)

    read = through_dicom(volume, tmp_path, enhanced=enhanced)

    np.testing.assert_allclose(marker_mm(read), marker_mm(volume), atol=1e-4)
    assert marker_mm(read)[0] > 10


angle = st.floats(-180, 180, allow_nan=False)
spacing = st.floats(1.5, 8.0, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(
    axes=st.sampled_from(ORDERS),
    angles_deg=st.tuples(angle, angle, angle),
    spacing_mm=st.tuples(spacing, spacing, spacing),
)
def test_nifti_keeps_the_marker_for_any_oblique_grid(
    axes: tuple[tuple[int, ...], tuple[float, ...]],
    angles_deg: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
) -> None:
    volume = phantom(*axes, angles_deg=angles_deg, spacing_mm=spacing_mm)

    with tempfile.TemporaryDirectory() as folder:
        read = through_nifti(volume, Path(folder))

    np.testing.assert_allclose(marker_mm(read), marker_mm(volume), atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    axes=st.sampled_from(ORDERS),
    angles_deg=st.tuples(angle, angle, angle),
    spacing_mm=st.tuples(spacing, spacing, spacing),
    enhanced=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_dicom_keeps_the_marker_for_any_oblique_grid_and_order_of_files(
    axes: tuple[tuple[int, ...], tuple[float, ...]],
    angles_deg: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
    enhanced: bool,
    seed: int,
) -> None:
    volume = phantom(*axes, angles_deg=angles_deg, spacing_mm=spacing_mm)

    with tempfile.TemporaryDirectory() as folder:
        read = through_dicom(volume, Path(folder), enhanced=enhanced, seed=seed)

    np.testing.assert_allclose(marker_mm(read), marker_mm(volume), atol=1e-3)


@settings(max_examples=15, deadline=None)
@given(axes=st.sampled_from(ORDERS), angles_deg=st.tuples(angle, angle, angle))
def test_another_reader_finds_the_marker_at_the_same_place(
    axes: tuple[tuple[int, ...], tuple[float, ...]], angles_deg: tuple[float, float, float]
) -> None:
    volume = phantom(*axes, angles_deg=angles_deg)

    with tempfile.TemporaryDirectory() as folder:
        write_volume(volume, Path(folder) / "image.nii.gz")
        nifti = from_itk(sitk.ReadImage(str(Path(folder) / "image.nii.gz")))
        series = Path(folder) / "series"
        write_dicom_series(volume, folder=series, acquisition=Acquisition(), identity=IDENTITY)
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(series)))
        dicom = from_itk(reader.Execute())

    np.testing.assert_allclose(marker_mm(nifti), marker_mm(volume), atol=1e-3)
    np.testing.assert_allclose(marker_mm(dicom), marker_mm(volume), atol=1e-3)
