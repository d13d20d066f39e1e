"""Expert labels of the public sets, brought to the labels of today."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from glioscope.core import InputError, Label, Volume
from glioscope.io.nifti import read_volume


class LabelConvention(StrEnum):
    """What the numbers of a label file mean."""

    BRATS_2013 = "brats2013"
    """1 necrosis, 2 edema, 3 non-enhancing tumour, 4 enhancing: 1 and 3 are today's core."""
    BRATS_2018 = "brats2018"
    """1 necrosis and non-enhancing tumour, 2 edema, 4 enhancing (2017 to 2021)."""
    BRATS_2023 = "brats2023"
    """1 necrosis and non-enhancing tumour, 2 edema, 3 enhancing."""
    BRATS_2024 = "brats2024"
    """As 2023, and 4 is the resection cavity, which is no tumour."""


_MEANING: Final[Mapping[LabelConvention, Mapping[int, Label]]] = MappingProxyType(
    {
        LabelConvention.BRATS_2013: {
            1: Label.NECROSIS,
            2: Label.EDEMA,
            3: Label.NECROSIS,
            4: Label.ENHANCING,
        },
        LabelConvention.BRATS_2018: {1: Label.NECROSIS, 2: Label.EDEMA, 4: Label.ENHANCING},
        LabelConvention.BRATS_2023: {1: Label.NECROSIS, 2: Label.EDEMA, 3: Label.ENHANCING},
        LabelConvention.BRATS_2024: {
            1: Label.NECROSIS,
            2: Label.EDEMA,
            3: Label.ENHANCING,
            4: Label.BACKGROUND,
        },
    }
)


def read_labels(path: Path, *, convention: LabelConvention | None = None) -> Volume:
    """Read a label file of any BraTS year as uint8 of ``core.Label``.

    Without ``convention`` the values and, where they can mean two things, the name decide:
    4 without 3 is BraTS 2017 to 2021; 3 without 4 is BraTS 2023, except in a file of the name
    ``OTMultiClass`` (BraTS 2013); 3 and 4 are BraTS 2013 under that name, BraTS 2024 under a
    name such as ``BraTS-GLI-00005-100-seg``, and refused otherwise.

    Args:
        path: NIfTI, integers in any type.
        convention: What the numbers mean.

    Raises:
        InputError: If the file can't be read, holds other values, or could mean two things.
    """
    volume = read_volume(path)
    found = np.unique(volume.data)
    values = frozenset(int(value) for value in found)
    if any(int(value) != value for value in found):
        msg = f"{path.name} holds fractions, so it is no label file; give the labels unresampled"
        raise InputError(msg)
    meaning = _MEANING[convention or _convention(values, name=path.name)]
    if not values <= {0, *meaning}:
        told = ", ".join(str(value) for value in sorted(values)[:10])
        msg = f"{path.name} holds the labels {told}; expected are 0 and {sorted(meaning)}"
        raise InputError(msg)
    lookup = np.array([int(meaning.get(value, Label.BACKGROUND)) for value in range(5)], np.uint8)
    return volume.with_data(lookup[volume.data.astype(np.intp)])


def _convention(values: frozenset[int], *, name: str) -> LabelConvention:
    lower = name.lower()
    of_2013 = "otmulticlass" in lower or lower.startswith("vsd.brain")
    if 3 in values and of_2013:
        return LabelConvention.BRATS_2013
    if {3, 4} <= values:
        if lower.startswith("brats-"):
            return LabelConvention.BRATS_2024
        msg = (
            f"{name} holds both 3 and 4, which mean different things in BraTS 2013 and BraTS"
            " 2024; say which with `convention`"
        )
        raise InputError(msg)
    return LabelConvention.BRATS_2018 if 4 in values else LabelConvention.BRATS_2023
