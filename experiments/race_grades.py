"""The race of grades: WHO 4 against 2 and 3, by slices, shape, volumes, or less than these.

`python experiments/race_grades.py train [NETWORK...]` trains five folds of the networks named (all
of them where none is), one process and one thread; killed and started again it goes on, and what
is finished is not trained again.  `python experiments/race_grades.py score` then scores the
networks whose folds are all there, beside logistic regressions of the 14 shape features and of age
and sex, and the most frequent class; it writes `experiments/results/race_grades.json` and prints a
table.

32 patients whose WHO 2021 grade is known, of BraTS and of TCGA-LGG, split by patient.  TCGA-LGG
comes without T2, whose absence would tell the data set: all networks see T1, T1c and FLAIR.  All
take the same number of optimizer steps, from scratch.  There is no validation: nothing is chosen
on anybody who is scored.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from glioscope.core import Silent
from glioscope.io import write_atomically
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import Pool
from glioscope.learning.data.question import answered, class_of
from glioscope.learning.data.split import Split, folds
from glioscope.learning.data.split_file import write_split
from glioscope.learning.runs import gather as gathering
from glioscope.learning.runs.config import DataConfig, RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.loaders import Loaders
from glioscope.learning.runs.machine import Machine
from glioscope.learning.runs.reading import config_from
from glioscope.learning.runs.train import train
from glioscope.learning.tasks import task_of
from glioscope.learning.tasks.grading import Grading
from glioscope.networks.registry import load_any
from race_grades_scores import scored, simple, table

HERE = Path(__file__).parent
DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
RUNS = Path("runs/race-grades")
CACHE = Path("runs/cache-npy")
RESULT = HERE / "results" / "race_grades.json"
GRID, HEAD, CLASSES = "brain-2mm", "grade4", ("2-3", "4")
FOLDS, STEPS, SEED = 5, 40, 0

SLICES = {"regime": "slices", "batch": 8}
NETWORKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "slices and shape": (
        {"name": "resnet_shape"},
        {**SLICES, "options": {"edge": 96, "augment": "all"}},
    ),
    "slices": (
        {"name": "resnet_shape", "config": {"shape_names": []}},
        {**SLICES, "options": {"edge": 96, "augment": "all"}},
    ),
    "volumes": (
        {"name": "resnet_3d"},
        {
            "regime": "volumes",
            "batch": 4,
            "box": [64, 64, 64],
            "tumor_share": 1.0,
            "augmentation": "plain",
        },
    ),
    "slices and shape, minority changed": (
        {"name": "resnet_shape"},
        {**SLICES, "options": {"edge": 96, "augment": "minority"}},
    ),
}
"""Network and stage of each; the last one augments as the paper does, the minority alone."""


@dataclass(slots=True)
class Clock(Silent):
    """Times the steps of a run and tells of every tenth."""

    at: list[tuple[int, float]] = field(default_factory=list)

    def stage(self, name: str) -> None:
        """Begin anew: cases were counted before, not steps."""
        del name
        self.at.clear()

    def step(self, done: int, total: int) -> None:
        """Note when a step was done."""
        self.at.append((done, time.perf_counter()))
        if done % 10 == 0:
            print(f"  step {done} of {total}", flush=True)

    @property
    def seconds_a_step(self) -> float | None:
        """The median; ``None`` of fewer than two steps."""
        if len(self.at) < 2:
            return None
        return float(np.median(np.diff([seconds for _, seconds in self.at])))


def data_config() -> DataConfig:
    """Return the cases and their grid."""
    return DataConfig(
        folders=tuple(str(DATA / name) for name in ("brats", "tcga_lgg")),
        facts=tuple(
            str(DATA / "tables" / name) for name in ("brats_cases_14.csv", "tcga_lgg_110.csv")
        ),
        grid=GRID,
        cache=str(CACHE),
    )


def patients() -> tuple[tuple[ListedCase, ...], CaseCache]:
    """Return the cases whose grade is known, prepared."""
    listing = gathering.listed(data_config())
    cases = answered(Pool(cases=listing.cases), HEAD)
    cache = CaseCache(folder=CACHE, grid=GRID)
    ready, left_out = cache.fill(cases)
    for case in left_out:
        print(f"left out {case.case_id}: {case.reason}")
    return ready, cache


def splits(cases: Sequence[ListedCase]) -> list[Split]:
    """Return five folds by patient, each class shared out evenly."""
    return list(folds(tuple(cases), count=FOLDS, seed=SEED, strata=_stratum))


def _stratum(case: ListedCase) -> str:
    return f"{case.source.split()[0]}, {class_of(case, HEAD)}"


def config_of(name: str, fold: int, *, steps: int, split: Path) -> RunConfig:
    """Return the run of one network on one fold."""
    network, own = NETWORKS[name]
    stage = {
        "steps": steps,
        "every": steps,
        "lr": [1e-3, 1e-5],
        "warmup": 5,
        "betas": [0.9, 0.99],
        "weight_decay": 5e-4,
        **own,
    }
    data = data_config()
    content = {
        "about": f"Race of grades: {name}, fold {fold}",
        "data": {
            "folders": list(data.folders),
            "facts": list(data.facts),
            "grid": GRID,
            "cache": str(CACHE),
            "sequences": ["t1", "t1c", "flair"],
        },
        "split": {"file": str(split)},
        "network": network,
        "stages": [stage],
        "seed": fold,
    }
    return config_from(content, where="race of grades")


def train_all(names: Sequence[str], *, wanted: Sequence[int], steps: int) -> None:
    """Train and predict the folds that are not there yet."""
    cases, _ = patients()
    parts = splits(cases)
    for name in names:
        for fold in wanted:
            place = _place(name, fold)
            if (place / "predictions.json").exists():
                continue
            print(f"{name}, fold {fold}", flush=True)
            split = place / "split.json"
            place.mkdir(parents=True, exist_ok=True)
            write_split(Split(parts={k: parts[fold].parts[k] for k in ("train", "test")}), split)
            _fold(config_of(name, fold, steps=steps, split=split), place)


def _fold(config: RunConfig, place: Path) -> None:
    """Train one fold, write its predictions, and drop its weights (0.1 to 1 GB)."""
    clock, folder = Clock(), place / "run"
    started = time.perf_counter()
    run = train(
        config,
        folder,
        resume=(folder / "run.json").exists(),
        machine=Machine(accelerator="cpu", threads=1),
        progress=clock,
        command="python experiments/race_grades.py train",
    )
    network = load_any(run.network)
    content = {
        "predictions": predictions(config, run),
        "steps": config.stages[0].steps,
        "seconds_a_step": clock.seconds_a_step,
        "minutes": (time.perf_counter() - started) / 60,
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    write_atomically(place / "predictions.json", (json.dumps(content, indent=1) + "\n").encode())
    shutil.rmtree(folder)


def predictions(config: RunConfig, run: RunFolder) -> dict[str, list[float]]:
    """Return the probabilities of the classes of each test case."""
    gathered = gathering.gather(config, run, progress=Silent())
    task = task_of(
        load_any(run.network),
        config.stages[0],
        steps=1,
        seed=0,
        sequences=config.data.sequences,
    ).eval()
    if not isinstance(task, Grading):
        raise TypeError(type(task))
    plan = Loaders(task, gathered, machine=Machine(), every=1, workers=0).plan()
    cases = gathered.part("test")
    shown = task.validation_set(cases, gathered.cache, plan)
    found = {}
    with torch.inference_mode():
        for number, case in enumerate(cases):
            probs, _ = task.patient_probabilities(task.collate([shown[number]]))
            found[case.case_id] = probs[0].double().tolist()
    return found


def score(resamples: int) -> dict[str, Any]:
    """Return the scores of all that is there."""
    cases, cache = patients()
    found = {name: result for name in NETWORKS if (result := _network(name)) is not None}
    without = simple(cases, cache, splits(cases), head=HEAD)
    found |= {name: {"predictions": told} for name, told in without.items()}
    counts = [sum(class_of(case, HEAD) == place for case in cases) for place in range(2)]
    return {
        "about": "WHO grade 4 against 2 and 3, five folds by patient, all test folds together",
        "patients": dict(zip(CLASSES, counts, strict=True)),
        "classifiers": {
            name: scored(result, cases, head=HEAD, classes=CLASSES, resamples=resamples)
            for name, result in found.items()
        },
    }


def _network(name: str) -> dict[str, Any] | None:
    """Return the predictions of all folds of a network; ``None`` where one is missing."""
    files = [_place(name, fold) / "predictions.json" for fold in range(FOLDS)]
    there = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    if len(there) < FOLDS:
        print(f"{name}: {len(there)} of {FOLDS} folds are there; not scored")
        return None
    timed = [part["seconds_a_step"] for part in there if part["seconds_a_step"] is not None]
    return {
        "predictions": {k: v for part in there for k, v in part["predictions"].items()},
        "steps": sorted({part["steps"] for part in there}),
        "seconds_a_step": float(np.median(timed)) if timed else None,
        "parameters": there[0]["parameters"],
    }


def _place(name: str, fold: int) -> Path:
    return RUNS / name.replace(", ", "-").replace(" ", "-") / f"fold-{fold}"


def main() -> None:
    """Train, or score and tabulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "score"])
    parser.add_argument("networks", nargs="*", default=[], metavar="NETWORK")
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS)))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--resamples", type=int, default=2000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "train":
        train_all(options.networks or list(NETWORKS), wanted=options.folds, steps=options.steps)
        return
    result = score(options.resamples)
    RESULT.parent.mkdir(exist_ok=True)
    write_atomically(RESULT, (json.dumps(result, indent=1) + "\n").encode())
    print(table(result))


if __name__ == "__main__":
    main()
