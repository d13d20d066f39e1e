"""The field's words: sequences, labels, regions, sides, severities."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final


class Sequence(StrEnum):
    """The four MRI sequences of the BraTS protocol, in channel order."""

    T1 = "t1"
    T1C = "t1c"
    T2 = "t2"
    FLAIR = "flair"


class Label(IntEnum):
    """Voxel labels of BraTS 2023 and later; 4 of older sets is ``ENHANCING``."""

    BACKGROUND = 0
    NECROSIS = 1
    EDEMA = 2
    ENHANCING = 3


class Region(StrEnum):
    """Regions that are measured: the three labels and the three BraTS unions."""

    NCR = "necrotic_core"
    ED = "edema"
    ET = "enhancing_tumor"
    TC = "tumor_core"
    WT = "whole_tumor"


REGION_LABELS: Final[Mapping[Region, tuple[Label, ...]]] = MappingProxyType(
    {
        Region.NCR: (Label.NECROSIS,),
        Region.ED: (Label.EDEMA,),
        Region.ET: (Label.ENHANCING,),
        Region.TC: (Label.NECROSIS, Label.ENHANCING),
        Region.WT: (Label.NECROSIS, Label.EDEMA, Label.ENHANCING),
    }
)
"""Which labels make a region (BraTS 2021: TC = NCR + ET, WT = TC + ED)."""


class Hemisphere(StrEnum):
    """The patient's own side, never the side of the picture."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


class Severity(StrEnum):
    """How much a finding about the input or the run matters."""

    INFO = "info"
    WARNING = "warning"
    ALARM = "alarm"
