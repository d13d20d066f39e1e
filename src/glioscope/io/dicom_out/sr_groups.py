"""The measurement groups of a report: regions and lesions, and the head as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from highdicom.sr import (
    AlgorithmIdentification,
    ContentSequence,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    NumContentItem,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from glioscope.core import OutputError, Quantity
from glioscope.io.dicom_out.codes import BRAIN, LATERALITY, REGION_TYPES, SITES
from glioscope.io.dicom_out.codes_sr import (
    INTERVAL,
    INTERVAL_HIGH,
    INTERVAL_LOW,
    METHOD,
    TUMOR_FOUND,
    quantity_code,
    unit_code,
)
from glioscope.io.dicom_out.identity import Identity
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import MeasuredGroup, head_numbers, measured_groups

HEAD: Final = "head"
"""TrackingIdentifier of the numbers of no region."""

_PROPERTY: Final = RelationshipTypeValues.HAS_PROPERTIES


def tracking(identity: Identity, identifier: str) -> TrackingIdentifier:
    """Return the name of a group; a segment of the same name has the same UID."""
    return TrackingIdentifier(uid=identity.uid("tracking", identifier), identifier=identifier)


def region_groups(
    result: WrittenResult, origin: Origin, identity: Identity, segmentation: Dataset | None
) -> Iterator[MeasurementsAndQualitativeEvaluations]:
    """Yield a group for every region, then for every part of every lesion.

    One whose tracking UID a segment has is a volume (TID 1411) and refers to that segment; any
    other (TID 1501) rests on the images of the image library.
    """
    model = result.content["segmentation"]["model"]
    algorithm = AlgorithmIdentification(
        name=f"Glioscope, model {model['name']}", version=str(model["version"])
    )
    segments = {} if segmentation is None else _segments(segmentation, origin)
    for group in measured_groups(result):
        name = tracking(identity, group.tracking_id)
        common = {
            "tracking_identifier": name,
            "finding_type": REGION_TYPES[group.region],
            "finding_sites": [_site(group)],
            "algorithm_id": algorithm,
            "measurements": [measured(one) for one in group.numbers],
        }
        segment = segments.get(identity.uid("tracking", group.tracking_id))
        if segment is None:
            yield MeasurementsAndQualitativeEvaluations(**common)
        else:
            yield VolumetricROIMeasurementsAndQualitativeEvaluations(
                referenced_segment=segment, **common
            )


def head_group(result: WrittenResult, identity: Identity) -> MeasurementsAndQualitativeEvaluations:
    """Return the group that every report has: whether there is a tumor, and the midline."""
    found = codes.SCT.Yes if result.content["has_tumor"] else codes.SCT.No
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(identity, HEAD),
        finding_sites=[FindingSite(BRAIN)],
        measurements=[measured(one) for one in head_numbers(result)],
        qualitative_evaluations=[QualitativeEvaluation(TUMOR_FOUND, found)],
    )


def measured(quantity: Quantity) -> Measurement:
    """Return a number with how it was made and its interval, digit by digit as in result.json.

    Raises:
        OutputError: If it is undefined; undefined numbers are left out of a report.
    """
    unit = unit_code(quantity.unit)
    if quantity.value is None:
        msg = f"{quantity.name} is undefined; this is a defect of Glioscope, please report it"
        raise OutputError(msg)
    number = Measurement(name=quantity_code(quantity.name), value=float(quantity.value), unit=unit)
    properties = [TextContentItem(METHOD, quantity.method, _PROPERTY)]
    for name, end in ((INTERVAL_LOW, quantity.low), (INTERVAL_HIGH, quantity.high)):
        if end is not None:
            properties.append(NumContentItem(name, float(end), unit, relationship_type=_PROPERTY))
    if quantity.interval is not None:
        properties.append(TextContentItem(INTERVAL, quantity.interval, _PROPERTY))
    number[0].ContentSequence = ContentSequence(properties)
    return number


def add_text(group: MeasurementsAndQualitativeEvaluations, name: Code, value: str) -> None:
    """Add a sentence to a group (TID 1501 row 11: TEXT)."""
    group[0].ContentSequence.append(TextContentItem(name, value, RelationshipTypeValues.CONTAINS))


def _site(group: MeasuredGroup) -> FindingSite:
    side = None if group.hemisphere is None else LATERALITY[group.hemisphere]
    return FindingSite(SITES.get(group.site or "", BRAIN), laterality=side)


def _segments(segmentation: Dataset, origin: Origin) -> dict[str, ReferencedSegment]:
    """Return the segments that have a tracking UID, by it."""
    series = SourceSeriesForSegmentation(referenced_series_instance_uid=origin.series_uid)
    return {
        str(one.TrackingUID): ReferencedSegment(
            sop_class_uid=segmentation.SOPClassUID,
            sop_instance_uid=segmentation.SOPInstanceUID,
            segment_number=int(one.SegmentNumber),
            source_series=series,
        )
        for one in segmentation.SegmentSequence
        if "TrackingUID" in one
    }
