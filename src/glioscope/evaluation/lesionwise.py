"""Scores by lesion, as the BraTS 2023 glioma challenge ranks (Synapse syn51156910).

True voxels whose dilations touch are one lesion.  All predicted components that reach into a
lesion's dilation are its prediction, and the lesion gets their Dice and HD95; a lesion that
nothing reaches gets 0 and 374 mm, and so does every predicted component that reaches no
lesion.  The score of a case is the mean over lesions and false components.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.evaluation.overlap import dice
from glioscope.evaluation.surface import ABSENT_HD95_MM, hd95_mm

_TOUCHING = np.ones((3, 3, 3), dtype=np.int8)
"""Voxels that share a corner are connected (26 neighbours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionRules:
    """What counts as one lesion; the defaults are those of the BraTS 2023 glioma task.

    Args:
        dilations_vox: Dilations by the 18-neighbourhood that join parts of one lesion; the
            challenge counts in voxels of 1 mm.
        smallest_mm3: True lesions up to this size are not scored; components that match them
            are no false positives.
    """

    dilations_vox: int = 3
    smallest_mm3: float = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionWiseScores:
    """Means over the lesions and false components of one region of one case.

    Args:
        dice: 0 to 1; 1 where there is neither a lesion nor a false component.
        hd95_mm: 0 where there is neither.
        lesions: True lesions that were scored.
        missed: Of them, those that no component reaches.
        false_positives: Predicted components that reach no true lesion of any size.
    """

    dice: float
    hd95_mm: float
    lesions: int
    missed: int
    false_positives: int


def lesion_wise_dice(
    prediction: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    *,
    spacing_mm: tuple[float, float, float],
) -> float:
    """Return the lesion-wise Dice of BraTS 2023 (see ``lesion_wise_scores``)."""
    return lesion_wise_scores(prediction, truth, spacing_mm=spacing_mm).dice


def lesion_wise_scores(
    prediction: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    *,
    spacing_mm: tuple[float, float, float],
    rules: LesionRules | None = None,
) -> LesionWiseScores:
    """Score one region of one case lesion by lesion.

    Args:
        prediction: Boolean, shape ``(I, J, K)``.
        truth: Boolean, the same shape.
        spacing_mm: Of the voxels.
        rules: What one lesion is; BraTS 2023 glioma unless given.
    """
    rules = LesionRules() if rules is None else rules
    components, count = ndimage.label(prediction, structure=_TOUCHING)
    matched: set[int] = set()
    dices: list[float] = []
    distances_mm: list[float] = []
    missed = 0
    for box, dilation in _dilated_lesions(truth, rules.dilations_vox):
        lesion = truth[box] & dilation
        reached = np.unique(components[box][dilation])
        reached = reached[reached > 0]
        matched.update(reached.tolist())
        if np.count_nonzero(lesion) * float(np.prod(spacing_mm)) <= rules.smallest_mm3:
            continue
        missed += reached.size == 0
        found, whole = _whole(components, reached, box, lesion)
        dices.append(dice(found, whole))
        distances_mm.append(hd95_mm(found, whole, spacing_mm=spacing_mm))
    false_positives = int(count) - len(matched)
    total = len(dices) + false_positives
    return LesionWiseScores(
        dice=sum(dices) / total if total else 1.0,
        hd95_mm=(sum(distances_mm) + false_positives * ABSENT_HD95_MM) / total if total else 0.0,
        lesions=len(dices),
        missed=missed,
        false_positives=false_positives,
    )


def _dilated_lesions(
    truth: npt.NDArray[np.bool_], dilations_vox: int
) -> Iterator[tuple[tuple[slice, ...], npt.NDArray[np.bool_]]]:
    """Yield the box of each lesion's dilation, and the dilation in there."""
    joined, _ = ndimage.label(_dilated(truth, dilations_vox), structure=_TOUCHING)
    for lesion_id, box in enumerate(ndimage.find_objects(joined), start=1):
        yield box, joined[box] == lesion_id


def _whole(
    components: npt.NDArray[np.integer],
    reached: npt.NDArray[np.integer],
    box: tuple[slice, ...],
    lesion: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return the components reached and the lesion, in a box that holds both."""
    found = np.isin(components, reached)
    whole = np.zeros(components.shape, dtype=bool)
    whole[box] = lesion
    boxes = ndimage.find_objects((found | whole).astype(np.uint8))
    return found[boxes[0]], whole[boxes[0]]


def _dilated(mask: npt.NDArray[np.bool_], times: int) -> npt.NDArray[np.bool_]:
    """Dilate by the 18-neighbourhood: along each pair of axes, one after the other."""
    for _ in range(times):
        along = [_dilated_along(mask, axis) for axis in range(3)]
        mask = (
            _dilated_along(along[0], 1) | _dilated_along(along[1], 2) | _dilated_along(along[2], 0)
        )
    return mask


def _dilated_along(mask: npt.NDArray[np.bool_], axis: int) -> npt.NDArray[np.bool_]:
    out = mask.copy()
    source, target = np.moveaxis(mask, axis, 0), np.moveaxis(out, axis, 0)
    target[1:] |= source[:-1]
    target[:-1] |= source[1:]
    return out
