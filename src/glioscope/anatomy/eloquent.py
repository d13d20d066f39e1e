"""Eloquent structures: where function that must not be lost is found in most people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Hemisphere

_STEP_MM: Final = 2.0
_TEMPLATE: Final = "; read on ICBM 152 2009a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A structure that is known by landmarks: every point within a radius of a line.

    Args:
        structure: Name.
        line_mm: Points of its middle on the right side, MNI mm (x is 0 for one on the midline).
        radius_mm: Of the tube around the line.
        uncertainty_mm: Spread between people and error of the registration, one standard
            deviation.
        source: Citation.
    """

    structure: str
    line_mm: tuple[tuple[float, float, float], ...]
    radius_mm: float
    uncertainty_mm: float
    source: str

    @property
    def sides(self) -> tuple[Hemisphere, ...]:
        """The sides on which it exists."""
        if all(x == 0.0 for x, _, _ in self.line_mm):
            return (Hemisphere.BOTH,)
        return (Hemisphere.LEFT, Hemisphere.RIGHT)

    def points_mm(self, side: Hemisphere) -> npt.NDArray[np.float64]:
        """Return points every 2 mm along the line on one side, shape ``(N, 3)``, MNI mm."""
        ends = np.array(self.line_mm) * (-1.0 if side is Hemisphere.LEFT else 1.0, 1.0, 1.0)
        pieces = [ends[-1:]]
        for start, end in pairwise(ends):
            count = max(1, int(np.linalg.norm(end - start) / _STEP_MM))
            pieces.append(np.linspace(start, end, count, endpoint=False))
        return np.concatenate(pieces)


SITES: Final = (
    Site(
        structure="primary motor cortex (hand)",
        line_mm=((37.0, -19.0, 57.0),),
        radius_mm=7.0,
        uncertainty_mm=7.0,
        source="Yousry 1997, Brain 120:141 (hand knob); Mayka 2006, NeuroImage 31:1453" + _TEMPLATE,
    ),
    Site(
        structure="primary motor cortex (face)",
        line_mm=((54.0, -3.0, 34.0),),
        radius_mm=8.0,
        uncertainty_mm=8.0,
        source="Lotze 2000, NeuroImage 11:473; Meier 2008, J Neurophysiol 100:1800" + _TEMPLATE,
    ),
    Site(
        structure="primary motor cortex (leg)",
        line_mm=((6.0, -28.0, 68.0),),
        radius_mm=7.0,
        uncertainty_mm=7.0,
        source="Lotze 2000, NeuroImage 11:473 (foot, paracentral lobule)" + _TEMPLATE,
    ),
    Site(
        structure="primary sensory cortex (hand)",
        line_mm=((41.0, -30.0, 56.0),),
        radius_mm=8.0,
        uncertainty_mm=7.0,
        source="Mayka 2006, NeuroImage 31:1453; Holmes 2019, J Neurophysiol 121:152" + _TEMPLATE,
    ),
    Site(
        structure="supplementary motor area",
        line_mm=((6.0, -6.0, 58.0),),
        radius_mm=8.0,
        uncertainty_mm=8.0,
        source="Mayka 2006, NeuroImage 31:1453 (SMA proper)" + _TEMPLATE,
    ),
    Site(
        structure="Broca's area",
        line_mm=((51.0, 12.0, 16.0), (50.0, 26.0, 10.0)),
        radius_mm=8.0,
        uncertainty_mm=10.0,
        source="Amunts 1999, J Comp Neurol 412:319; Vigneau 2006, NeuroImage 30:1414" + _TEMPLATE,
    ),
    Site(
        structure="Wernicke's area",
        line_mm=((59.0, -32.0, 12.0), (57.0, -44.0, 16.0)),
        radius_mm=8.0,
        uncertainty_mm=12.0,
        source="Wang 2015, Hum Brain Mapp 36:1908 (posterior superior temporal gyrus)" + _TEMPLATE,
    ),
    Site(
        structure="primary visual cortex",
        line_mm=((12.0, -68.0, 8.0), (9.0, -80.0, 6.0), (8.0, -93.0, 0.0)),
        radius_mm=6.0,
        uncertainty_mm=6.0,
        source="Amunts 2000, NeuroImage 11:66 (area 17, calcarine sulcus)" + _TEMPLATE,
    ),
    Site(
        structure="optic radiation",
        line_mm=(
            (23.0, -25.0, -4.0),
            (34.0, -12.0, -10.0),
            (38.0, -28.0, -6.0),
            (36.0, -46.0, 2.0),
            (32.0, -62.0, 5.0),
            (20.0, -80.0, 5.0),
        ),
        radius_mm=3.0,
        uncertainty_mm=6.0,
        source="Ebeling 1988, Acta Neurochir 92:29; Bürgel 2006, NeuroImage 29:1092" + _TEMPLATE,
    ),
    Site(
        structure="optic chiasm",
        line_mm=((0.0, 5.0, -15.0),),
        radius_mm=5.0,
        uncertainty_mm=4.0,
        source="read on ICBM 152 2009a",
    ),
)

ATLAS_STRUCTURES: Final = (
    ("internal capsule, posterior limb", 4.0),
    ("thalamus", 3.0),
    ("basal ganglia", 3.0),
    ("brainstem", 3.0),
)
"""Structures (or groups) of the shipped atlas that are eloquent, and their uncertainty, mm."""

LANGUAGE_STRUCTURES: Final = ("Broca's area", "Wernicke's area")
