"""Brings every series of a patient into the world of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Alignment, Notice, Sequence, Severity, Volume, grid_difference
from glioscope.preparation.register import RegisterConfig, RigidFit, register_rigid, similarity_of

_UNMOVED_MM: Final = 0.5
"""A series on the reference's grid that moved less than this is left where it was."""

_IMPLAUSIBLE_MM: Final = 60.0
_IMPLAUSIBLE_DEG: Final = 35.0
_LEAST_SIMILARITY: Final = 1.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """How all series come to the reference.

    Args:
        alignments: By sequence, the reference included; ``moved_mm`` is of the middle of the head
            until `measured_over` gives that of the brain.
        notices: Implausible results.
    """

    alignments: Mapping[Sequence, Alignment]
    notices: tuple[Notice, ...]


def align(
    images: Mapping[Sequence, Volume],
    *,
    reference: Sequence,
    already: bool,
    config: RegisterConfig,
) -> Aligned:
    """Find the map of each series to the reference.

    Args:
        images: As scanned.
        reference: The one that stays.
        already: They are known to be aligned: nothing is searched, only measured.
        config: Of the search.
    """
    others = [sequence for sequence in images if sequence is not reference]
    with ThreadPoolExecutor(max_workers=2) as pool:
        fits = list(
            pool.map(
                lambda sequence: _fit(images[sequence], images[reference], already, config), others
            )
        )
    alignments = {reference: _alignment(reference, _identity(2.0), np.zeros(3), already=True)}
    notices: list[Notice] = []
    middle = images[reference].world((np.array(images[reference].shape) - 1) / 2)
    for sequence, fit in zip(others, fits, strict=True):
        same_grid = grid_difference(images[sequence], images[reference]) is None
        kept = same_grid and _moved_mm(fit.to_fixed, _around(middle)) < _UNMOVED_MM
        used = _identity(fit.similarity_before) if kept else fit
        alignments[sequence] = _alignment(sequence, used, middle, already=kept)
        notices += _judged(sequence, used, alignments[sequence])
    return Aligned(alignments=alignments, notices=tuple(notices))


def measured_over(alignment: Alignment, brain: Volume) -> Alignment:
    """Return the alignment with its mean displacement over the brain, mm."""
    voxels = np.argwhere(brain.data)
    points = brain.world(voxels[:: max(1, len(voxels) // 20_000)])
    return replace(alignment, moved_mm=_moved_mm(alignment.to_reference, points))


def _fit(moving: Volume, fixed: Volume, already: bool, config: RegisterConfig) -> RigidFit:
    if already:
        return _identity(similarity_of(moving, fixed))
    return register_rigid(moving, fixed=fixed, config=config)


def _identity(similarity: float) -> RigidFit:
    return RigidFit(to_fixed=np.eye(4), similarity=similarity, similarity_before=similarity)


def _alignment(
    sequence: Sequence, fit: RigidFit, middle: npt.NDArray[np.float64], *, already: bool
) -> Alignment:
    return Alignment(
        sequence=sequence,
        to_reference=fit.to_fixed,
        moved_mm=_moved_mm(fit.to_fixed, _around(middle)),
        similarity=fit.similarity,
        already_aligned=already,
    )


def _around(middle: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return points that lie about the middle of the head like the brain does."""
    offsets = np.array(np.meshgrid(*[(-45.0, 0.0, 45.0)] * 3)).reshape(3, -1).T
    return np.asarray(middle + offsets)


def _moved_mm(to_reference: npt.NDArray[np.float64], points: npt.NDArray[np.float64]) -> float:
    """Mean distance between where points of the reference are and where they were scanned."""
    back = np.linalg.inv(to_reference)
    return float(np.linalg.norm(points @ back[:3, :3].T + back[:3, 3] - points, axis=1).mean())


def _judged(sequence: Sequence, fit: RigidFit, alignment: Alignment) -> list[Notice]:
    """Say where an alignment can't be trusted."""
    rotation = fit.to_fixed[:3, :3]
    angle = float(np.rad2deg(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))
    reasons = []
    if alignment.moved_mm > _IMPLAUSIBLE_MM or angle > _IMPLAUSIBLE_DEG:
        reasons.append(f"it was moved by {alignment.moved_mm:.0f} mm and turned by {angle:.0f}°")
    if fit.similarity < _LEAST_SIMILARITY:
        reasons.append(f"it matches the reference poorly (similarity {fit.similarity:.3f})")
    if fit.similarity < fit.similarity_before - 1e-3:
        reasons.append("it matches worse than as scanned")
    if not reasons:
        return []
    message = (
        f"{sequence.upper()} may be misaligned: {'; '.join(reasons)}. Look at the pictures before"
        " relying on numbers that combine the sequences."
    )
    return [
        Notice(
            code="alignment-implausible",
            severity=Severity.ALARM,
            message=message,
            sequence=sequence,
        )
    ]
