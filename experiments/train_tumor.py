"""Train the tumor network, or a peer of it, on one fold.

`python experiments/prepare_tumor.py` once, then
`python experiments/train_tumor.py --fold 0 --name ours` for each of the five folds, and
`python experiments/train_tumor.py --fold 0 --name segresnet --network segresnet --plain` for a
peer.  Killed and started again it goes on.  Weights end in `runs/NAME/fold-N`.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from glioscope.learning.augmentation import (
    Intensity,
    Resolution,
    SequenceDropout,
    Spatial,
    Stripping,
)
from glioscope.learning.networks import build_network
from glioscope.learning.sample import Sample, load_sample
from glioscope.learning.trainer import Trainer, TrainerConfig

HERE = Path(__file__).parent
OURS = (SequenceDropout(), Stripping(), Spatial(), Intensity(), Resolution())
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


def main() -> None:
    """Train."""
    options = _options()
    torch.set_num_threads(1)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(options.fold)
    full, partial = load_fold(options.fold, options.cache)
    transforms = PLAIN if options.plain else OURS

    def draw(rng: np.random.Generator) -> Sample:
        pool = partial if rng.random() < options.partial else full
        sample = pool[int(rng.integers(len(pool)))]
        for transform in transforms:
            sample = transform(sample, transform.draw(rng))
        return sample

    config = TrainerConfig(
        steps=options.steps,
        seed=options.fold,
        snapshots=(*range(100, options.steps, 100), options.steps),
        learning_rate=options.lr,
    )
    folder = Path(f"runs/{options.name}/fold-{options.fold}")
    network = build_network(options.network)
    if options.start is not None:
        path = Path(f"runs/{options.start}/fold-{options.fold}/{options.weights}.safetensors")
        network.load_state_dict(load_file(str(path)))
    Trainer(network, config, folder).run(draw)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fold", type=int, required=True)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--name", default="ours")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--partial", type=float, default=0.3, help="share of whole-tumor patients")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--network", default="unet", choices=["unet", "segresnet", "dynunet"])
    parser.add_argument("--start", help="name of the run whose weights to start from")
    parser.add_argument("--weights", default="average-400", help="which weights of that run")
    parser.add_argument("--plain", action="store_true", help="the peers' augmentation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
