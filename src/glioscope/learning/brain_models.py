"""The simulated heads of the `simulation` room, brought to the grid of the brain network."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from glioscope.core import Volume
from glioscope.learning.brain_anatomy import TISSUES
from glioscope.learning.brain_bank import BrainSubject, window_over
from glioscope.learning.brain_synthesis import SEQUENCES, DrawnHead
from glioscope.preparation.grid import resampled
from glioscope.simulation import HeadModel, Tissue, head_model

_MODEL_MM: Final = 2.0
_SULCUS_MM: Final = 4.0

_LEVELS: Final = {
    "t1": (0.8, 0.6, 0.2, 0.5),
    "t1c": (0.8, 0.62, 0.2, 1.1),
    "t2": (0.38, 0.5, 1.1, 0.3),
    "flair": (0.6, 0.75, 0.1, 0.4),
}
"""Of white matter, gray matter, fluid and vessels."""

_SAME: Final = {
    Tissue.BONE: "bone",
    Tissue.MARROW: "marrow",
    Tissue.FAT: "fat",
    Tissue.SOFT: "muscle",
    Tissue.SKIN: "skin",
    Tissue.DURA: "dura",
    Tissue.EYE: "eye",
    Tissue.VESSEL: "vessel",
    Tissue.FLUID: "fluid",
    Tissue.AIR: "air",
    Tissue.WHITE: "cord",
    Tissue.GRAY: "cord",
}

Floats = npt.NDArray[np.float32]


def modelled_head(variant: int) -> DrawnHead:
    """Return a simulated head: one brain for all, another skull, scalp and face for each variant.

    Args:
        variant: Seed of ``simulation.head_model``.
    """
    model = head_model(_MODEL_MM, variant)
    brain = model.grid.with_data(brain_proper(model))
    window = window_over(brain)
    parts = [
        _onto(model, part, window) for part in (model.white, model.gray, model.fluid, model.vessel)
    ]
    tissues = np.stack(parts)
    images = np.stack([np.tensordot(_LEVELS[name], tissues, axes=1) for name in SEQUENCES])
    share = _onto(model, ndimage.gaussian_filter(brain.data.astype(np.float32), 0.4), window)
    empty = torch.zeros(1, *share.shape, dtype=torch.float16)
    subject = BrainSubject(
        images=torch.tensor(images, dtype=torch.float16),
        brain=torch.tensor(share[None], dtype=torch.float16),
        depth_mm=empty,
        box=torch.zeros(2, 3, dtype=torch.long),
    )
    return DrawnHead(subject=subject, names=SEQUENCES, tissue=_tissue(model, window))


def brain_proper(model: HeadModel) -> npt.NDArray[np.bool_]:
    """Return gray and white matter with the fluid of sulci and ventricles.

    The template's own outline holds the fluid outside of the gyri too; expert and HD-BET masks
    do not.
    """
    tissue = (model.white + model.gray) > 0.5
    step = model.spacing_mm
    near = ndimage.distance_transform_edt(~tissue, sampling=step) < _SULCUS_MM
    closed = ndimage.distance_transform_edt(near, sampling=step) > _SULCUS_MM
    return np.asarray(ndimage.binary_fill_holes(closed | tissue))


def _onto(model: HeadModel, part: Floats, window: Volume) -> Floats:
    return np.asarray(resampled(model.grid.with_data(part), like=window).data)


def _tissue(model: HeadModel, window: Volume) -> torch.Tensor:
    """Bring the tissues around the brain over; the fluid outside of its gyri is one of them."""
    table = np.array([TISSUES.index(_SAME.get(tissue, "fluid")) for tissue in Tissue], np.uint8)
    labels = table[model.around]
    labels[model.brain] = TISSUES.index("fluid")
    index = np.round(model.grid.index(_centers(window))).astype(int)
    index = np.clip(index, 0, np.array(model.grid.shape) - 1)
    return torch.from_numpy(labels[index[..., 0], index[..., 1], index[..., 2]])


def _centers(window: Volume) -> npt.NDArray[np.float64]:
    return window.world(np.moveaxis(np.indices(window.shape), 0, -1))
