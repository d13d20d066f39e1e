"""The regions as an RT structure set, for systems that plan and compare by contours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

from glioscope.core import Region, region_mask
from glioscope.io.dicom_header import SliceHeader
from glioscope.io.dicom_out.contours import polygons
from glioscope.io.dicom_out.header import new_object, reference_to
from glioscope.io.dicom_out.identity import Identity, Output
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_out.segments import COLORS
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import REGION_NAMES, REGION_ORDER

_DECIMALS: Final = 3
"""Of a contour's points, mm: finer than any scanner, and short."""

_DETACHED_STUDY: Final = "1.2.840.10008.3.1.2.3.1"
"""What RTReferencedStudySequence has referred to studies by since the class was retired."""


def make_structures(result: WrittenResult, origin: Origin, identity: Identity) -> Dataset:
    """Return the five regions as contours on the source's slices.

    Closed planar polygons in the patient's coordinates; holes are joined to the outline by a
    keyhole.  A region without a voxel is named and has no contour.

    Args:
        result: Its labels.
        origin: The slices that the contours lie on.
        identity: UIDs and times.
    """
    new = new_object(
        origin,
        identity,
        Output.STRUCTURES,
        sop_class_uid=RTStructureSetStorage,
        modality="RTSTRUCT",
        # the points of a large outline are more than an explicit VR of DS has room for
        transfer_syntax_uid=ImplicitVRLittleEndian,
    )
    frame_uid = origin.frame_of_reference_uid or identity.uid("frame of reference")
    date, time = new.pop("ContentDate").value, new.pop("ContentTime").value
    new.FrameOfReferenceUID = frame_uid
    new.PositionReferenceIndicator = origin.datasets[0].get("PositionReferenceIndicator", "")
    new.OperatorsName = ""
    new.StructureSetLabel = "Glioscope"
    new.StructureSetDescription = "Research software, not a medical device"
    new.StructureSetDate, new.StructureSetTime = date, time
    new.ReferencedFrameOfReferenceSequence = [_frame_of_reference(origin, identity, frame_uid)]
    numbered = tuple(enumerate(REGION_ORDER, start=1))
    new.StructureSetROISequence = [_roi(number, one, frame_uid) for number, one in numbered]
    new.ROIContourSequence = [_contours(number, one, result, origin) for number, one in numbered]
    new.RTROIObservationsSequence = [_observation(number) for number, _ in numbered]
    new.ApprovalStatus = "UNAPPROVED"
    return new


def _frame_of_reference(origin: Origin, identity: Identity, uid: str) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = origin.series_uid
    series.ContourImageSequence = [reference_to(one) for one in origin.datasets]
    study = Dataset()
    study.ReferencedSOPClassUID = _DETACHED_STUDY
    study.ReferencedSOPInstanceUID = identity.study_uid
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = uid
    frame.RTReferencedStudySequence = [study]
    return frame


def _roi(number: int, region: Region, frame_uid: str) -> Dataset:
    roi = Dataset()
    roi.ROINumber = number
    roi.ReferencedFrameOfReferenceUID = frame_uid
    roi.ROIName = REGION_NAMES[region]
    roi.ROIGenerationAlgorithm = "AUTOMATIC"
    return roi


def _observation(number: int) -> Dataset:
    observation = Dataset()
    observation.ObservationNumber = observation.ReferencedROINumber = number
    # no volume to be treated: what a region is good for is for people to say
    observation.RTROIInterpretedType = ""
    observation.ROIInterpreter = ""
    return observation


def _contours(number: int, region: Region, result: WrittenResult, origin: Origin) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = list(COLORS[region])
    item.ReferencedROINumber = number
    contours = list(_contours_of(region, result, origin))
    if contours:
        item.ContourSequence = contours
    return item


def _contours_of(region: Region, result: WrittenResult, origin: Origin) -> Iterator[Dataset]:
    mask = region_mask(result.labels, region)
    for k in np.flatnonzero(mask.data.any(axis=(0, 1))):
        for points in polygons(mask.data[:, :, k]):
            world = mask.world(np.column_stack([points, np.full(len(points), k)]))
            header = origin.slices[k]
            image = None if header is None else _image(header, enhanced=origin.is_enhanced)
            yield _contour(world * np.array([-1.0, -1.0, 1.0]), image)


def _contour(points_mm: npt.NDArray[np.float64], image: Dataset | None) -> Dataset:
    """Return a contour, LPS mm; one on a slice that the scanner left out refers to no image."""
    contour = Dataset()
    if image is not None:
        contour.ContourImageSequence = [image]
    contour.ContourGeometricType = "CLOSED_PLANAR"
    contour.NumberOfContourPoints = len(points_mm)
    # adding 0 makes a plain zero of a negative one
    rounded = np.round(points_mm, _DECIMALS) + 0.0
    contour.ContourData = [f"{value:.{_DECIMALS}f}" for value in rounded.ravel()]
    return contour


def _image(header: SliceHeader, *, enhanced: bool) -> Dataset:
    image = Dataset()
    image.ReferencedSOPClassUID = header.sop_class_uid
    image.ReferencedSOPInstanceUID = header.sop_instance_uid
    if enhanced:
        image.ReferencedFrameNumber = header.frame + 1
    return image
