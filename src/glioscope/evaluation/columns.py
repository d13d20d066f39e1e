"""Columns of one number or flag a case, checked before a metric sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """How long each patient was seen, and whether the end was death.

    Args:
        days: From the start to death or to the last contact, shape ``(n,)``, 0 or more.
        died: False where the patient was alive at the last contact, shape ``(n,)``.
    """

    days: Numbers
    died: Flags


def read_follow_up(days: npt.ArrayLike, died: npt.ArrayLike, *, prefix: str = "") -> FollowUp:
    """Return both columns checked.

    Args:
        days: One number a patient, 0 or more.
        died: One flag a patient.
        prefix: Put before the names of the columns in errors, such as ``train_``.

    Raises:
        InputError: If a value is missing or negative, or the lengths differ.
    """
    length = read_numbers(f"{prefix}days", days)
    flags = read_flags(f"{prefix}died", died)
    check_lengths(**{f"{prefix}days": length, f"{prefix}died": flags})
    _refuse(length < 0, f"{prefix}days", length, "count days from the start, 0 or more")
    return FollowUp(days=length, died=flags)


def read_numbers(name: str, values: npt.ArrayLike, *, ndim: int = 1) -> Numbers:
    """Return finite numbers, at least one.

    Raises:
        InputError: If there is none, one is not a finite number, or the shape is another.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name}: not all of them are numbers ({error}); give finite numbers only"
        raise InputError(msg) from error
    _check_shape(name, array, ndim)
    _refuse(~np.isfinite(array), name, array, "leave out the cases without a value")
    return array


def read_flags(name: str, values: npt.ArrayLike) -> Flags:
    """Return booleans, at least one; the numbers 0 and 1 are taken, nothing else is.

    Raises:
        InputError: If there is none, one is neither true nor false, or they are no column.
    """
    array = np.asarray(values)
    _check_shape(name, array, 1)
    if array.dtype != np.bool_:
        _refuse(~np.isin(array, (0, 1)), name, array, "give true or false, 1 or 0")
    return array.astype(np.bool_)


def read_probabilities(name: str, values: npt.ArrayLike, *, ndim: int = 1) -> Numbers:
    """Return numbers of 0 to 1, inclusive, at least one.

    Raises:
        InputError: As ``read_numbers``, or if a number lies outside.
    """
    array = read_numbers(name, values, ndim=ndim)
    _refuse((array < 0) | (array > 1), name, array, "give probabilities of 0 to 1, not logits")
    return array


def check_lengths(**columns: npt.NDArray[np.generic]) -> None:
    """Refuse columns of different lengths.

    Raises:
        InputError: If the columns have not one row a case each.
    """
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
        msg = f"columns of different lengths: {lengths}; give each case one row in every column"
        raise InputError(msg)


def _check_shape(name: str, array: npt.NDArray[np.generic], ndim: int) -> None:
    if array.ndim != ndim or array.size == 0:
        msg = f"{name}: shape {array.shape}; expected {ndim} dimension(s) and at least one value"
        raise InputError(msg)


def _refuse(bad: Flags, name: str, array: npt.NDArray[np.generic], remedy: str) -> None:
    if bad.any():
        place = np.argwhere(bad)[0].tolist()
        row = place[0] if len(place) == 1 else tuple(place)
        msg = f"{name}: {array[tuple(place)]!s} in row {row}, {int(bad.sum())} such value(s)"
        msg += f" of {array.size}; {remedy}"
        raise InputError(msg)
