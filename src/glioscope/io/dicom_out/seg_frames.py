"""The frames of a DICOM segmentation: where each lies, what it was drawn on, its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from highdicom.sr import CodedConcept
from pydicom import Dataset
from pydicom.sr.codedict import codes

from glioscope.core import Label
from glioscope.io.dicom_header import SliceHeader
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_values import decimal, decimals, slice_position

SEGMENT_NUMBER: Final = 0x0062000B
SEGMENT_IDENTIFICATION: Final = 0x0062000A
IMAGE_POSITION: Final = 0x00200032
PLANE_POSITION: Final = 0x00209113


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame.

    Args:
        place: Along K of the labels.
        segment: SegmentNumber; ``None`` in a label map, whose frames hold all segments.
        pixels: Rows by columns.
    """

    place: int
    segment: int | None
    pixels: npt.NDArray[Any]


def binary_frames(
    labels: npt.NDArray[np.uint8], segments: Mapping[int, tuple[Label, ...]]
) -> tuple[Frame, ...]:
    """Return a frame a segment and slice, ordered by segment, then by place; none is empty.

    Args:
        labels: Shape ``(I, J, K)``.
        segments: What makes a segment, by its number.
    """
    slices = labelmap_frames(labels)
    frames: list[Frame] = []
    for number, members in segments.items():
        is_member = np.isin(np.arange(len(Label)), members)
        for one in slices:
            mask = is_member[one.pixels]
            if mask.any():
                frames.append(Frame(place=one.place, segment=number, pixels=mask))
    return tuple(frames)


def labelmap_frames(labels: npt.NDArray[np.uint8]) -> tuple[Frame, ...]:
    """Return a frame a slice; none is empty.

    Args:
        labels: Shape ``(I, J, K)``.
    """
    places = np.flatnonzero(labels.any(axis=(0, 1)))
    # contiguous, as a slice of the volume is read one voxel a memory line otherwise
    planes = np.ascontiguousarray(labels[:, :, places].transpose(2, 1, 0))
    return tuple(
        Frame(place=int(place), segment=None, pixels=plane)
        for place, plane in zip(places, planes, strict=True)
    )


def shared_groups(origin: Origin) -> Dataset:
    """Return what holds for all frames: their plane's directions and spacing, the source's own."""
    first = _first(origin)
    measures = Dataset()
    measures.PixelSpacing = decimals(np.array(first.pixel_spacing_mm))
    spacing_mm = origin.grid.spacing_mm[2]
    measures.SliceThickness = decimal(first.acquisition.slice_thickness_mm or spacing_mm)
    measures.SpacingBetweenSlices = decimal(spacing_mm)
    orientation = Dataset()
    orientation.ImageOrientationPatient = decimals(np.asarray(first.orientation))
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [orientation]
    return shared


def frame_groups(frames: tuple[Frame, ...], origin: Origin) -> list[Dataset]:
    """Return what holds for each frame alone.

    A slice that the scanner did not give (a gap) has its place, but refers to no image.
    """
    ordered = sorted({frame.place for frame in frames})
    rank = {place: number for number, place in enumerate(ordered, start=1)}
    # a plane and its source are the same in the frames of all segments
    planes = {place: _plane(origin, place) for place in ordered}
    sources = {place: _source(origin, place) for place in ordered}
    return [
        _groups(frame, rank[frame.place], planes[frame.place], sources[frame.place])
        for frame in frames
    ]


def packed(frames: tuple[Frame, ...]) -> bytes:
    """Return one bit a voxel, frame after frame without a gap, as PS3.5 8.1.1 wants it."""
    bits = np.concatenate([frame.pixels.ravel() for frame in frames])
    data = np.packbits(bits, bitorder="little").tobytes()
    return data + b"\0" * (len(data) % 2)


def _first(origin: Origin) -> SliceHeader:
    return next(one for one in origin.slices if one is not None)


def _groups(frame: Frame, rank: int, plane: Dataset, source: list[Dataset]) -> Dataset:
    content = Dataset()
    groups = Dataset()
    if frame.segment is None:
        content.DimensionIndexValues = [rank]
    else:
        content.DimensionIndexValues = [frame.segment, rank]
        identification = Dataset()
        identification.ReferencedSegmentNumber = frame.segment
        groups.SegmentIdentificationSequence = [identification]
    groups.FrameContentSequence = [content]
    groups.PlanePositionSequence = [plane]
    groups.DerivationImageSequence = source
    return groups


def _plane(origin: Origin, place: int) -> Dataset:
    one = origin.slices[place]
    position = slice_position(origin.grid, place) if one is None else np.asarray(one.position)
    plane = Dataset()
    plane.ImagePositionPatient = decimals(position)
    return plane


def _source(origin: Origin, place: int) -> list[Dataset]:
    one = origin.slices[place]
    if one is None:
        return []
    image = Dataset()
    image.ReferencedSOPClassUID = one.sop_class_uid
    image.ReferencedSOPInstanceUID = one.sop_instance_uid
    if origin.is_enhanced:
        image.ReferencedFrameNumber = one.frame + 1
    image.SpatialLocationsPreserved = "YES"
    purpose = codes.DCM.SourceImageForImageProcessingOperation
    image.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(purpose)]
    derivation = Dataset()
    derivation.SourceImageSequence = [image]
    derivation.DerivationCodeSequence = [CodedConcept.from_code(codes.DCM.Segmentation)]
    return [derivation]
