"""Measurements and location as plain JSON values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glioscope.core import (
    Diameters,
    EloquentDistance,
    Involvement,
    Lesion,
    Location,
    Measurements,
    Quantity,
    Region,
)
from glioscope.report.plain import (
    LOCATED,
    MEASURED,
    Json,
    by_region,
    matrix_json,
    notice_json,
    point_json,
    quantity_json,
)
from glioscope.report.words import REGION_ORDER


def measurements_json(measurements: Measurements) -> Json:
    """Return all numbers of the segmentation."""
    return {
        "volumes": by_region(measurements.volumes, MEASURED),
        "proportions": by_region(measurements.proportions, MEASURED),
        "maximum_3d_diameter": by_region(measurements.maximum_3d_diameter, MEASURED),
        "diameters": {
            str(region): _diameters_json(diameters)
            for region in REGION_ORDER
            if (diameters := measurements.diameters.get(region)) is not None
        },
        "shape": {
            str(region): {
                name: quantity_json(features[name], MEASURED) for name in sorted(features)
            }
            for region in REGION_ORDER
            if (features := measurements.shape.get(region)) is not None
        },
        "intensity": {
            name: quantity_json(measurements.intensity[name], MEASURED)
            for name in sorted(measurements.intensity)
        },
        "lesion_count": len(measurements.lesions),
        "satellites": measurements.satellites,
        "multifocal": measurements.multifocal,
        "lesions": [_lesion_json(lesion) for lesion in measurements.lesions],
    }


def location_json(
    location: Location | None, to_template: npt.NDArray[np.float64] | None
) -> Json | None:
    """Return where the tumour lies; nothing where location was not made."""
    if location is None:
        return None
    return {
        "atlas": location.atlas,
        "hemisphere": _text(location.hemisphere),
        "left_percent": quantity_json(_left(location), LOCATED),
        "crosses_midline": location.crosses_midline,
        "midline_shift": quantity_json(location.midline_shift, LOCATED),
        "midline_shift_towards": _text(location.midline_shift_towards),
        "main_lobe": location.main_lobe,
        "main_lobe_hemisphere": _text(location.main_lobe_hemisphere),
        "contact_ventricles": location.contact_ventricles,
        "contact_cortex": location.contact_cortex,
        "involvement": {
            str(region): [_involvement_json(part, region, location) for part in parts]
            for region in REGION_ORDER
            if (parts := location.involvement.get(region)) is not None
        },
        "eloquent": [_eloquent_json(structure) for structure in location.eloquent],
        "registration_quality": quantity_json(_registration(location), LOCATED),
        "centroid_template_mm": _optional_point(location.centroid_template_mm),
        "midline_distance": None
        if location.midline_distance is None
        else quantity_json(location.midline_distance, LOCATED),
        "to_template": None if to_template is None else matrix_json(to_template),
        "notices": [notice_json(notice) for notice in location.notices],
    }


def _lesion_json(lesion: Lesion) -> Json:
    return {
        "lesion_id": lesion.lesion_id,
        "centroid_mm": point_json(lesion.centroid_mm),
        "hemisphere": str(lesion.hemisphere),
        "main_lobe": lesion.main_lobe,
        "satellite": lesion.satellite,
        "volumes": by_region(lesion.volumes, MEASURED),
        "diameters_region": str(lesion.diameters_region),
        "diameters": None if lesion.diameters is None else _diameters_json(lesion.diameters),
    }


def _diameters_json(diameters: Diameters) -> Json:
    return {
        "longest": quantity_json(diameters.longest, MEASURED),
        "perpendicular": quantity_json(diameters.perpendicular, MEASURED),
        "product": quantity_json(diameters.product, MEASURED),
        "slice_index": diameters.slice_index,
        "longest_ends_mm": [point_json(end) for end in diameters.longest_ends_mm],
        "perpendicular_ends_mm": [point_json(end) for end in diameters.perpendicular_ends_mm],
        "measurable": diameters.measurable,
    }


def _left(location: Location) -> Quantity:
    return Quantity(
        name="left_percent",
        value=location.left_percent,
        unit="%",
        region=Region.WT,
        method="share of the region's volume left of the midline plane",
    )


def _registration(location: Location) -> Quantity:
    return Quantity(
        name="registration_quality",
        value=location.registration_quality,
        unit="1",
        region=None,
        method="normalized cross-correlation of the registered template with the patient's brain",
    )


def _involvement_json(part: Involvement, region: Region, location: Location) -> Json:
    of_region = Quantity(
        name="percent_of_region",
        value=part.percent_of_region,
        unit="%",
        region=region,
        method=f"share of the region's volume inside the structure of {location.atlas}",
    )
    of_structure = Quantity(
        name="percent_of_structure",
        value=part.percent_of_structure,
        unit="%",
        region=region,
        method=f"share of the structure's volume in {location.atlas} that the region covers",
    )
    return {
        "structure": part.structure,
        "hemisphere": str(part.hemisphere),
        "percent_of_region": quantity_json(of_region, LOCATED),
        "percent_of_structure": quantity_json(of_structure, LOCATED),
    }


def _eloquent_json(structure: EloquentDistance) -> Json:
    uncertainty = Quantity(
        name="uncertainty",
        value=structure.uncertainty_mm,
        unit="mm",
        region=None,
        method="of the structure's place, from registration and anatomy between people",
    )
    return {
        "structure": structure.structure,
        "hemisphere": str(structure.hemisphere),
        "region": str(structure.region),
        "distance": quantity_json(structure.distance, LOCATED),
        "uncertainty": quantity_json(uncertainty, LOCATED),
        "source": structure.source,
    }


def _optional_point(point_mm: tuple[float, float, float] | None) -> list[float] | None:
    return None if point_mm is None else point_json(point_mm)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
