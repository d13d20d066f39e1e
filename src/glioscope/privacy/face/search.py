"""Which voxels of a study show its face.

Quickshear (Schimke, Kuehler, Hale 2011, Preserving privacy in structural neuroimages) cuts a head
along one plane before and below the brain; ears and much of the cheeks stay.  Here all that lies
below the brows and farther than a margin from the brain goes, the ears and the nape with the face.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Notice, Progress, Series, Severity, Study, Volume
from glioscope.preparation import background_value, is_stripped
from glioscope.privacy.face.place import Place, place_all
from glioscope.privacy.face.region import FaceRegion
from glioscope.privacy.face.skin import left_percent, skin, thinned

MARGIN_MM: Final = 10.0
"""Around the brain; farther than any error of its mask that was measured."""

_CONSTANT_PERCENT: Final = 98.0
_LEFT_PERCENT: Final = 10.0


class FaceStatus(StrEnum):
    """What was found of the face of one series."""

    FOUND = "found"
    NOT_IN_VIEW = "not_in_view"
    STRIPPED = "stripped"
    ERASED_BEFORE = "erased_before"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesFace:
    """What of one series is erased.

    Args:
        series_id: Of the study's series.
        status: Only ``FOUND`` has voxels to erase.
        mask: Bool, on the grid of the series: the voxels to erase.
        background: What they become: the darkest value of the series.
        skin_left_percent: Skin before the ears and below the brows that stays, because it lies
            within the margin of the brain; ``None`` where none is in view.
        region: What the mask was made from, for slices that the study left out; ``None`` unless
            ``FOUND``.
        to_reference: Shape ``(4, 4)``, world of the series to that of the region, RAS+ mm.
    """

    series_id: str
    status: FaceStatus
    mask: Volume
    background: float
    skin_left_percent: float | None = None
    region: FaceRegion | None = None
    to_reference: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Faces:
    """The faces of a study.

    Args:
        case_id: Of the study.
        by_series: By series id, every series of the study.
        notices: What was done and what was left, a line a series that is not as usual.
    """

    case_id: str
    by_series: Mapping[str, SeriesFace]
    notices: tuple[Notice, ...]


def find_faces(
    study: Study, *, margin_mm: float = MARGIN_MM, progress: Progress | None = None
) -> Faces:
    """Find what must be erased so that nobody is recognized, in every series of a study.

    Args:
        study: As read; all its series are looked at, whatever they show.
        margin_mm: Kept around the brain, at least.
        progress: Told of the stages.

    Raises:
        CaseError: If no brain is found, its size is implausible, the template does not fit it, a
            series shows nothing that can be aligned, or the region found comes too near the brain.
    """
    bare = {one.series_id for one in study.series if is_stripped(one.volume)}
    heads = tuple(one for one in study.series if one.series_id not in bare)
    faces = [_untouched(one, FaceStatus.STRIPPED) for one in study.series if one.series_id in bare]
    if heads:
        places = place_all(replace(study, series=heads), margin_mm=margin_mm, progress=progress)
        faces += [_face(place) for place in places]
    found = {face.series_id: face for face in faces}
    ordered = {series.series_id: found[series.series_id] for series in study.series}
    notices = tuple(one for face in ordered.values() if (one := _notice(face)) is not None)
    return Faces(case_id=study.case_id, by_series=ordered, notices=notices)


def _face(place: Place) -> SeriesFace:
    volume, region = place.series.volume, place.head.region
    mask = region.on(volume, to_reference=place.to_reference)
    if not mask.data.any():
        return _untouched(place.series, FaceStatus.NOT_IN_VIEW)
    if _constant_percent(volume, mask) >= _CONSTANT_PERCENT:
        return _untouched(place.series, FaceStatus.ERASED_BEFORE)
    region.require_apart(
        mask, to_reference=place.to_reference, name=f"series {place.series.series_id}"
    )
    return SeriesFace(
        series_id=place.series.series_id,
        status=FaceStatus.FOUND,
        mask=mask,
        background=float(volume.data.min()),
        skin_left_percent=left_percent(_skin_of_face(place), thinned(mask).data),
        region=region,
        to_reference=place.to_reference,
    )


def _skin_of_face(place: Place) -> npt.NDArray[np.bool_]:
    """Return the skin before the ears and below the brows, on the thinned grid of a series."""
    volume, anatomy = thinned(place.series.volume), place.head.anatomy
    below = anatomy.level.height_mm(volume, to_reference=place.to_reference) < 0
    before = anatomy.front.height_mm(volume, to_reference=place.to_reference) > 0
    return skin(volume).data & below & before


def _constant_percent(volume: Volume, mask: Volume) -> float:
    """Return how much of a region holds nothing but one value, as another program left it."""
    inside = volume.data[mask.data]
    return 100.0 * float(np.isin(inside, (background_value(volume), inside.min())).mean())


def _untouched(series: Series, status: FaceStatus) -> SeriesFace:
    return SeriesFace(
        series_id=series.series_id,
        status=status,
        mask=series.volume.with_data(np.zeros(series.volume.shape, dtype=bool)),
        background=float(series.volume.data.min()),
        to_reference=np.eye(4),
    )


def _notice(face: SeriesFace) -> Notice | None:
    left = face.skin_left_percent or 0.0
    told = {
        FaceStatus.NOT_IN_VIEW: "its field of view ends above the face; it was left as it is.",
        FaceStatus.STRIPPED: "it shows a brain without its head; it was left as it is.",
        FaceStatus.ERASED_BEFORE: "its face was erased before; it was left as it is.",
    }.get(face.status)
    if told is not None:
        message = f"Series {face.series_id}: {told}"
        code = f"face-{face.status.replace('_', '-')}"
        return Notice(code=code, severity=Severity.INFO, message=message)
    if left <= _LEFT_PERCENT:
        return None
    message = (
        f"Series {face.series_id}: {left:.0f}% of the skin of the face lies so near the brain that"
        " it stays; look at it before it is shared."
    )
    return Notice(code="face-skin-left", severity=Severity.WARNING, message=message)
