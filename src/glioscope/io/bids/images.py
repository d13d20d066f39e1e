"""The images of a result under their names in BIDS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from glioscope.core import InputError, Label, Sequence
from glioscope.io.bids.table import json_bytes, table_bytes
from glioscope.io.nifti import read_volume
from glioscope.io.results.folder import SEGMENTATION, WrittenResult

PREPARED: Final = "prepared"
"""Folder of a result, and label of its grid in BIDS."""

_SPACE: Final = "space-orig"

_SUFFIXES: Final[Mapping[Sequence, tuple[str, str]]] = MappingProxyType(
    {
        Sequence.T1: ("", "T1w"),
        Sequence.T1C: ("ce-gadolinium_", "T1w"),
        Sequence.T2: ("", "T2w"),
        Sequence.FLAIR: ("", "FLAIR"),
    }
)
"""What stands before the space, and the suffix."""

_ABBREVIATIONS: Final[Mapping[Label, str]] = MappingProxyType(
    {Label.NECROSIS: "NCR", Label.EDEMA: "ED", Label.ENHANCING: "ET"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image.

    Args:
        source: Below the folder of the result; it may not be there.
        name: In BIDS, what comes between the participant and ``.nii.gz``.
        about: What only its sidecar says.
        prepared: On the grid that was analyzed; else on that of the reference series.
    """

    source: Path
    name: str
    about: Mapping[str, object] = field(default_factory=dict)
    prepared: bool = True

    def sidecar(self, result: WrittenResult) -> bytes:
        """Return what is to be known of the voxels.

        Raises:
            InputError: If the image can't be read.
        """
        return json_bytes({**self.about, "SpatialReference": "orig", **self._resolution(result)})

    def _resolution(self, result: WrittenResult) -> Mapping[str, str]:
        if not self.prepared:
            return {}
        spacing = read_volume(result.folder / self.source).spacing_mm
        shown = " x ".join(f"{size:g}" for size in spacing)
        return {"Resolution": f"voxels of {shown} mm, on which the images were analyzed"}


def all_images() -> Iterator[Image]:
    """Yield every image that a result may have."""
    labels = {"Description": "Labels of a glioma by Glioscope", "Manual": False}
    yield Image(
        source=Path(SEGMENTATION), name=f"{_SPACE}_seg-tumor_dseg", about=labels, prepared=False
    )
    grid = f"res-{PREPARED}"
    yield Image(
        source=Path(PREPARED) / SEGMENTATION, name=f"{_SPACE}_seg-tumor_{grid}_dseg", about=labels
    )
    yield Image(
        source=Path(PREPARED) / "brain.nii.gz",
        name=f"{_SPACE}_{grid}_desc-brain_mask",
        about={"Description": "The brain", "Type": "Brain"},
    )
    for sequence, (before, suffix) in _SUFFIXES.items():
        yield Image(
            source=Path(PREPARED) / f"{sequence}.nii.gz",
            name=f"{before}{_SPACE}_{grid}_desc-preproc_{suffix}",
            about={
                "Description": "Aligned, corrected for the bias field, without what is not brain,"
                " in robust standard deviations of the brain",
                "SkullStripped": True,
            },
        )


def image_bytes(result: WrittenResult, image: Image) -> bytes | None:
    """Return a file of the result as it is; ``None`` where the result has no such image.

    Raises:
        InputError: If it is there and can't be read.
    """
    path = result.folder / image.source
    if not path.exists():
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{image.source.name} can't be read ({error.strerror}); analyze the study again"
        raise InputError(msg) from error


def label_table() -> bytes:
    """Return what the numbers of the labels mean."""
    rows = (
        {"index": str(int(label)), "name": label.name.lower(), "abbreviation": short}
        for label, short in _ABBREVIATIONS.items()
    )
    return table_bytes(["index", "name", "abbreviation"], rows)
