"""One instance as it was received."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pydicom import dcmread
from pydicom.uid import (
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

from glioscope.core import InputError
from glioscope.service.listen.pseudonyms import Pseudonyms

_ANALYZED: Final = frozenset(
    {MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage}
)
_TAGS: Final = ("StudyInstanceUID", "SOPInstanceUID", "SOPClassUID")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What is kept of an instance.

    Args:
        study: Pseudonym of its study.
        name: Pseudonym of its SOPInstanceUID.
        is_image: An MR image. All else (documents, segmentations, screenshots) is kept but never
            starts an analysis: an archive that forwards our own results back to us would have us
            analyze for ever.
        content: A whole DICOM file.
    """

    study: str
    name: str
    is_image: bool
    content: bytes


def read_instance(content: bytes, pseudonyms: Pseudonyms) -> Instance:
    """Tell which instance a DICOM file is; nothing behind its header is looked at.

    Args:
        content: A whole DICOM file.
        pseudonyms: Of the listener's folder.

    Raises:
        InputError: If it can't be read or lacks one of its UIDs.
    """
    try:
        header = dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=[*_TAGS])
        study, instance, kind = (str(header[tag].value or "").strip(" \0") for tag in _TAGS)
    except Exception as error:  # what damaged files raise has no common base
        msg = f"the data set can't be read ({type(error).__name__}); send it again"
        raise InputError(msg) from error
    if not (study and instance and kind):
        msg = "the data set lacks a UID of its study, instance or class; send it complete"
        raise InputError(msg)
    return Instance(
        study=pseudonyms.study(study),
        name=pseudonyms.instance(instance),
        is_image=kind in _ANALYZED,
        content=content,
    )
