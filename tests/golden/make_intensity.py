"""Make the golden first-order features: ``python make_intensity.py`` beside this file.

Needs PyRadiomics 3.0.1 in an environment of its own; ``make_shape.py`` tells how to build it.

Writes ``intensity.json`` (features by PyRadiomics, bin widths) and ``intensity.npz`` (the images,
and the masks as uint8).  Every seed is fixed: the files come out the same each time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import radiomics
import SimpleITK as sitk
from radiomics import featureextractor

HERE = Path(__file__).parent
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Sample:
    """An image, a mask and the width of the gray levels."""

    image: Array
    mask: Array
    bin_width: float = 25.0


def ball(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Return a ball at random with holes at random."""
    center, radius = rng.uniform(5, 9, 3), rng.uniform(3, 6)
    distance = np.linalg.norm(np.moveaxis(np.indices(shape), 0, -1) - center, axis=-1)
    return np.asarray((distance <= radius) & (rng.random(shape) < 0.9))


def samples() -> dict[str, Sample]:
    """Return one sample a difficulty."""
    rng = np.random.default_rng(0)
    shape = (16, 15, 14)
    noise = rng.normal(size=shape)
    tissue = (1200 + 300 * noise).astype(np.float32)
    tailed = rng.gamma(2.0, 400.0, shape).astype(np.float32)
    pair = np.zeros(shape, dtype=bool)
    pair[4, 5, 6:8] = True
    return {
        "tissue": Sample(tissue, ball(rng, shape)),
        "tailed": Sample(tailed, ball(rng, shape)),
        "narrow_bins": Sample(tailed, ball(rng, shape), 2.5),
        "below_zero": Sample((40 * noise).astype(np.float32), ball(rng, shape)),
        "within_one_bin": Sample((1010 + noise).astype(np.float32), ball(rng, shape)),
        # many values are edges of bins, and many are equal
        "counts": Sample((25 * rng.poisson(4.0, shape)).astype(np.int16), ball(rng, shape)),
        "bytes": Sample(rng.integers(0, 256, shape).astype(np.uint8), ball(rng, shape)),
        "pair": Sample(tissue, pair),
        "constant": Sample(np.full(shape, 137, dtype=np.int16), ball(rng, shape)),
    }


def features_of(sample: Sample) -> dict[str, float | None]:
    """Ask PyRadiomics; the array's first axis is the image's x, as in NIfTI; ``None`` for nan."""
    image = sitk.GetImageFromArray(sample.image.transpose(2, 1, 0))
    mask = sitk.GetImageFromArray(sample.mask.astype(np.uint8).transpose(2, 1, 0))
    extractor = featureextractor.RadiomicsFeatureExtractor(
        minimumROIDimensions=1, binWidth=sample.bin_width
    )
    extractor.disableAllFeatures()
    extractor.enableFeatureClassByName("firstorder")
    found = extractor.execute(image, mask)
    prefix = "original_firstorder_"
    return {
        name.removeprefix(prefix): None if np.isnan(value) else float(value)
        for name, value in found.items()
        if name.startswith(prefix)
    }


def main() -> None:
    """Write both files."""
    radiomics.setVerbosity(40)
    made = samples()
    golden = {
        name: {"bin_width": sample.bin_width, "features": features_of(sample)}
        for name, sample in made.items()
    }
    text = json.dumps({"pyradiomics": radiomics.__version__, "samples": golden}, indent=1)
    (HERE / "intensity.json").write_text(text + "\n", encoding="utf-8")
    arrays = {f"{name}_image": sample.image for name, sample in made.items()}
    arrays |= {f"{name}_mask": sample.mask.astype(np.uint8) for name, sample in made.items()}
    # numpy takes the keywords of the arrays for its own flag.
    np.savez_compressed(HERE / "intensity.npz", **arrays)  # type: ignore[arg-type]  # see above


if __name__ == "__main__":
    main()
