"""How much of two segmentations is the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glioscope.core import Label

SCORED_LABELS = (Label.NECROSIS, Label.EDEMA, Label.ENHANCING)


def dice(prediction: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    r"""Return the overlap of two masks, 0 to 1.

    $$2 |P \cap T| / (|P| + |T|)$$.  Two empty masks agree: 1, as in BraTS; one empty mask: 0.

    Args:
        prediction: Boolean, any shape.
        truth: Boolean, the same shape.
    """
    total = int(np.count_nonzero(prediction)) + int(np.count_nonzero(truth))
    if total == 0:
        return 1.0
    return 2.0 * int(np.count_nonzero(prediction & truth)) / total


def iou(prediction: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    r"""Return intersection over union of two masks, 0 to 1; two empty masks: 1."""
    union = int(np.count_nonzero(prediction | truth))
    if union == 0:
        return 1.0
    return int(np.count_nonzero(prediction & truth)) / union


def mean_iou(prediction: npt.NDArray[np.integer], truth: npt.NDArray[np.integer]) -> float:
    """Return the mean intersection over union of necrosis, edema and enhancing tumor.

    A label that neither holds counts 1, as an empty region does for ``dice``; the background
    is left out.

    Args:
        prediction: Labels (``core.Label``), any shape; not masks of regions.
        truth: Labels, the same shape.
    """
    scores = [iou(prediction == int(label), truth == int(label)) for label in SCORED_LABELS]
    return sum(scores) / len(scores)
