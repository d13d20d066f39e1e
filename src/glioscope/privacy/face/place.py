"""In which head's world every series of a study lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Case, CaseError, Progress, Sequence, Series, Study
from glioscope.preparation import (
    PrepareConfig,
    RegisterConfig,
    RigidFit,
    prepare,
    register_rigid,
)
from glioscope.privacy.face.level import Anatomy, find_anatomy
from glioscope.privacy.face.region import FaceRegion

_REGISTER: Final = RegisterConfig(levels_mm=(3.0,), samples=(20_000,))
"""To a millimeter is enough beside the margin."""

_PREPARE: Final = PrepareConfig(spacing_mm=2.0, n4=False, content=False, register=_REGISTER)

_LEAST_SIMILARITY: Final = 1.03
_FARTHEST_MM: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Head:
    """A head as one reference shows it.

    Args:
        anatomy: Its brain and its brow line.
        region: What of it is erased.
    """

    anatomy: Anatomy
    region: FaceRegion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where one series lies.

    Args:
        series: As read.
        head: Whose world it is brought to.
        to_reference: Shape ``(4, 4)``, world of the series to that of the head, RAS+ mm.
    """

    series: Series
    head: Head
    to_reference: npt.NDArray[np.float64]


def place_all(
    study: Study, *, margin_mm: float, progress: Progress | None = None
) -> tuple[Place, ...]:
    """Find the head of a study and where each series lies in it, identified or not.

    A series that can't be aligned with the others is taken for a head of its own.

    Args:
        study: Heads with their scalp only, at least one.
        margin_mm: Kept around the brain.
        progress: Told of the stages of the preparation.

    Raises:
        CaseError: If a head can't be prepared, or the template does not fit it.
    """
    case = prepare(study, _PREPARE, progress=progress)
    head = _head(case, margin_mm)
    return tuple(_places(study, case, head, margin_mm))


def _places(study: Study, case: Case, head: Head, margin_mm: float) -> Iterator[Place]:
    known = _known(case)
    for series in study.series:
        moved = known.get(series.series_id)
        if moved is None:
            moved = _registered(series, case)
        if moved is None:
            yield _alone(study, series, margin_mm)
        else:
            yield Place(series=series, head=head, to_reference=moved)


def _head(case: Case, margin_mm: float) -> Head:
    anatomy = find_anatomy(case)
    region = FaceRegion.around(anatomy.brain, level=anatomy.level, margin_mm=margin_mm)
    return Head(anatomy=anatomy, region=region)


def _known(case: Case) -> dict[str, npt.NDArray[np.float64]]:
    """Return the maps that the preparation found and trusts, by series."""
    doubted = {one.sequence for one in case.notices if one.code == "alignment-implausible"}
    moved = {one.sequence: one.to_reference for one in case.alignments}
    return {
        choice.series_id: moved[choice.sequence]
        for choice in case.choices
        if choice.sequence in moved and choice.sequence not in doubted
    }


def _registered(series: Series, case: Case) -> npt.NDArray[np.float64] | None:
    """Return the map of a series that is none of the four sequences; ``None`` if it fails."""
    middle = case.brain.world(np.argwhere(case.brain.data).mean(axis=0))
    try:
        fit = register_rigid(series.volume, fixed=case.reference_grid, config=_REGISTER)
    except RuntimeError:  # of ITK: the two do not overlap wherever it starts
        return None
    return fit.to_fixed if _plausible(fit, middle) else None


def _plausible(fit: RigidFit, middle: npt.NDArray[np.float64]) -> bool:
    moved = np.linalg.inv(fit.to_fixed) @ np.append(middle, 1.0)
    close = float(np.linalg.norm(moved[:3] - middle)) <= _FARTHEST_MM
    better = fit.similarity >= fit.similarity_before - 1e-3
    return close and better and fit.similarity >= _LEAST_SIMILARITY


def _alone(study: Study, series: Series, margin_mm: float) -> Place:
    """Take a series for a head of its own, whatever its sequence."""
    named = replace(series, declared=Sequence.T1, by_user=True)
    try:
        case = prepare(replace(study, series=(named,), brain_mask=None), _PREPARE)
        head = _head(case, margin_mm)
    except CaseError as error:
        msg = (
            f"series {series.series_id} does not lie with the others, and its face can't be told"
            f" alone ({error}); leave it out"
        )
        raise CaseError(msg) from error
    return Place(series=series, head=head, to_reference=np.eye(4))
