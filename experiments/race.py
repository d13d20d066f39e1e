"""The race: every segmentation network on the same folds, cases, samples and steps.

`python experiments/race.py train NETWORK...` trains the five folds of the networks named (all of
them where none is), one process and one thread; killed and started again it goes on.  Runs end in
`runs/race/NETWORK/fold-N`.  `python experiments/race.py score` then scores each on the patients
that it has not seen, `cost` measures a step and a case, and `table` writes
`experiments/results/race.json` and prints the tables of `docs/race.md`.

18 patients with all regions outlined (14 of them with four sequences) and 19 with the whole tumor
alone, split by patient (`experiments/split.json`).  All networks draw the same boxes with the same
augmentation and the same sequences left out, by the same seed, and minimize the same loss by the
same optimizer.  There is no validation: nothing is chosen on anybody who is scored.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from glioscope.cli.progress import Lines
from glioscope.learning.assessment.assess import assess
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.cpu_speed import bfloat16_pays, tune
from glioscope.learning.data.batch import Batch, Example, clinical_of, survival_of, targets_of
from glioscope.learning.data.listing import Facts
from glioscope.learning.data.split import Split
from glioscope.learning.data.split_file import write_split
from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.machine import Machine
from glioscope.learning.runs.reading import config_from
from glioscope.learning.runs.train import initial_network, train
from glioscope.learning.tasks.segmenter import segmentation_logits, segmentation_loss
from glioscope.networks.cost import network_cost
from race_table import write_tables

HERE = Path(__file__).parent
DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
RUNS = Path("runs/race")
CACHE = Path("runs/cache-npy")
FOLDS = 5
STEPS = 250
BOX = (64, 64, 64)
CASE = (84, 100, 84)
"""A whole brain at 2 mm and its margin, voxels; rounded up to what a network takes."""
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


def score(networks: list[str], *, folds: list[int], subsets: bool) -> None:
    """Judge the runs that are there, as `glioscope evaluate` does."""
    for fold in folds:
        for network in networks:
            folder = RUNS / network / f"fold-{fold}"
            scored = folder / "evaluation-test" / "scores.json"
            if (folder / "network.safetensors").exists() and not scored.exists():
                print(f"{network}, fold {fold}", flush=True)
                assess(folder, Settings(draws=0, subsets=subsets), progress=Lines())


def cost(networks: list[str]) -> None:
    """Measure what a step and a case cost, one thread, processor time."""
    path = RUNS / "cost.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for network in networks:
        known[network] = _cost(network)
        path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        print(network, known[network], flush=True)


def _cost(name: str) -> dict[str, float]:
    network: Any = tune(initial_network(config_of(name, 0, steps=STEPS, split=split_of(0))))
    stride = int(network.config.stride)
    case = tuple(-(-edge // stride) * stride for edge in CASE)
    at_box = network_cost(network, (torch.zeros(1, 4, *BOX), torch.ones(1, 4)))
    batch = Batch.of([_example(BOX)])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_pays()):
            logits = segmentation_logits(network, batch.image, batch.presence)
        optimizer.zero_grad()
        segmentation_loss(logits, batch, name="region").backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def forward() -> None:
        with torch.inference_mode():
            segmentation_logits(network.eval(), torch.zeros(1, 4, *case), torch.ones(1, 4))

    return {
        "parameters": at_box.parameters,
        "gmac": at_box.multiply_accumulates / 1e9,
        "training_mib": at_box.training_bytes / 2**20,
        "step_cpu_s": _processor_s(step),
        "case_cpu_s": _processor_s(forward),
    }


def _processor_s(work: Callable[[], None], *, times: int = 3) -> float:
    found = []
    for _ in range(times + 1):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return float(np.median(found[1:]))


def _example(shape: tuple[int, int, int]) -> Example:
    return Example(
        sample=brain_with_tumor(shape=shape),
        targets=targets_of(Facts()),
        clinical=clinical_of(Facts()),
        survival=survival_of(Facts()),
        domain=0,
        labelled=True,
        case_id="phantom",
    )


def main() -> None:
    """Train, score, measure or tabulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "score", "cost", "table"])
    parser.add_argument("networks", nargs="*", default=[])
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--no-subsets", action="store_true", help="score all sequences only")
    options = parser.parse_args()
    torch.set_num_threads(1)
    networks = options.networks or list(NETWORKS)
    if options.what == "train":
        train_all(networks, folds=options.folds, steps=options.steps)
    elif options.what == "table":
        write_tables(networks, runs=RUNS, results=HERE / "results" / "race.json")
    elif options.what == "score":
        score(networks, folds=options.folds, subsets=not options.no_subsets)
    else:
        cost(networks)


if __name__ == "__main__":
    main()
