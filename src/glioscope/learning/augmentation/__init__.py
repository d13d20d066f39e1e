"""What else a patient might have looked like: one transform a file.

Every transform is a frozen dataclass; ``draw(rng)`` draws what changes, calling it with a sample
and the draw applies it, so that a run can be replayed.  Those of slices take ``(C, I, J)``.
"""

from glioscope.learning.augmentation.center_crop import CenterCrop
from glioscope.learning.augmentation.chain import Chain, Transform
from glioscope.learning.augmentation.cutmix import CutMixDraw, CutMixed, TumorCutMix
from glioscope.learning.augmentation.cyclic_shift import CyclicShift, CyclicShiftDraw
from glioscope.learning.augmentation.dropout import SequenceDropout
from glioscope.learning.augmentation.healing import heal
from glioscope.learning.augmentation.intensity import Intensity, IntensityDraw
from glioscope.learning.augmentation.named import augmentation
from glioscope.learning.augmentation.noise import GaussianNoise, NoiseDraw
from glioscope.learning.augmentation.presets import (
    SLICE_CHANGES,
    minority_slice_augmentation,
    minority_slice_crop,
    plain_slice_crop,
    slice_changes,
    visual_pathway_augmentation,
)
from glioscope.learning.augmentation.random_crop import RandomCrop
from glioscope.learning.augmentation.resolution import Resolution, ResolutionDraw
from glioscope.learning.augmentation.salt_pepper import SaltPepper, SaltPepperDraw
from glioscope.learning.augmentation.slice_flip import SliceFlip
from glioscope.learning.augmentation.slice_resize import SliceResize
from glioscope.learning.augmentation.slice_rotation import SliceRotation
from glioscope.learning.augmentation.spatial import Spatial, SpatialDraw
from glioscope.learning.augmentation.stripping import Stripping
from glioscope.learning.augmentation.transplant import Transplant, TransplantDraw

__all__ = [
    "SLICE_CHANGES",
    "CenterCrop",
    "Chain",
    "CutMixDraw",
    "CutMixed",
    "CyclicShift",
    "CyclicShiftDraw",
    "GaussianNoise",
    "Intensity",
    "IntensityDraw",
    "NoiseDraw",
    "RandomCrop",
    "Resolution",
    "ResolutionDraw",
    "SaltPepper",
    "SaltPepperDraw",
    "SequenceDropout",
    "SliceFlip",
    "SliceResize",
    "SliceRotation",
    "Spatial",
    "SpatialDraw",
    "Stripping",
    "Transform",
    "Transplant",
    "TransplantDraw",
    "TumorCutMix",
    "augmentation",
    "heal",
    "minority_slice_augmentation",
    "minority_slice_crop",
    "plain_slice_crop",
    "slice_changes",
    "visual_pathway_augmentation",
]
