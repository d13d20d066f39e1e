"""The segments of a result: what each is, its number, its color and what drew it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import SegmentDescription
from highdicom.sr import CodedConcept

from glioscope.core import REGION_LABELS, Hemisphere, Label, Region
from glioscope.io.dicom_out.codes import (
    ABNORMAL,
    ARTIFICIAL_INTELLIGENCE,
    BACKGROUND,
    BRAIN,
    LATERALITY,
    REGION_TYPES,
    SPATIAL_CONCEPT,
)
from glioscope.io.dicom_out.identity import MANUFACTURER, Identity
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import REGION_NAMES, REGION_ORDER

COLORS: Final[Mapping[Region, tuple[int, int, int]]] = MappingProxyType(
    {
        Region.WT: (0x00, 0x9E, 0x73),
        Region.TC: (0xCC, 0x79, 0xA7),
        Region.ET: (0xF0, 0xE4, 0x42),
        Region.NCR: (0xD5, 0x5E, 0x00),
        Region.ED: (0x56, 0xB4, 0xE9),
    }
)
"""RGB: the report's three, and two more of Okabe and Ito for the unions."""

_AT_MOST: Final = 64
"""Characters of a short text of DICOM (LO)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment.

    Args:
        number: SegmentNumber, which in a label map is the voxels' value.
        region: What it holds.
        hemisphere: The patient's own side; ``None`` where the tumor was not located.
    """

    number: int
    region: Region
    hemisphere: Hemisphere | None

    @property
    def tracking_id(self) -> str:
        """That of the region's numbers over all lesions, in every output."""
        return str(self.region)


def binary_segments(result: WrittenResult) -> tuple[Segment, ...]:
    """Return the regions that hold a voxel, numbered from 1 without a hole; none without a tumor.

    The unions are segments of their own, so that their measurements can refer to one.
    """
    present = {label for label in Label if (result.labels.data == label).any()}
    found = [region for region in REGION_ORDER if present & set(REGION_LABELS[region])]
    side = _side(result)
    return tuple(
        Segment(number=number, region=region, hemisphere=side)
        for number, region in enumerate(found, start=1)
    )


def labelmap_segments(result: WrittenResult) -> tuple[Segment, ...]:
    """Return the labels that hold a voxel; a label map can't hold the unions."""
    labels = [
        (REGION_LABELS[segment.region][0], segment)
        for segment in binary_segments(result)
        if len(REGION_LABELS[segment.region]) == 1
    ]
    return tuple(
        Segment(number=int(label), region=segment.region, hemisphere=segment.hemisphere)
        for label, segment in sorted(labels, key=lambda one: one[0])
    )


def tracking_uid(identity: Identity, tracking_id: str) -> str:
    """Return the UID of a tracking id: the same in every output of a result."""
    return identity.uid("tracking", tracking_id)


def describe(segment: Segment, result: WrittenResult, identity: Identity) -> SegmentDescription:
    """Return the item of the Segment Sequence."""
    description = SegmentDescription(
        segment_number=segment.number,
        segment_label=REGION_NAMES[segment.region],
        segmented_property_category=ABNORMAL,
        segmented_property_type=REGION_TYPES[segment.region],
        algorithm_type="AUTOMATIC",
        algorithm_identification=_algorithm(result),
        tracking_uid=tracking_uid(identity, segment.tracking_id),
        tracking_id=segment.tracking_id,
        anatomic_regions=[BRAIN],
        display_color=CIELabColor.from_rgb(*COLORS[segment.region]),
    )
    if segment.hemisphere is not None:
        description.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [
            CodedConcept.from_code(LATERALITY[segment.hemisphere])
        ]
    return description


def describe_background(result: WrittenResult) -> SegmentDescription:
    """Return the item of a label map's voxels that are no tumor.

    Every value of a label map must be described (PS3.3 C.8.20.2.3), 0 too.
    """
    description = SegmentDescription(
        segment_number=1,
        segment_label=BACKGROUND.meaning,
        segmented_property_category=SPATIAL_CONCEPT,
        segmented_property_type=BACKGROUND,
        algorithm_type="AUTOMATIC",
        algorithm_identification=_algorithm(result),
        display_color=CIELabColor.from_rgb(0, 0, 0),
    )
    # highdicom keeps 0 to itself
    description.SegmentNumber = 0
    return description


def _algorithm(result: WrittenResult) -> AlgorithmIdentificationSequence:
    model: Mapping[str, Any] = result.content["segmentation"]["model"]
    return AlgorithmIdentificationSequence(
        name=f"{MANUFACTURER} {result.version}, model {model['name']}"[:_AT_MOST],
        family=ARTIFICIAL_INTELLIGENCE,
        version=str(model["version"])[:_AT_MOST],
        source=MANUFACTURER,
        parameters={name: str(model[name]) for name in ("sha256", "members", "runtime")},
    )


def _side(result: WrittenResult) -> Hemisphere | None:
    side = (result.content["location"] or {}).get("hemisphere")
    return None if side is None else Hemisphere(side)
