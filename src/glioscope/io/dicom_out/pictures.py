"""Pictures of the tumor that any viewer of an archive shows.

One Secondary Capture image a picture: multi-frame color images, the newer way, are not shown by
every viewer, while these are by all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from glioscope.core import Region, Sequence, Volume
from glioscope.io.dicom_out.header import new_object, reference_to
from glioscope.io.dicom_out.identity import Identity, Output
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_out.picture_drawing import Plane, Scene, as_seen, draw_slice
from glioscope.io.dicom_stack import Stack, read_pixels
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import measured_groups

_SEQUENCES: Final = {
    Sequence.T1: "T1",
    Sequence.T1C: "T1c",
    Sequence.T2: "T2",
    Sequence.FLAIR: "FLAIR",
}
_FOOTER: Final = "Research software, not a medical device. Outlines drawn by a program."
_NOTHING: Final = "No tumor was found. "


def make_pictures(result: WrittenResult, origin: Origin, identity: Identity) -> tuple[Dataset, ...]:
    """Draw an axial, a coronal and a sagittal slice of the reference series.

    Each goes through the largest cross-section of the tumor core (of the whole tumor without one,
    through the middle without any), shows the patient's right on the left, and has no text that
    identifies the patient.

    Args:
        result: Its labels and volumes.
        origin: Its images; their pixels are read again.
        identity: UIDs and times.

    Raises:
        InputError: If the source can't be read any more.
    """
    scene = Scene(image=as_seen(_image(origin)), labels=as_seen(result.labels))
    sequence = _SEQUENCES[Sequence(result.content["sequences"]["reference"])]
    legend = _legend(result)
    footer = _FOOTER if legend else _NOTHING + _FOOTER
    return tuple(
        _capture(
            draw_slice(
                scene,
                plane,
                title=f"{sequence} {plane.name.lower()}",
                legend=legend,
                footer=footer,
            ),
            new=new_object(
                origin,
                identity,
                Output.PICTURES,
                sop_class_uid=SecondaryCaptureImageStorage,
                modality="OT",
                number=number,
            ),
            plane=plane,
            origin=origin,
        )
        for number, plane in enumerate(Plane, start=1)
    )


def _image(origin: Origin) -> Volume:
    found = Stack(slices=origin.slices, affine=origin.grid.affine, notices=())
    volume, _ = read_pixels(found, named=lambda path: path.name)
    return volume


def _legend(result: WrittenResult) -> Mapping[Region, str]:
    """Return the volumes, with the digits of result.json."""
    return {
        group.region: f"{number.value:g} {number.unit}"
        for group in measured_groups(result)
        if group.lesion_id is None
        for number in group.numbers
        if number.name == "volume"
    }


def _capture(
    pixels: npt.NDArray[np.uint8], *, new: Dataset, plane: Plane, origin: Origin
) -> Dataset:
    # no paired part of the body, so that no Laterality is wanted
    new.BodyPartExamined = "BRAIN"
    new.ConversionType = "WSD"
    new.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    new.PatientOrientation = plane.patient_orientation
    new.DerivationDescription = "A slice of the source series with outlines of a segmentation"
    new.SourceImageSequence = [reference_to(one) for one in origin.datasets]
    new.BurnedInAnnotation = "NO"
    new.LossyImageCompression = "00"
    new.DateOfSecondaryCapture, new.TimeOfSecondaryCapture = new.ContentDate, new.ContentTime
    new.SamplesPerPixel, new.PhotometricInterpretation = 3, "RGB"
    new.PlanarConfiguration = 0
    new.Rows, new.Columns = pixels.shape[:2]
    new.BitsAllocated = new.BitsStored = 8
    new.HighBit, new.PixelRepresentation = 7, 0
    content = pixels.tobytes()
    new.add_new("PixelData", "OB", content + b"\0" * (len(content) % 2))
    return new
