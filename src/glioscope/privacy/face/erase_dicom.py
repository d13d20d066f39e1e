"""The face erased from the pixels of a DICOM image; every other pixel keeps its bits."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from glioscope.core import InputError
from glioscope.privacy.face.erase_frames import face_pixels
from glioscope.privacy.face.search import Faces, FaceStatus

Pixels = npt.NDArray[np.bool_]

_STORED: Final[Mapping[int, np.dtype[Any]]] = MappingProxyType(
    {8: np.dtype("<u1"), 16: np.dtype("<u2"), 32: np.dtype("<u4")}
)

_STALE: Final = (
    "IconImageSequence",
    "SmallestPixelValueInSeries",
    "LargestPixelValueInSeries",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "EncapsulatedPixelDataValueTotalLength",
)
"""What would still show or describe the pixels as they were, and nobody needs."""

_DAMAGED: Final = (ValueError, TypeError, AttributeError, KeyError, RuntimeError, IndexError)
"""What pydicom and its decoders raise on pixels that are damaged or can't be decoded."""


def erase_face_in_dataset(dataset: Dataset, faces: Faces, *, name: str) -> int:
    """Erase the face from a DICOM image and say so in its header, in place.

    Call it before series and instance get new identifiers.

    Args:
        dataset: With ``file_meta``; a classic slice or an enhanced multi-frame image.
        faces: Of the study that it belongs to.
        name: How messages call the file.

    Returns:
        How many pixels were erased; 0 leaves the pixels, and how they are compressed, alone.

    Raises:
        InputError: If its series was not read with the study, or its pixels can't be decoded.
    """
    pixels = face_pixels(dataset, faces, name=name)
    if pixels.any():
        uid = str(dataset.SeriesInstanceUID)
        levels = [
            face.background
            for series_id, face in faces.by_series.items()
            if face.status is FaceStatus.FOUND
            and (series_id == uid or series_id.startswith(f"{uid}-"))
        ]
        erase_in_dataset(dataset, pixels, background=min(levels), name=name)
    dataset.RecognizableVisualFeatures = "NO"
    return int(np.count_nonzero(pixels))


def erase_in_dataset(dataset: Dataset, pixels: Pixels, *, background: float, name: str) -> None:
    """Set pixels of a DICOM image to background, in place.

    The image comes back uncompressed, Explicit VR Little Endian; bits stored, sign, photometric
    interpretation and rescale stay.  A declared padding value is the background; else the level
    given, and in MONOCHROME1, which shows high values dark, the largest that can be stored.

    Args:
        dataset: With ``file_meta`` and grayscale pixels of 8, 16 or 32 bits, in any transfer
            syntax that pydicom decodes.
        pixels: Bool, shape ``(frames, rows, columns)``.
        background: After rescale, as `SeriesFace.background`.
        name: How messages call the file.

    Raises:
        InputError: If the pixels are in color, damaged, or can't be decoded.
    """
    stored = _stored(dataset, name=name)
    if stored.shape != pixels.shape:
        msg = f"{name}: {stored.shape} pixels do not fit a mask of {pixels.shape}; read it again"
        raise InputError(msg)
    for frame in np.flatnonzero(pixels.any(axis=(1, 2))):
        level = _background(dataset, int(frame), background)
        stored[frame][pixels[frame]] = level % 2 ** int(dataset.BitsAllocated)
    content = stored.tobytes()
    wide = int(dataset.BitsAllocated) > 8
    dataset.add_new("PixelData", "OW" if wide else "OB", content + b"\0" * (len(content) % 2))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    _describe(dataset, stored)


def _stored(dataset: Dataset, *, name: str) -> npt.NDArray[Any]:
    """Return the pixels as they are stored, all their bits, shape ``(frames, rows, columns)``."""
    bits = int(dataset.get("BitsAllocated") or 0)
    gray = str(dataset.get("PhotometricInterpretation", "")) in {"MONOCHROME1", "MONOCHROME2"}
    if not gray or int(dataset.get("SamplesPerPixel") or 1) != 1 or bits not in _STORED:
        msg = f"{name}: its pixels are not grayscale of 8, 16 or 32 bits; leave the file out"
        raise InputError(msg)
    try:
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress(generate_instance_uid=False)
        if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian:
            plain = np.ascontiguousarray(dataset.pixel_array).astype(f"<i{bits // 8}")
            flat = plain.view(_STORED[bits]).ravel()
        else:
            flat = np.frombuffer(dataset.PixelData, dtype=_STORED[bits])
        shape = (int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns))
        return np.array(flat[: int(np.prod(shape))].reshape(shape))
    except _DAMAGED as error:
        msg = f"{name}: its pixels can't be decoded; send the series from the archive again"
        raise InputError(msg) from error


def _background(dataset: Dataset, frame: int, level: float) -> int:
    """Return the background as a stored value of one frame."""
    padding = dataset.get("PixelPaddingValue")
    if padding is not None:
        return int(padding)
    signed = int(dataset.PixelRepresentation) == 1
    bits = int(dataset.BitsStored)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        return high
    slope, intercept = _rescale(dataset, frame)
    return min(max(round((level - intercept) / slope), low), high)


def _rescale(dataset: Dataset, frame: int) -> tuple[float, float]:
    """Return slope and intercept; a slope of 0 counts as missing, as when the study was read."""
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    groups = [*own[frame : frame + 1], *shared[:1]]
    items = [i for group in groups for i in group.get("PixelValueTransformationSequence") or []]
    source = next((item for item in items if "RescaleSlope" in item), dataset)
    return float(source.get("RescaleSlope") or 1), float(source.get("RescaleIntercept") or 0)


def _describe(dataset: Dataset, stored: npt.NDArray[Any]) -> None:
    """Bring what the header says of the pixels up to date."""
    for keyword in _STALE:
        if keyword in dataset:
            delattr(dataset, keyword)
    unused = int(dataset.BitsAllocated) - int(dataset.BitsStored)
    values = stored << unused
    signed = int(dataset.PixelRepresentation) == 1
    if signed:
        values = values.view(f"<i{stored.itemsize}")
    values = values >> unused
    for keyword, value in (
        ("SmallestImagePixelValue", values.min()),
        ("LargestImagePixelValue", values.max()),
    ):
        if keyword in dataset:
            tag = "SS" if signed else "US"
            dataset[keyword].VR = tag
            dataset[keyword].value = int(value)
