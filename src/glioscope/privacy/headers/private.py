"""Private attributes that are known to say how a scan was made and nothing of a patient.

Facts of PS3.15, Table E.3.10-1, for MR: diffusion weights, and the scale of Philips' intensities.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.tag import BaseTag, Tag


@cache
def safe_attributes() -> Mapping[tuple[int, int, str], str]:
    """Return the VR of each, by group, element without its block, and private creator."""
    folder = resources.files("glioscope.privacy.headers")
    text = folder.joinpath("safe_private.csv").read_text("utf-8")
    return {
        (int(row["group"], 16), int(row["element"], 16), row["creator"]): row["vr"]
        for row in csv.DictReader(text.splitlines())
    }


def safe_creator(element: DataElement, dataset: Dataset) -> tuple[BaseTag, str] | None:
    """Return where the creator of a safe attribute stands, and who it is.

    Args:
        element: Private.
        dataset: That it stands in.

    Returns:
        ``None`` if the attribute is not known to be safe, or not of the VR that it should have.
    """
    place = Tag(element.tag.group, element.tag.element >> 8)
    if element.tag.element < 0x1000 or place not in dataset:
        return None
    creator = str(dataset[place].value).strip()
    expected = safe_attributes().get((element.tag.group, element.tag.element & 0xFF, creator))
    return (place, creator) if expected is not None and expected == element.VR else None
