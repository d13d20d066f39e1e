"""The labels of a result as a DICOM segmentation on the patient's own series."""

from __future__ import annotations

from typing import Final

import numpy as np
from pydicom import Dataset
from pydicom.uid import (
    UID,
    RLELossless,
    SegmentationStorage,
)

from glioscope.core import REGION_LABELS
from glioscope.io.dicom_out.header import new_object, reference_to
from glioscope.io.dicom_out.identity import Identity, Output
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_out.seg_frames import (
    IMAGE_POSITION,
    PLANE_POSITION,
    SEGMENT_IDENTIFICATION,
    SEGMENT_NUMBER,
    binary_frames,
    frame_groups,
    labelmap_frames,
    packed,
    shared_groups,
)
from glioscope.io.dicom_out.segments import (
    binary_segments,
    describe,
    describe_background,
    labelmap_segments,
)
from glioscope.io.results.folder import WrittenResult

CONTENT_LABEL: Final = "GLIOSCOPE"

LABELMAP_STORAGE: Final = UID("1.2.840.10008.5.1.4.1.1.66.7")
"""Label Map Segmentation Storage (2024), which pydicom 3.0 has no name for."""


def make_segmentation(
    result: WrittenResult, origin: Origin, identity: Identity, *, labelmap: bool = False
) -> Dataset | None:
    """Make the segmentation of a result.

    Frames without a voxel are left out, as are regions without one.  Where the source has no
    FrameOfReferenceUID, which viewers need, one is made.

    Args:
        result: The result.
        origin: The series it was drawn on.
        identity: UIDs and times.
        labelmap: One object of the three labels instead of one mask a region; newer (2024), which
            many archives do not take yet.

    Returns:
        The object in memory, with ``file_meta``; ``None`` without a tumor, as a segmentation must
        hold at least one frame (PS3.3 C.7.6.6.1.1): that nothing was found is told by the report.

    Raises:
        InputError: If a file of the source can't be read any more.
    """
    segments = labelmap_segments(result) if labelmap else binary_segments(result)
    if not segments:
        return None
    labels = result.labels.data
    frames = (
        labelmap_frames(labels)
        if labelmap
        else binary_frames(labels, {one.number: REGION_LABELS[one.region] for one in segments})
    )
    output = Output.LABELMAP if labelmap else Output.SEGMENTATION
    kind = LABELMAP_STORAGE if labelmap else SegmentationStorage
    new = new_object(origin, identity, output, sop_class_uid=kind, modality="SEG")
    new.ContentDescription = output.description
    _add_image(new, origin, labelmap=labelmap)
    _add_sources(new, origin, identity)
    described = [describe(segment, result, identity) for segment in segments]
    new.SegmentSequence = [*([describe_background(result)] if labelmap else []), *described]
    _add_dimensions(new, identity, labelmap=labelmap)
    new.NumberOfFrames = len(frames)
    new.SharedFunctionalGroupsSequence = [shared_groups(origin)]
    new.PerFrameFunctionalGroupsSequence = frame_groups(frames, origin)
    if labelmap:
        # uncompressed, the labels of a head at 1 mm take ten megabytes
        pixels = np.stack([frame.pixels for frame in frames])
        new.compress(RLELossless, pixels, encoding_plugin="pydicom", generate_instance_uid=False)
    else:
        new.add_new("PixelData", "OB", packed(frames))
    return new


def _add_image(new: Dataset, origin: Origin, *, labelmap: bool) -> None:
    new.ImageType = ["DERIVED", "PRIMARY"]
    new.ContentLabel = CONTENT_LABEL
    new.ContentCreatorName = ""
    new.SamplesPerPixel, new.PhotometricInterpretation = 1, "MONOCHROME2"
    new.Columns, new.Rows, _ = origin.grid.shape
    new.PixelRepresentation = 0
    new.BitsAllocated = new.BitsStored = 8 if labelmap else 1
    new.HighBit = new.BitsStored - 1
    new.SegmentationType = "LABELMAP" if labelmap else "BINARY"
    new.SegmentsOverlap = "NO" if labelmap else "YES"
    if labelmap:
        new.PixelPaddingValue = 0
    _add_compression(new, origin.datasets[0])


def _add_compression(new: Dataset, source: Dataset) -> None:
    """Say whether the source was ever compressed with loss: what was drawn on it inherits that."""
    new.LossyImageCompression = source.get("LossyImageCompression") or "00"
    for name in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
        if name in source and new.LossyImageCompression == "01":
            new[name] = source[name]


def _add_sources(new: Dataset, origin: Origin, identity: Identity) -> None:
    made = identity.uid("frame of reference")
    new.FrameOfReferenceUID = origin.frame_of_reference_uid or made
    new.PositionReferenceIndicator = ""
    series = Dataset()
    series.SeriesInstanceUID = origin.series_uid
    series.ReferencedInstanceSequence = [reference_to(one) for one in origin.datasets]
    new.ReferencedSeriesSequence = [series]


def _add_dimensions(new: Dataset, identity: Identity, *, labelmap: bool) -> None:
    """Say what frames are ordered by: the segment, then the place."""
    organization = Dataset()
    organization.DimensionOrganizationUID = identity.uid("dimensions", new.SegmentationType)
    new.DimensionOrganizationSequence = [organization]
    pointers = [
        (SEGMENT_NUMBER, SEGMENT_IDENTIFICATION, "ReferencedSegmentNumber"),
        (IMAGE_POSITION, PLANE_POSITION, "ImagePositionPatient"),
    ]
    new.DimensionIndexSequence = [
        _dimension(organization.DimensionOrganizationUID, pointer, group, name)
        for pointer, group, name in pointers[1 if labelmap else 0 :]
    ]


def _dimension(organization: str, pointer: int, group: int, name: str) -> Dataset:
    index = Dataset()
    index.DimensionOrganizationUID = organization
    index.DimensionIndexPointer = pointer
    index.FunctionalGroupPointer = group
    index.DimensionDescriptionLabel = name
    return index
