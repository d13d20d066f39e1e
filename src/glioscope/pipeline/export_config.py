"""What a result is written as for other systems; what writes it is loaded when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from glioscope.core import InputError
from glioscope.pipeline.config import Source


class Standard(StrEnum):
    """What a result can be written as."""

    DICOM = "dicom"
    FHIR = "fhir"
    BIDS = "bids"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportConfig:
    """What is written of a result.

    Args:
        standards: At least one.
        labelmap: Write the segmentation as a label map (DICOM 2024) instead of binary segments:
            smaller, but many archives and viewers do not know it yet.
        structures: Write an RT structure set too.
    """

    standards: tuple[Standard, ...] = (Standard.DICOM,)
    labelmap: bool = False
    structures: bool = False


def check_exportable(source: Source) -> None:
    """Refuse choices that could not be exported, before anything is computed.

    Raises:
        InputError: If a series that the user named lies outside the study's folder.
    """
    root = source.folder.resolve()
    for sequence, path in source.overrides.items():
        if not path.resolve().is_relative_to(root):
            msg = (
                f"{path.name}, given as {sequence}, lies outside {source.folder.name}: what is"
                " written for other systems refers to the series of one study; put it there"
            )
            raise InputError(msg)
