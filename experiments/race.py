"""The race: every segmentation network on the same folds, cases, samples and steps.

`python experiments/race.py train NETWORK...` trains the five folds of the networks named (all of
them where none is), one process and one thread; killed and started again it goes on.  Runs end in
`runs/race/NETWORK/fold-N`.  `python experiments/race.py score` then scores each on the patients
that it has not seen, and `python experiments/race.py table` writes `experiments/results/race.json`
and the tables of `docs/race.md`.

18 patients with all regions outlined (14 of them with four sequences) and 19 with the whole tumor
alone, split by patient (`experiments/split.json`).  All networks draw the same boxes with the same
augmentation and the same sequences left out, by the same seed, and minimize the same loss by the
same optimizer.  There is no validation: nothing is chosen on anybody who is scored.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import torch

from glioscope.cli.progress import Lines
from glioscope.learning.data.split import Split
from glioscope.learning.data.split_file import write_split
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.machine import Machine
from glioscope.learning.runs.reading import config_from
from glioscope.learning.runs.train import train

HERE = Path(__file__).parent
DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
RUNS = Path("runs/race")
CACHE = Path("runs/cache-npy")
FOLDS = 5
STEPS = 250
NETWORKS: dict[str, dict[str, Any]] = {
    "unet": {"name": "unet", "config": {"detail": 8}},
    "gmmas": {"name": "gmmas"},
    "visual_pathway": {"name": "visual_pathway", "config": {"width": 0.25, "out_channels": 3}},
    "segresnet": {"name": "segresnet", "config": {"filters": 8}},
    "dynunet": {"name": "dynunet", "config": {"filters": [8, 16, 32, 64, 96]}},
    "swin_unetr": {"name": "swin_unetr", "config": {"features": 12}},
}
"""As small as two cores ask for.  The visual pathway has a quarter of its filters and, so that all
minimize one loss, three regions in place of its four classes."""


def config_of(network: str, fold: int, *, steps: int, split: Path) -> RunConfig:
    """Return the run of one network on one fold."""
    stage = {
        "name": "train",
        "regime": "supervised",
        "steps": steps,
        "every": 50,
        "batch": 1,
        "box": [64, 64, 64],
        "tumor_share": 0.7,
        "augmentation": "plain",
        "keep_all": 0.5,
        "keep_pair": 0.2,
        "optimizer": "adamw",
        "lr": [1e-3, 1e-5],
        "warmup": 10,
        "weight_decay": 1e-4,
        "average": 0.97,
    }
    content = {
        "about": f"Race: {network}, fold {fold}",
        "data": {
            "folders": [str(DATA / name) for name in ("brats", "brats2013", "tcga_lgg")],
            "grid": "brain-2mm",
            "cache": str(CACHE),
        },
        "split": {"file": str(split)},
        "network": NETWORKS[network],
        "stages": [stage],
        "seed": fold,
    }
    return config_from(content, where="race")


def split_of(fold: int) -> Path:
    """Write the split of a fold and return its file."""
    folds = json.loads((HERE / "split.json").read_text(encoding="utf-8"))["folds"]
    train_ids = [name for number, group in enumerate(folds) if number != fold for name in group]
    path = RUNS / f"split-{fold}.json"
    RUNS.mkdir(parents=True, exist_ok=True)
    write_split(Split(parts={"train": tuple(train_ids), "test": tuple(folds[fold])}), path)
    return path


def train_all(networks: list[str], *, folds: list[int], steps: int) -> None:
    """Train the folds that are not there yet."""
    for fold in folds:
        split = split_of(fold)
        for network in networks:
            folder = RUNS / network / f"fold-{fold}"
            if (folder / "network.safetensors").exists():
                continue
            print(f"{network}, fold {fold}", flush=True)
            train(
                config_of(network, fold, steps=steps, split=split),
                folder,
                resume=(folder / "run.json").exists(),
                machine=Machine(accelerator="cpu", threads=1),
                progress=Lines(),
                command=f"python experiments/race.py train {network}",
            )


def main() -> None:
    """Train, score or tabulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train"])
    parser.add_argument("networks", nargs="*", default=[])
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)))
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train_all(options.networks or list(NETWORKS), folds=options.folds, steps=options.steps)


if __name__ == "__main__":
    main()
