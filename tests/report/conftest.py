"""A patient of ellipsoids whose every number is computed here, simply, for the report to tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import (
    Alignment,
    Case,
    CaseResult,
    Choice,
    Diameters,
    EloquentDistance,
    Findings,
    Hemisphere,
    Involvement,
    Label,
    Lesion,
    Location,
    Measurements,
    ModelInfo,
    Notice,
    Patient,
    Quality,
    Quantity,
    Region,
    Segmentation,
    Sequence,
    Severity,
    Volume,
    region_mask,
)

VOLUME_METHOD = "sum of the voxels of the region"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ball:
    """An ellipsoid in the patient: RAS+ mm."""

    center_mm: tuple[float, float, float]
    radii_mm: tuple[float, float, float]

    def inside(self, grid: Volume) -> npt.NDArray[np.bool_]:
        index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
        scaled = (grid.world(index) - self.center_mm) / np.array(self.radii_mm)
        return np.asarray((scaled**2).sum(axis=-1) <= 1.0)


HEAD = Ball(center_mm=(0.0, -10.0, 10.0), radii_mm=(70.0, 90.0, 65.0))
EDEMA = Ball(center_mm=(-32.0, 20.0, 25.0), radii_mm=(26.0, 32.0, 22.0))
ENHANCING = Ball(center_mm=(-32.0, 20.0, 25.0), radii_mm=(16.0, 20.0, 14.0))
NECROSIS = Ball(center_mm=(-32.0, 20.0, 25.0), radii_mm=(8.0, 11.0, 7.0))


def empty_grid(spacing_mm: float = 2.0) -> Volume:
    """A RAS+ grid that holds the head."""
    sizes = np.array([160.0, 200.0, 150.0])
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = (-80.0, -110.0, -65.0)
    shape = tuple(int(size / spacing_mm) for size in sizes)
    return Volume(data=np.zeros(shape, dtype=np.float32), affine=affine)


def tumor_labels(grid: Volume, *, core: bool = True) -> Volume:
    """Labels of one tumour on the patient's left: rim, necrosis, oedema."""
    labels = np.zeros(grid.shape, dtype=np.uint8)
    labels[EDEMA.inside(grid)] = Label.EDEMA
    if core:
        labels[ENHANCING.inside(grid)] = Label.ENHANCING
        labels[NECROSIS.inside(grid)] = Label.NECROSIS
    return grid.with_data(labels)


def scans(labels: Volume, brain: Volume, sequences: Iterable[Sequence]) -> dict[Sequence, Volume]:
    """Images whose intensities follow the labels, with a little texture."""
    texture = np.random.default_rng(7).normal(0.0, 6.0, labels.shape)
    brightness = {
        Sequence.T1C: {Label.NECROSIS: 60.0, Label.EDEMA: 90.0, Label.ENHANCING: 230.0},
        Sequence.FLAIR: {Label.NECROSIS: 110.0, Label.EDEMA: 210.0, Label.ENHANCING: 170.0},
    }
    images = {}
    for sequence in sequences:
        image = np.where(brain.data, 120.0 + texture, 0.0)
        for label, value in brightness.get(sequence, {}).items():
            image[labels.data == label] = value
        images[sequence] = labels.with_data(image.astype(np.float32))
    return images


def volumes_of(labels: Volume, *, interval: bool = True) -> dict[Region, Quantity]:
    """Volumes by region; an empty region is not defined."""
    volumes = {}
    for region in Region:
        voxels = int(region_mask(labels, region).data.sum())
        value = voxels * labels.voxel_volume_ml if voxels else None
        spread = None if value is None or not interval else 0.07 * value
        volumes[region] = Quantity(
            name="volume",
            value=value,
            unit="mL",
            region=region,
            method=VOLUME_METHOD,
            low=None if value is None or spread is None else value - spread,
            high=None if value is None or spread is None else value + spread,
            interval=None if spread is None else "range over the 5 networks",
        )
    return volumes


def proportions_of(volumes: Mapping[Region, Quantity]) -> dict[Region, Quantity]:
    """Percent of the whole tumour."""
    whole = volumes[Region.WT].value
    return {
        region: Quantity(
            name="proportion",
            value=None if not whole else 100.0 * (volumes[region].value or 0.0) / whole,
            unit="%",
            region=region,
            method="volume of the region over that of the whole tumor",
        )
        for region in (Region.ET, Region.NCR, Region.ED)
    }


def diameters_of(labels: Volume, region: Region) -> Diameters | None:
    """Extent along world x and y in the axial plane of the largest cross-section."""
    mask = region_mask(labels, region).data
    if not mask.any():
        return None
    points = labels.world(np.argwhere(mask))
    height = np.round(points[:, 2], 3)
    levels, counts = np.unique(height, return_counts=True)
    level = float(levels[counts.argmax()])
    plane = points[np.abs(points[:, 2] - level) < 1e-2]
    (x0, y0, _), (x1, y1, _) = plane.min(axis=0), plane.max(axis=0)
    xm, ym = (x0 + x1) / 2, (y0 + y1) / 2
    along_y = ((xm, y0, level), (xm, y1, level))
    along_x = ((x0, ym, level), (x1, ym, level))
    long, short = (along_y, along_x) if y1 - y0 >= x1 - x0 else (along_x, along_y)
    lengths = [float(math.dist(*ends)) for ends in (long, short)]
    quantities = [
        Quantity(name=name, value=value, unit=unit, region=region, method="axial plane, voxel ends")
        for name, value, unit in (
            ("longest_axial_diameter", lengths[0], "mm"),
            ("perpendicular_axial_diameter", lengths[1], "mm"),
            ("product_of_diameters", lengths[0] * lengths[1], "mm2"),
        )
    ]
    return Diameters(
        longest=quantities[0],
        perpendicular=quantities[1],
        product=quantities[2],
        slice_index=round(float(labels.index((xm, ym, level))[2])),
        longest_ends_mm=long,
        perpendicular_ends_mm=short,
        measurable=min(lengths) >= 10.0,
    )


def middle_mm(brain: Volume) -> float:
    """World x of the middle of the brain."""
    return float(brain.world(np.argwhere(brain.data))[:, 0].mean())


def measurements_of(labels: Volume, middle: float) -> Measurements:
    """One lesion, whatever its shape."""
    volumes = volumes_of(labels)
    found = {region: diameters_of(labels, region) for region in (Region.ET, Region.WT)}
    diameters = {region: made for region, made in found.items() if made is not None}
    main = Region.ET if Region.ET in diameters else Region.WT
    lesions: tuple[Lesion, ...] = ()
    if labels.data.any():
        center = labels.world(np.argwhere(labels.data > 0)).mean(axis=0)
        lesions = (
            Lesion(
                lesion_id=1,
                centroid_mm=(float(center[0]), float(center[1]), float(center[2])),
                hemisphere=Hemisphere.LEFT if center[0] < middle else Hemisphere.RIGHT,
                volumes=volumes_of(labels, interval=False),
                diameters=diameters.get(main),
                diameters_region=main,
                satellite=False,
                main_lobe="frontal lobe",
            ),
        )
    present = [region for region in (Region.WT, Region.TC, Region.ET) if volumes[region].value]
    return Measurements(
        volumes=volumes,
        proportions=proportions_of(volumes),
        shape={region: shape_of(region) for region in present},
        maximum_3d_diameter={
            region: Quantity(
                name="maximum_3d_diameter",
                value=64.125 if region in present else None,
                unit="mm",
                region=region,
                method="largest distance between two surface points",
            )
            for region in (Region.WT, Region.TC, Region.ET)
        },
        lesions=lesions,
        multifocal=False if lesions else None,
        satellites=0,
        diameters=diameters,
        intensity=intensity_of() if lesions else {},
    )


def intensity_of() -> dict[str, Quantity]:
    """Two of the features of T1c."""
    values = {"Median": (2361.28905, Region.WT), "ImageMean": (293.045678, None)}
    return {
        name: Quantity(name=name, value=value, unit="1", region=region, method="PyRadiomics")
        for name, (value, region) in values.items()
    }


def shape_of(region: Region) -> dict[str, Quantity]:
    """Two of the fourteen features."""
    values = {"Sphericity": (0.81234567, "1"), "SurfaceArea": (5432.10987, "mm2")}
    return {
        name: Quantity(name=name, value=value, unit=unit, region=region, method="PyRadiomics")
        for name, (value, unit) in values.items()
    }


def location_of(labels: Volume, middle: float) -> Location:
    """The patient's left is where x is smaller than in the middle."""
    points = labels.world(np.argwhere(labels.data > 0))
    found = len(points) > 0
    left = float((points[:, 0] < middle).mean() * 100) if found else None
    side = None if left is None else Hemisphere.LEFT if left > 50 else Hemisphere.RIGHT
    parts = (("frontal lobe", 71.25, 18.5), ("insula", 14.5, 40.0), ("temporal lobe", 6.0, 2.0))
    involvement = tuple(
        Involvement(
            structure=name,
            hemisphere=side or Hemisphere.BOTH,
            percent_of_region=share,
            percent_of_structure=covered,
        )
        for name, share, covered in parts
    )
    near = (("primary motor cortex (hand)", 4.26), ("Broca's area", 0.0), ("thalamus", 17.9))
    return Location(
        atlas="Glioscope lobes 1.0",
        hemisphere=side,
        left_percent=left,
        crosses_midline=False if found else None,
        midline_shift=Quantity(
            name="midline_shift",
            value=4.17 if found else 0.62,
            unit="mm",
            region=None,
            method="largest displacement of the midline from the ideal plane",
        ),
        midline_shift_towards=Hemisphere.RIGHT if found else None,
        involvement=dict.fromkeys((Region.WT, Region.TC, Region.ET), involvement) if found else {},
        main_lobe="frontal lobe" if found else None,
        main_lobe_hemisphere=side,
        eloquent=tuple(
            EloquentDistance(
                structure=name,
                hemisphere=side or Hemisphere.LEFT,
                distance=Quantity(
                    name="distance",
                    value=distance,
                    unit="mm",
                    region=Region.WT,
                    method="shortest distance to the structure",
                ),
                region=Region.WT,
                uncertainty_mm=8.0,
                source="Mayka 2006, NeuroImage 31:1453",
            )
            for name, distance in sorted(near, key=lambda item: item[1])
        )
        if found
        else (),
        contact_ventricles=False if found else None,
        contact_cortex=True if found else None,
        registration_quality=0.93,
        centroid_template_mm=(-31.25, 18.0, 22.125) if found else None,
    )


def case_of(images: Mapping[Sequence, Volume], brain: Volume, case_id: str) -> Case:
    """A case whose sequences came on its own grid."""
    return Case(
        case_id=case_id,
        images=images,
        brain=brain,
        heads=images,
        reference=next(iter(images)),
        reference_grid=brain,
        to_template=np.eye(4),
        choices=tuple(
            Choice(
                sequence=sequence,
                series_id=f"1.2.826.0.1.3680043.8.498.{10**30 + number}",
                by_tags=sequence,
                by_content=sequence,
                by_name=None,
                content_probability=0.97,
            )
            for number, sequence in enumerate(images)
        ),
        alignments=tuple(
            Alignment(
                sequence=sequence,
                to_reference=np.eye(4),
                moved_mm=3.456 * number,
                similarity=1.21,
                already_aligned=number == 0,
            )
            for number, sequence in enumerate(images)
        ),
        qualities=tuple(
            Quality(
                sequence=sequence,
                series_id=f"1.2.826.0.1.3680043.8.498.{10**30 + number}",
                shape=(256, 256, 26),
                spacing_mm=(0.9375, 0.9375, 5.5),
                coverage_mm=143.0,
                snr=31.25,
                contrast_to_noise=None,
                motion=0.0123,
                saturated_percent=0.04,
                noise_slices=(0, 25) if number else (),
            )
            for number, sequence in enumerate(images)
        ),
    )


NOTICES = (
    Notice(
        code="sequence-disagreement",
        severity=Severity.ALARM,
        message="The tags say T2, the image content says FLAIR (probability 0.97).",
        sequence=Sequence.FLAIR,
    ),
    Notice(
        code="sequence-missing",
        severity=Severity.WARNING,
        message="T1 and T2 are missing; the result rests on T1c and FLAIR.",
    ),
    Notice(code="series-left-out", severity=Severity.INFO, message="A localizer was left out."),
)


def result_of(
    labels: Volume,
    images: Mapping[Sequence, Volume],
    brain: Volume,
    *,
    case_id: str = "case-001",
    located: bool = True,
) -> CaseResult:
    """Compose everything into the one object that the report tells."""
    dice = {Region.WT: (0.912, 0.88, 0.94), Region.TC: (0.8, 0.7, 0.86), Region.ET: (0.7, 0.6, 0.8)}
    return CaseResult(
        patient=Patient(age_years=62.0, sex="F"),
        case=case_of(images, brain, case_id),
        segmentation=Segmentation(
            case_id=case_id,
            labels=labels,
            sequences=tuple(images),
            model=ModelInfo(
                name="tumor", version="1.0", sha256="0" * 64, runtime="OpenVINO CPU f32", members=5
            ),
            expected_dice=dice,
            complete_dice={region: (d + 0.02, lo, hi) for region, (d, lo, hi) in dice.items()},
        ),
        findings=Findings(
            case_id=case_id,
            measurements=measurements_of(labels, middle_mm(brain)),
            location=location_of(labels, middle_mm(brain)) if located else None,
        ),
        versions={"glioscope": "0.1.0", "python": "3.11.2"},
        configuration={"prepare": {"template": "/home/someone/template.nii.gz", "shrink": 4}},
        notices=NOTICES,
    )


def synthetic_result(
    *,
    sequences: tuple[Sequence, ...] = (Sequence.T1C, Sequence.FLAIR),
    tumor: bool = True,
    core: bool = True,
    case_id: str = "case-001",
    located: bool = True,
) -> CaseResult:
    """The ellipsoid tumour in the ellipsoid head."""
    grid = empty_grid()
    brain = grid.with_data(HEAD.inside(grid))
    labels = tumor_labels(grid, core=core)
    if not tumor:
        labels = grid.with_data(np.zeros(grid.shape, dtype=np.uint8))
    images = scans(labels, brain, sequences)
    return result_of(labels, images, brain, case_id=case_id, located=located)


@pytest.fixture(scope="session")
def result() -> CaseResult:
    return synthetic_result()


MakeResult = Callable[..., CaseResult]


@pytest.fixture(scope="session")
def make_result() -> MakeResult:
    """Make other patients; the arguments are those of `synthetic_result`."""
    return synthetic_result
