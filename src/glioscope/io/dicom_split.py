"""Volumes that share a SeriesInstanceUID, told apart.

Slices are ordered and told apart by where they lie, never by InstanceNumber or AcquisitionNumber
alone: vendors number as they like.  Other tags are asked only where positions repeat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Final

import numpy as np

from glioscope.core import Notice, Severity
from glioscope.io.dicom_header import SliceHeader

_SAME_DIRECTION: Final = 5e-3
"""Radians; rounding to three decimals turns a slice by less."""

_SAME_PLACE_MM: Final = 0.02
_MOST_VOLUMES: Final = 4
"""More volumes at one place are a time course or diffusion, none of the four sequences."""

_LOCALIZER_DIRECTIONS: Final = 3

Slices = list[SliceHeader]


def split(slices: Slices, *, name: str) -> tuple[list[Slices], tuple[Notice, ...]]:
    """Divide the slices of one series into volumes.

    Args:
        slices: With position and orientation.
        name: How messages call the series.

    Returns:
        The volumes, and what was left out.  A series in three or more directions is a localizer.
    """
    directions = _by_direction(slices)
    if len(directions) == _LOCALIZER_DIRECTIONS:
        message = f"Left out: {name} lies in 3 directions or more, as localizers do."
        return [], (_info("left-out-localizer", message),)
    volumes: list[Slices] = []
    notices: list[Notice] = []
    for direction in directions:
        for grid in _by(direction, lambda one: (one.shape, one.pixel_spacing_mm)):
            found, told = _without_repeats(grid, name=name)
            volumes += found
            notices += told
    return volumes, tuple(notices)


def _info(code: str, message: str, severity: Severity = Severity.INFO) -> Notice:
    return Notice(code=code, severity=severity, message=message)


def _by_direction(slices: Slices) -> list[Slices]:
    """Group slices by direction, up to as many as make a localizer: a file may claim thousands."""
    groups: list[Slices] = []
    for one in slices:
        for group in groups:
            turned = np.asarray(group[0].orientation) - np.asarray(one.orientation)
            if np.abs(turned).max() < _SAME_DIRECTION:
                group.append(one)
                break
        else:
            groups.append([one])
        if len(groups) == _LOCALIZER_DIRECTIONS:
            break
    return groups


def _by(slices: Slices, key: Callable[[SliceHeader], Hashable]) -> list[Slices]:
    groups: defaultdict[Hashable, Slices] = defaultdict(list)
    for one in slices:
        groups[key(one)].append(one)
    return list(groups.values())


def places(slices: Slices) -> list[Slices]:
    """Group slices by where they lie along the normal of their plane, in that order."""
    order, starts = _along(slices)
    groups: list[Slices] = []
    for index, begins in zip(order, starts, strict=True):
        if begins:
            groups.append([])
        groups[-1].append(slices[index])
    return groups


def _along(slices: Slices) -> tuple[list[int], list[bool]]:
    """Return the order of slices along their normal, and which of them begin another place."""
    orientation = np.asarray(slices[0].orientation)
    positions = np.array([one.position for one in slices], dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        along = positions @ np.cross(orientation[:3], orientation[3:])
        order = np.argsort(along, kind="stable")
        starts = np.diff(along[order], prepend=-np.inf) > _SAME_PLACE_MM
    return order.tolist(), [True, *starts[1:].tolist()]


def _count(slices: Slices) -> int:
    """Return at how many places slices lie."""
    return sum(_along(slices)[1])


def _repeats(slices: Slices) -> bool:
    return _count(slices) < len(slices)


def _without_repeats(slices: Slices, *, name: str) -> tuple[list[Slices], tuple[Notice, ...]]:
    volumes = [slices]
    for place in range(len(slices[0].told_apart_by)):
        volumes = [part for volume in volumes for part in _divided(volume, place)]
    volumes = [part for volume in volumes for part in _dealt(volume)]
    if len(volumes) > _MOST_VOLUMES:
        message = (
            f"Left out: {name} holds {len(volumes)} volumes, as time courses and diffusion do."
        )
        return [], (_info("left-out-time-course", message),)
    notices = tuple(_repeat_notice(volume, name) for volume in volumes if _repeats(volume))
    volumes = [[max(place, key=_order) for place in places(volume)] for volume in volumes]
    return sorted(volumes, key=lambda volume: min(one.order[1:] for one in volume)), notices


def _order(one: SliceHeader) -> tuple[str, float, int]:
    return one.order


def _divided(slices: Slices, place: int) -> list[Slices]:
    """Divide by one tag if positions repeat and each part then covers at least half of them."""
    if not _repeats(slices):
        return [slices]
    parts = _by(slices, lambda one: one.told_apart_by[place])
    fewest = min(_count(part) for part in parts)
    return parts if 2 * fewest >= _count(slices) else [slices]


def _dealt(slices: Slices) -> list[Slices]:
    """Divide by instance number what no tag tells apart, if all positions repeat as often."""
    stacked = places(slices)
    counts = {len(place) for place in stacked}
    if len(counts) > 1 or counts == {1}:
        return [slices]
    ordered = [sorted(place, key=_order) for place in stacked]
    return [list(volume) for volume in zip(*ordered, strict=True)]


def _repeat_notice(slices: Slices, name: str) -> Notice:
    count = len(slices) - _count(slices)
    message = f"{name}: {count} positions were acquired twice; the later slice is read."
    return _info("duplicate-slice", message, Severity.WARNING)
