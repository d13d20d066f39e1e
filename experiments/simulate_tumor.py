"""Simulate patients to train the tumor network on: `python experiments/simulate_tumor.py`.

Writes `runs/simulated/N.npz` on the working grid, normalized as every patient is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from glioscope.core import Label, Volume
from glioscope.learning.sample import SPACING_MM, Sample, save_sample
from glioscope.preparation import robust_zscore
from glioscope.simulation import training_sample

FIRST_SEED = 70_000
"""Far from the seeds of demo and tests."""

NOISE_SHARE = 0.03
"""Of the brain's median signal: what a clinical scan has, before augmentation adds its own."""


def simulated(seed: int) -> Sample:
    """Return one simulated patient with all four sequences and all regions."""
    made = training_sample(seed, spacing_mm=SPACING_MM)
    rng = np.random.default_rng((seed, 1))
    brain = Volume(data=made.brain, affine=made.affine)
    images = []
    for image in made.images:
        spread = NOISE_SHARE * float(np.median(image[made.brain]))
        noisy = image + rng.normal(0, spread, image.shape).astype(np.float32)
        scan = brain.with_data(noisy * made.brain)
        images.append(robust_zscore(scan, brain=brain, case_id=str(seed)).data)
    wanted = ((1, 2, 3), (Label.NECROSIS, Label.ENHANCING), (Label.ENHANCING,))
    regions = np.stack([np.isin(made.labels, values) for values in wanted])
    return Sample(
        image=torch.from_numpy(np.stack(images).astype(np.float32)),
        regions=torch.from_numpy(regions.astype(np.float32)),
        brain=torch.from_numpy(made.brain[None].astype(np.float32)),
        presence=torch.ones(4),
        known=torch.ones(3),
    )


def main() -> None:
    """Simulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("runs/simulated"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        path = options.out / f"{number:03d}.npz"
        if not path.exists():
            save_sample(simulated(FIRST_SEED + number), path)


if __name__ == "__main__":
    main()
