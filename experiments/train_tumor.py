"""Train the tumor network, or a peer of it, on one fold.

`python experiments/prepare_tumor.py` once, then
`python experiments/train_tumor.py --fold 0 --name ours` for each of the five folds, and
`python experiments/train_tumor.py --fold 0 --name segresnet --network segresnet --plain` for a
peer.  Killed and started again it goes on.  Weights end in `runs/NAME/fold-N`.

What a step of ours sees: a simulated patient, or a real one, sometimes healed (its tumor
replaced by the mirrored other hemisphere) and often with another patient's tumor put in.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import torch

from glioscope.learning.augmentation import (
    Intensity,
    Resolution,
    SequenceDropout,
    Spatial,
    Stripping,
    Transplant,
    heal,
)
from glioscope.learning.sample import Sample, load_sample
from glioscope.learning.trainer import Trainer, TrainerConfig
from glioscope.networks.weights_file import fill_network, read_weights
from tumor_networks import CONFIGS, build_small

HERE = Path(__file__).parent
OURS = (
    SequenceDropout(keep_all=0.5, keep_pair=0.2),
    Stripping(probability=0.2),
    Spatial(probability=0.3, angle_deg=7.0, mirror=(0.5, 0.0, 0.0)),
    Intensity(gamma=0.1, shade=0.05, gain=0.07, offset=0.1, noise=0.1),
    Resolution(probability=0.1),
)
HEALED, INTO_HEALED, INTO_OTHERS = 0.25, 0.8, 0.2
"""Shares of the real patients: healed, if they can be; with a tumor transplanted after that."""

PLAIN = (
    SequenceDropout(),
    Spatial(probability=0.0, mirror=(0.5, 0.5, 0.5)),
    Intensity(gamma=0.0, shade=0.0, gain=0.1, offset=0.1, noise=0.1),
)
"""What is usual for the peers: flips, shifts, gain, offset and noise of the intensities.  They
get the same sequence dropout, or they could not be asked about subsets."""


def load_fold(fold: int, cache: Path) -> tuple[list[Sample], list[Sample]]:
    """Return the patients that a fold trains on: all regions known, whole tumor only."""
    folds = json.loads((HERE / "split.json").read_text(encoding="utf-8"))["folds"]
    names = [name for number, group in enumerate(folds) if number != fold for name in group]
    paths = [cache / f"{name}.npz" for name in names]
    samples = [load_sample(path) for path in paths if path.exists()]
    full = [sample for sample in samples if sample.known.all()]
    return full, [sample for sample in samples if not sample.known.all()]


class Draws:
    """Draws the samples of one fold."""

    def __init__(self, fold: int, options: argparse.Namespace) -> None:
        self.plain, self.options = options.plain, options
        self.full, self.partial = load_fold(fold, options.cache)
        self.healed: dict[int, Sample] = {}
        self.simulated: list[Path] = []
        if not self.plain:
            both = [(id(sample), heal(sample)) for sample in (*self.full, *self.partial)]
            self.healed = {key: sample for key, sample in both if sample is not None}
            self.simulated = sorted(options.simulations.glob("*.npz"))
        # regions that nobody outlined in the donor would be lost in the patients of all labels
        self.any_tumor = Transplant(donors=(*self.full, *self.partial))
        self.full_tumor = Transplant(donors=self.full)

    def __call__(self, rng: np.random.Generator) -> Sample:
        """Draw one augmented sample."""
        sample = self._patient(rng)
        for transform in PLAIN if self.plain else OURS:
            sample = transform(sample, transform.draw(rng))
        return sample

    def _patient(self, rng: np.random.Generator) -> Sample:
        simulate = rng.random() < self.options.simulated
        pool = self.partial if rng.random() < self.options.partial else self.full
        sample = pool[int(rng.integers(len(pool)))]
        if self.plain:
            return sample
        if simulate and self.simulated:
            return load_sample(self.simulated[int(rng.integers(len(self.simulated)))])
        healed = self.healed.get(id(sample)) if rng.random() < HEALED else None
        sample = sample if healed is None else healed
        if rng.random() < (INTO_OTHERS if healed is None else INTO_HEALED):
            transplant = self.full_tumor if sample.known.all() else self.any_tumor
            sample = transplant(sample, transplant.draw(rng))
        return sample


def main() -> None:
    """Train."""
    options = _options()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(options.fold)
    draw = Draws(options.fold, options)
    config = TrainerConfig(
        steps=options.steps,
        seed=options.fold,
        snapshots=(*range(100, options.steps, 100), options.steps),
        learning_rate=options.lr,
    )
    folder = Path(f"runs/{options.name}/fold-{options.fold}")
    network = build_small(options.network)
    if options.start is not None:
        path = Path(f"runs/{options.start}/fold-{options.fold}/{options.weights}.safetensors")
        fill_network(network, read_weights(path)[1])
    Trainer(network, config, folder).run(draw)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--name", default="ours")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--simulations", type=Path, default=Path("runs/simulated"))
    parser.add_argument("--simulated", type=float, default=0.04, help="share of simulated patients")
    parser.add_argument("--partial", type=float, default=0.2, help="share of whole-tumor patients")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--network", default="unet", choices=sorted(CONFIGS))
    parser.add_argument("--start", help="name of the run whose weights to start from")
    parser.add_argument("--weights", default="average-400", help="which weights of that run")
    parser.add_argument("--plain", action="store_true", help="the peers' augmentation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
