"""A heat map over the slices of a patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation.drawings.canvas import FONT, INK, SOFT, new_figure, words

Array = npt.NDArray[Any]

PANEL_INCHES: Final = 3.0
HEAT: Final = "inferno"
OUTLINE: Final = "#56B4E9"
_COVER: Final = 0.65
"""Of the hottest place; the image shows through, and more where it is colder."""


def heat_figure(
    images: Mapping[str, Array],
    heat: Array,
    *,
    of: str,
    outline: Array | None = None,
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    slice_vox: int | None = None,
) -> tuple[Figure, tuple[Axes, ...]]:
    """Draw an axial slice of each image with the heat over it, and the scale of the heat.

    Radiological convention: the patient's left is on the right of the picture.

    Args:
        images: By the name that stands above, shape ``(I, J, K)`` each; I to the patient's right,
            J to the front, K to the head (RAS+).  NaN, drawn black, where there is no tissue:
            of normalized intensities 0 is the gray of the brain.
        heat: 0 to 1, of the same shape.
        of: What is explained.
        outline: Bool, of the same shape, such as the tumor; drawn as a line.
        spacing_mm: Of the voxels.
        slice_vox: Which slice; left out, that with the most heat.

    Raises:
        InputError: If there is no image, shapes differ, heat is not within 0 to 1, or there is no
            such slice.
    """
    shown = {**images, "heat": heat, **({} if outline is None else {"outline": outline})}
    _check(images, shown, heat)
    chosen = int(heat.sum(axis=(0, 1)).argmax()) if slice_vox is None else slice_vox
    if not 0 <= chosen < heat.shape[2]:
        msg = f"slice {chosen} of {heat.shape[2]}; give one from 0 on, below that number"
        raise InputError(msg)
    tall = heat.shape[1] * spacing_mm[1] / (heat.shape[0] * spacing_mm[0])
    figure = new_figure(PANEL_INCHES * len(images) + 0.9, PANEL_INCHES * tall + 0.35)
    panels = tuple(figure.subplots(1, len(images), squeeze=False)[0])
    for axes, (name, image) in zip(panels, images.items(), strict=True):
        line = None if outline is None else outline[:, :, chosen]
        aspect = spacing_mm[1] / spacing_mm[0]
        _draw(axes, image[:, :, chosen], heat[:, :, chosen], outline=line, aspect=aspect)
        axes.set_title(name, **words())
    _scale(figure, panels, of)
    return figure, panels


def _check(images: Mapping[str, Array], shown: Mapping[str, Array], heat: Array) -> None:
    if not images:
        msg = "no image to lay the heat over; give at least one"
        raise InputError(msg)
    shapes = {name: array.shape for name, array in shown.items()}
    if heat.ndim != 3 or len(set(shapes.values())) > 1:
        msg = f"shapes {shapes}: give images, heat and outline of one 3D grid"
        raise InputError(msg)
    if not (np.isfinite(heat).all() and heat.min() >= 0 and heat.max() <= 1):
        msg = f"heat from {heat.min():.3g} to {heat.max():.3g}; give 0 to 1"
        raise InputError(msg)


def _draw(axes: Axes, image: Array, heat: Array, *, outline: Array | None, aspect: float) -> None:
    axes.axis("off")
    # transposed, J up; I to the left, as a radiologist looks at a patient from the feet
    gray, warm = image[::-1].T, heat[::-1].T
    tissue = gray[np.isfinite(gray)]
    low, high = np.percentile(tissue, (1, 99.5)) if tissue.size else (0.0, 1.0)
    dark = np.where(np.isfinite(gray), gray, low)
    axes.imshow(dark, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), origin="lower")
    axes.imshow(warm, cmap=HEAT, vmin=0, vmax=1, alpha=_COVER * warm, origin="lower")
    axes.set_aspect(aspect)
    if outline is not None and outline.any() and not outline.all():
        axes.contour(outline[::-1].T.astype(float), levels=[0.5], colors=[OUTLINE], linewidths=0.9)


def _scale(figure: Figure, panels: tuple[Axes, ...], of: str) -> None:
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), cmap=HEAT), ax=list(panels), shrink=0.85, pad=0.02
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=SOFT, labelsize=8.5, labelfontfamily=FONT)
    bar.set_label(f"heat of {of} (hottest = 1)", color=INK, fontfamily=FONT)
