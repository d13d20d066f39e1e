"""What tells the objects of one result apart, and from those of another result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from glioscope import __version__
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_values import derived_uid
from glioscope.io.results.folder import WrittenResult

MANUFACTURER = "Glioscope"
MODEL = "Glioscope"
SERIAL_NUMBER = "0"
"""A program has none; highdicom and several object definitions ask for one."""


class Output(Enum):
    """The series that are written: number, description."""

    SEGMENTATION = (9101, "Glioscope tumor segmentation")
    MEASUREMENTS = (9102, "Glioscope measurements")
    REPORT = (9103, "Glioscope report")
    PICTURES = (9104, "Glioscope pictures")
    STRUCTURES = (9105, "Glioscope structure set")
    LABELMAP = (9106, "Glioscope tumor segmentation (label map)")

    @property
    def number(self) -> int:
        """SeriesNumber: above what scanners give."""
        return self.value[0]

    @property
    def description(self) -> str:
        """SeriesDescription."""
        return self.value[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """UIDs and times of everything that is written of one result.

    They follow from the study, the content of the result and the version that writes: written
    twice, an object has the same UIDs; another result or version has others.

    Args:
        study_uid: StudyInstanceUID.
        digest: Of the result's content.
        finished: When the analysis ended; dates of the objects, so that they too are the same.
    """

    study_uid: str
    digest: str
    finished: datetime

    def uid(self, *parts: str) -> str:
        """Return a UID for a part of this result."""
        return derived_uid(self.study_uid, self.digest, __version__, *parts)

    def series_uid(self, output: Output) -> str:
        """Return the SeriesInstanceUID of an output."""
        return self.uid("series", output.name)

    def instance_uid(self, output: Output, number: int = 1) -> str:
        """Return a SOPInstanceUID."""
        return self.uid("instance", output.name, str(number))


def identify(result: WrittenResult, origin: Origin) -> Identity:
    """Return the identity of what is made of a result on a study."""
    return Identity(study_uid=origin.study_uid, digest=result.digest, finished=result.finished)
