"""Make the golden shape features: ``python make_shape.py`` beside this file.

Needs PyRadiomics 3.0.1 in an environment of its own, for it does not install beside ours:

    pip install numpy==2.3.5 cython versioneer "setuptools<81" scipy==1.15.3 SimpleITK==2.5.7
    pip install --no-build-isolation pyradiomics==3.0.1

Writes ``shape.json`` (features and spacings) and ``shape_masks.npz`` (the masks, bits packed).
Every seed is fixed: the files come out the same each time.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import radiomics
import SimpleITK as sitk
from radiomics import featureextractor
from scipy import ndimage

HERE = Path(__file__).parent
Mask = npt.NDArray[np.bool_]
Spacing = tuple[float, float, float]


def ellipsoid(seed: int) -> tuple[Mask, Spacing]:
    """Return an ellipsoid of random axes, turned at random, on a random grid."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    form = turn @ np.diag(rng.uniform(4, 14, 3) ** -2.0) @ turn.T
    spacing = rng.uniform(0.6, 2.0, 3)
    extent = np.sqrt(np.diag(np.linalg.inv(form)))
    axes = [
        np.arange(-e, e + s, s) + rng.uniform(0, s) for e, s in zip(extent, spacing, strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    mask = np.einsum("...i,ij,...j->...", points, form, points) <= 1
    return np.pad(mask, rng.integers(0, 4)), tuple(spacing.tolist())


def blob(seed: int) -> tuple[Mask, Spacing]:
    """Return smooth noise cut at a level: holes, bridges, several components."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(20, 45, 3)
    smooth = ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(1.0, 3.0))
    mask = smooth > np.quantile(smooth, rng.uniform(0.6, 0.97))
    return mask, tuple(rng.uniform(0.6, 2.0, 3).tolist())


def noise(seed: int) -> tuple[Mask, Spacing]:
    """Return independent voxels: every case of marching cubes, also those with gaps."""
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(4, 14, 3)) < rng.uniform(0.1, 0.9)
    return mask, tuple(rng.uniform(0.5, 3.0, 3).tolist())


def simple() -> dict[str, tuple[Mask, Spacing]]:
    """Return the smallest and the flattest masks that PyRadiomics accepts."""
    pair, plate, bar, shell = (np.zeros((9, 8, 7), dtype=bool) for _ in range(4))
    pair[2, 3, 3:5] = True
    plate[1:8, 2:7, 3] = True
    bar[1:8, 4, 2] = True
    shell[1:8, 1:7, 1:6] = True
    shell[3:6, 3:5, 2:5] = False
    grid = (0.9, 1.1, 2.0)
    return {
        "pair": (pair, grid),
        "plate": (plate, grid),
        "bar": (bar, grid),
        "shell": (shell, grid),
    }


def features_of(mask: Mask, spacing: Spacing) -> dict[str, float]:
    """Ask PyRadiomics; the array's first axis is the image's x, as in NIfTI."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8).transpose(2, 1, 0))
    image.SetSpacing(spacing)
    extractor = featureextractor.RadiomicsFeatureExtractor(minimumROIDimensions=1)
    extractor.disableAllFeatures()
    extractor.enableFeatureClassByName("shape")
    found = extractor.execute(image, image)
    prefix = "original_shape_"
    return {
        name.removeprefix(prefix): float(value)
        for name, value in found.items()
        if name.startswith(prefix)
    }


def main() -> None:
    """Write both files."""
    radiomics.setVerbosity(40)
    masks = simple()
    for make, count in ((ellipsoid, 8), (blob, 8), (noise, 8)):
        masks |= {f"{make.__name__}_{seed}": make(seed) for seed in range(count)}
    golden = {
        name: {
            "shape": list(mask.shape),
            "spacing_mm": list(spacing),
            "features": features_of(mask, spacing),
        }
        for name, (mask, spacing) in masks.items()
    }
    made = {"pyradiomics": radiomics.__version__, "masks": golden}
    (HERE / "shape.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    packed = {name: np.packbits(mask) for name, (mask, _) in masks.items()}
    # numpy takes the keywords of the arrays for its own flag.
    np.savez_compressed(HERE / "shape_masks.npz", **packed)  # type: ignore[arg-type]  # see above


if __name__ == "__main__":
    main()
