"""Images without a brain: what the network must answer nothing to.

A network that has seen heads only finds a brain in noise, in a bottle and in a knee.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.brain_fields import smooth_field
from glioscope.learning.brain_scan import noisy, shaded
from glioscope.learning.brain_synthesis import Example
from glioscope.preparation.brain import SPACING_MM, WINDOW_SHAPE, scaled

_KINDS: Final = ("noise", "field", "ramp", "solid", "hollow", "pair", "layers")


def brainless_example(rng: np.random.Generator) -> Example:
    """Draw noise, a smooth field, a ramp, or one or two solid, hollow or layered bodies.

    Bodies are ellipsoids or tubes of 20 to 110 mm radius of one signal each; a head differs from
    them by what is inside.
    """
    kind = _KINDS[int(rng.integers(len(_KINDS)))]
    image = _image(kind, rng)
    if kind not in ("noise", "ramp"):
        image = noisy(shaded(image, rng), rng)
    nothing = torch.zeros(1, *WINDOW_SHAPE)
    return Example(
        image=torch.tensor(scaled(image.numpy()))[None],
        brain=nothing,
        certain=torch.ones_like(nothing),
    )


def _image(kind: str, rng: np.random.Generator) -> Tensor:
    if kind == "noise":
        return torch.tensor(np.abs(rng.normal(rng.uniform(0, 3), 1, WINDOW_SHAPE)), dtype=_FLOAT)
    if kind == "field":
        points = int(rng.integers(4, 24))
        return smooth_field(rng, points, shape=WINDOW_SHAPE) * rng.uniform(0.2, 1) + 0.5
    if kind == "ramp":
        along = torch.tensor(rng.normal(0, 1, 3), dtype=_FLOAT)
        return torch.einsum("a,aijk->ijk", along, _places_mm()) / 100 * float(rng.random() < 0.9)
    if kind == "pair":
        apart = float(rng.uniform(40, 100))
        one = _radius(rng, at_mm=-apart / 2, largest_mm=apart / 2)
        other = one.flip(0) if rng.random() < 0.7 else _radius(rng, apart / 2, apart / 2)
        radius = torch.minimum(one, other)
    else:
        radius = _radius(rng, at_mm=0.0, largest_mm=110.0)
    return _filled(kind, radius, rng)


_FLOAT: Final = torch.float32


def _filled(kind: str, radius: Tensor, rng: np.random.Generator) -> Tensor:
    """Give the shells of a body their signals; 1 is its surface."""
    inside = (radius < 1).to(_FLOAT)
    if kind == "hollow":
        return inside * (radius > float(rng.uniform(0.6, 0.93)))
    count = {"solid": 0, "pair": int(rng.integers(0, 2))}.get(kind, int(rng.integers(1, 4)))
    image = inside * float(rng.uniform(0.3, 1))
    for share in sorted(rng.uniform(0.2, 0.95, count), reverse=True):
        image = torch.where(radius < share, float(rng.uniform(0, 1)), image)
    return image


def _radius(rng: np.random.Generator, at_mm: float, largest_mm: float) -> Tensor:
    """Return how far out each place lies in a body, 1 at its surface, shape of the window."""
    x, y, z = _places_mm()
    ragged = 1 + float(rng.uniform(0, 0.1)) * smooth_field(rng, 6, shape=WINDOW_SHAPE)
    size = rng.uniform(0.4, 1, 3) * largest_mm
    size = np.full(3, size.max()) if rng.random() < 0.4 else size
    shift = rng.normal(0, 8, 3)
    across = ((x - at_mm - shift[0]) / size[0]) ** 2 + ((y - shift[1]) / size[1]) ** 2
    along = ((z - shift[2]) / size[2]) ** 2 * float(rng.random() < 0.6)
    distance: Tensor = (across + along).sqrt() * ragged
    return distance


def _places_mm() -> Tensor:
    axes = [(torch.arange(n, dtype=_FLOAT) - (n - 1) / 2) * SPACING_MM for n in WINDOW_SHAPE]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))
