"""What else a patient might have looked like: one transform a file.

Every transform is a frozen dataclass; ``draw(rng)`` draws what changes, calling it with a sample
and the draw applies it, so that a run can be replayed.
"""

from glioscope.learning.augmentation.dropout import SequenceDropout
from glioscope.learning.augmentation.healing import heal
from glioscope.learning.augmentation.intensity import Intensity, IntensityDraw
from glioscope.learning.augmentation.resolution import Resolution, ResolutionDraw
from glioscope.learning.augmentation.spatial import Spatial, SpatialDraw
from glioscope.learning.augmentation.stripping import Stripping
from glioscope.learning.augmentation.transplant import Transplant, TransplantDraw

__all__ = [
    "Intensity",
    "IntensityDraw",
    "Resolution",
    "ResolutionDraw",
    "SequenceDropout",
    "Spatial",
    "SpatialDraw",
    "Stripping",
    "Transplant",
    "TransplantDraw",
    "heal",
]
