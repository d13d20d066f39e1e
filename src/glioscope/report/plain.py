"""Small pieces of the result as plain JSON values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from glioscope.core import ModelInfo, Notice, Patient, Quantity, Region, Volume
from glioscope.report.numbers import MATRIX_DIGITS, rounded
from glioscope.report.words import REGION_ORDER

Json = dict[str, Any]

READ: Final = ("read",)
PREPARED: Final = ("read", "prepare")
SEGMENTED: Final = ("read", "prepare", "segment")
MEASURED: Final = ("read", "prepare", "segment", "measure")
LOCATED: Final = ("read", "prepare", "segment", "locate")
PREDICTED: Final = ("read", "prepare", "segment", "predict")


def json_bytes(document: Json) -> bytes:
    """Return a document as it is written."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def quantity_json(quantity: Quantity, path: tuple[str, ...]) -> Json:
    """Return one number with all that it needs to stand alone.

    Args:
        quantity: The number.
        path: Names of the steps in ``provenance`` that led to it, in order.
    """
    return {
        "name": quantity.name,
        "value": _optional(quantity.value),
        "unit": quantity.unit,
        "region": None if quantity.region is None else str(quantity.region),
        "method": quantity.method,
        "low": _optional(quantity.low),
        "high": _optional(quantity.high),
        "interval": quantity.interval,
        "path": list(path),
    }


def patient_json(patient: Patient) -> Json:
    """Return age and sex as the user told them."""
    years = patient.age_years
    age = Quantity(name="age", value=years, unit="a", region=None, method="as the user gave it")
    return {"age": None if years is None else quantity_json(age, ()), "sex": patient.sex}


def by_region(quantities: Mapping[Region, Quantity], path: tuple[str, ...]) -> Json:
    """Return quantities by region, in one order."""
    return {
        str(region): quantity_json(quantities[region], path)
        for region in REGION_ORDER
        if region in quantities
    }


def point_json(point_mm: Iterable[float]) -> list[float]:
    """Return a point in RAS+ mm."""
    return [rounded(float(coordinate)) for coordinate in point_mm]


def matrix_json(matrix: npt.NDArray[np.float64]) -> list[list[float]]:
    """Return an affine, row by row."""
    return [[rounded(float(entry), MATRIX_DIGITS) for entry in row] for row in matrix]


def grid_json(volume: Volume) -> Json:
    """Return where the voxels of a volume lie, not what they hold."""
    return {
        "shape": list(volume.shape),
        "spacing_mm": point_json(volume.spacing_mm),
        "affine": matrix_json(volume.affine),
    }


def notice_json(notice: Notice) -> Json:
    """Return a notice."""
    return {
        "code": notice.code,
        "severity": str(notice.severity),
        "message": notice.message,
        "sequence": None if notice.sequence is None else str(notice.sequence),
    }


def model_json(model: ModelInfo | None) -> Json | None:
    """Return the model, or nothing for labels that came from elsewhere."""
    if model is None:
        return None
    return {
        "name": model.name,
        "version": model.version,
        "sha256": model.sha256,
        "runtime": model.runtime,
        "members": model.members,
    }


def plain(value: object) -> object:
    """Return a configuration value as JSON; a path keeps its last part only.

    Absolute paths name people and machines, and would make equal runs differ.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    if isinstance(value, Enum):
        return plain(value.value)
    return _plain_scalar(value)


def without_folder(text: str) -> str:
    """Return the last part of an absolute path, and any other text as it is."""
    if PurePosixPath(text).is_absolute():
        return PurePosixPath(text).name
    if PureWindowsPath(text).is_absolute():
        return PureWindowsPath(text).name
    return text


def _plain_scalar(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.generic):
        return _plain_scalar(value.item())
    if isinstance(value, float):
        return rounded(value, MATRIX_DIGITS)
    if isinstance(value, int):
        return value
    return without_folder(str(value)) if isinstance(value, str | PurePath) else str(value)


def _optional(value: float | None) -> float | None:
    return None if value is None else rounded(value)
