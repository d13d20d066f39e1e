"""Numbers and identifiers as DICOM writes them."""

from __future__ import annotations

import hashlib
import uuid

import numpy as np
import numpy.typing as npt
from pydicom.valuerep import DSfloat

from glioscope.core import Volume

Vector = npt.NDArray[np.float64]


def derived_uid(*parts: str) -> str:
    """Return a UID that follows from some text (a name-based UUID under the root 2.25)."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()[:16]
    return f"2.25.{uuid.UUID(bytes=digest, version=5).int}"


def decimal(value: float) -> DSfloat:
    """Return a number as a decimal string of at most 16 characters, rounded at the last."""
    return DSfloat(value, auto_format=True)


def decimals(values: npt.ArrayLike) -> list[DSfloat]:
    """Return some numbers as decimal strings."""
    return [decimal(float(value)) for value in np.asarray(values, dtype=np.float64).ravel()]


def lps_axes(volume: Volume) -> tuple[Vector, Vector]:
    """Return the unit vectors of the axes as columns, shape ``(3, 3)``, and the origin, in LPS."""
    flip = np.diag([-1.0, -1.0, 1.0])
    columns = flip @ volume.affine[:3, :3] / np.array(volume.spacing_mm)
    return columns, flip @ volume.affine[:3, 3]


def slice_position(volume: Volume, k: int) -> Vector:
    """Return where the first voxel of a slice lies, LPS mm."""
    axes, origin = lps_axes(volume)
    return np.asarray(origin + axes[:, 2] * volume.spacing_mm[2] * k)
