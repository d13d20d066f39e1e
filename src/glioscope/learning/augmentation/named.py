"""Augmentation of whole samples by its name, as a run's configuration has it."""

from __future__ import annotations

from glioscope.core import InputError
from glioscope.learning.augmentation.chain import Chain
from glioscope.learning.augmentation.intensity import Intensity
from glioscope.learning.augmentation.noise import GaussianNoise
from glioscope.learning.augmentation.resolution import Resolution
from glioscope.learning.augmentation.spatial import Spatial
from glioscope.learning.augmentation.stripping import Stripping
from glioscope.learning.sample import Sample

NAMES = ("none", "flips", "visual-pathway", "plain", "mild")


def augmentation(name: str, *, spacing_mm: float) -> Chain[Sample]:
    """Return an augmentation that keeps the size of each sample.

    ``none``; ``flips`` along the three axes (GMMAS); ``visual-pathway``: flips and Gaussian noise,
    each with its own probability, as that paper has them (the halves are ours); ``plain``: flips,
    gain, offset and noise; ``mild``: that of the shipped tumor network (`experiments/log.md`):
    rough brain masks, turns, left-right flips, gentle changes of intensity and resolution.

    Args:
        name: See ``NAMES``.
        spacing_mm: Of the samples' voxels.

    Raises:
        InputError: For another name.
    """
    flips = Spatial(
        shape=None, probability=0.0, shift_mm=0.0, mirror=(0.5, 0.5, 0.5), spacing_mm=spacing_mm
    )
    turned = Spatial(
        shape=None, probability=0.3, angle_deg=7.0, mirror=(0.5, 0.0, 0.0), spacing_mm=spacing_mm
    )
    plain = Intensity(gamma=0.0, shade=0.0, gain=0.1, offset=0.1, noise=0.1)
    gentle = Intensity(gamma=0.1, shade=0.05, gain=0.07, offset=0.1, noise=0.1)
    chains: dict[str, Chain[Sample]] = {
        "none": Chain(steps=()),
        "flips": Chain(steps=(flips,)),
        "visual-pathway": Chain(steps=(flips, GaussianNoise(probability=0.5))),
        "plain": Chain(steps=(flips, plain)),
        "mild": Chain(
            steps=(Stripping(probability=0.2), turned, gentle, Resolution(probability=0.1))
        ),
    }
    if name not in chains:
        msg = f"no augmentation is called {name!r}; known: {', '.join(NAMES)}"
        raise InputError(msg)
    return chains[name]
