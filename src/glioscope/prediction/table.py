"""Rows of a table of features: PyRadiomics' own column names, and age and sex."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Final, Literal, cast

from glioscope.core import InputError
from glioscope.prediction.groups import (
    FIRST_ORDER,
    IMAGE_MEAN,
    MIDLINE_DISTANCE,
    SHAPE_RATIOS,
    SHAPE_SIZES,
)
from glioscope.prediction.inputs import Inputs

Row = Mapping[str, str]

COLUMNS: Final[Mapping[str, str]] = {
    **{f"original_shape_{name}": name for name in (*SHAPE_RATIOS, *SHAPE_SIZES)},
    **{f"original_firstorder_{name}": name for name in FIRST_ORDER},
    "diagnostics_Image-original_Mean": IMAGE_MEAN,
    "midline_distance_mm": MIDLINE_DISTANCE,
}
"""PyRadiomics' column by what it is called here."""

INDEX_COLUMN: Final = "diagnostics_Mask-original_CenterOfMassIndex"

_MIDDLE_VOX: Final = 119.0
"""Sagittal plane of the 240 x 240 x 155 grid of UCSF-PDGM at which its heads are placed.

Read off UCSF-PDGM-0092, which BraTS published on the 182 x 218 x 182 grid of MNI space (as
BraTS-GLI-00009) with the same voxels: x = 0 lies there.  Front and height differ from head to head
by centimeters, so they are not used.
"""

_AGES: Final = ("age", "age_years", "age at mri", "age_at_scan_years")
_SEXES: Final = ("sex", "gender")
_IDS: Final = ("id", "case", "case_id", "patient", "patient_id", "subject", "subjectid")
_EMPTY: Final = frozenset({"", "na", "nan", "none", "null", "unknown", "not available"})
_LETTERS: Final = {"m": "M", "male": "M", "f": "F", "female": "F", "o": "O", "other": "O"}


def id_of(row: Row) -> str:
    """Return the row's id.

    Raises:
        InputError: If no column holds one.
    """
    name = _column(row, _IDS)
    if name is None or not row[name].strip():
        msg = f"no id: give a column named {' or '.join(_IDS[:3])}"
        raise InputError(msg)
    return row[name].strip()


def inputs_from_row(row: Row) -> Inputs:
    """Return the inputs of one row; an empty cell counts as missing.

    Args:
        row: Text by column: age, sex, and as many of `COLUMNS` as there are.  For images of
            UCSF-PDGM the distance from the midline is read off PyRadiomics' center of mass.

    Raises:
        InputError: If a value is not a number or can't be true.
    """
    age = _column(row, _AGES)
    measured = {own: _number(row, column) for column, own in COLUMNS.items()}
    if measured[MIDLINE_DISTANCE] is None:
        measured[MIDLINE_DISTANCE] = _midline_distance_mm(row)
    return Inputs(
        age_years=None if age is None else _number(row, age),
        sex=_sex(row),
        measured={name: value for name, value in measured.items() if value is not None},
    )


def _column(row: Row, names: tuple[str, ...]) -> str | None:
    return next((column for column in row if column.strip().lower() in names), None)


def _number(row: Row, column: str) -> float | None:
    text = row.get(column, "").strip()
    if text.lower() in _EMPTY:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        msg = f"{column} is {text[:20]!r}, not a finite number; correct it or leave it empty"
        raise InputError(msg)
    return value


def _sex(row: Row) -> Literal["F", "M", "O"] | None:
    column = _column(row, _SEXES)
    text = "" if column is None else row[column].strip().lower()
    if text in _EMPTY:
        return None
    if text not in _LETTERS:
        msg = f"sex {text[:20]!r}: give F, M or O, or leave it empty"
        raise InputError(msg)
    return cast('Literal["F", "M", "O"]', _LETTERS[text])


def _midline_distance_mm(row: Row) -> float | None:
    if not _is_ucsf(row):
        return None
    try:
        across, _, _ = ast.literal_eval(row.get(INDEX_COLUMN, "").strip())
        return abs(float(across) - _MIDDLE_VOX)
    except (ValueError, SyntaxError, TypeError):
        return None


def _is_ucsf(row: Row) -> bool:
    image = row.get("Image", "")
    if "UCSF-PDGM" in image:
        return True
    column = _column(row, _IDS)
    return column is not None and row[column].startswith("UCSF-PDGM")
