"""What a training step costs, and whether the loader keeps up with it.

    .venv/bin/python benchmarks/training.py [--json docs/benchmarks/training.json]

Networks take steps as a run takes them (forward, loss, backward, clipping, AdamW; not Lightning's
own work around them) on a box of noise, a batch of one.  The loader draws boxes of phantoms from
a memory-mapped cache as a run draws them.  One thread a process.

Seconds are CPU seconds, which a busy machine lengthens far less than wall time: those of the
process for a step, those of the process and its workers for an example.  Wall seconds stand beside
them.  `examples/s` is what one process loads with a core to itself; so many times the number of
workers is what they load on cores of their own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import asdict, dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import psutil
import torch
from torch.utils.data import DataLoader

from glioscope.core import Sequence
from glioscope.learning.augmentation import augmentation
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.drawing import Examples
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.sampler import StepSampler
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs.config import NetworkChoice, RunConfig, StageConfig
from glioscope.learning.runs.train import initial_network
from glioscope.learning.tasks import Task, task_of

NETWORKS: dict[str, dict[str, Any]] = {
    "unet": {"detail": 8},
    "gmmas": {},
    "visual_pathway": {"width": 0.25, "out_channels": 3},
    "segresnet": {"filters": 8},
    "dynunet": {"filters": [8, 16, 32, 64, 96]},
}
"""Those of the race, as small as two cores ask for."""

COMPILED = ("unet", "dynunet")
"""The others take minutes to compile."""

AUGMENTATIONS = ("none", "plain", "mild")
WORKERS = (0, 1, 2)
PHANTOM = (96, 112, 96)
SPACING_MM = 2.0
PATIENTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Medians of one network's steps.

    Args:
        cpu_s: CPU seconds a step.
        wall_s: Wall seconds a step.
        compile_cpu_s: CPU seconds that the first step takes more, its compiler's included;
            ``None`` where nothing is compiled.
    """

    cpu_s: float
    wall_s: float
    compile_cpu_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """What loading costs.

    Args:
        cpu_s: CPU seconds an example, of all processes.
        wall_s: Wall seconds an example, of this busy machine.
    """

    cpu_s: float
    wall_s: float


def box_of_noise(edge: int) -> Batch:
    """Return a batch of one with a tumor in its middle; the numbers do not change the cost."""
    generator = torch.Generator().manual_seed(0)
    regions = torch.zeros(1, 3, edge, edge, edge)
    third = slice(edge // 3, 2 * edge // 3)
    regions[:, :, third, third, third] = 1
    return Batch(
        image=torch.randn(1, len(Sequence), edge, edge, edge, generator=generator),
        presence=torch.ones(1, len(Sequence)),
        regions=regions,
        known=torch.ones(1, 3),
        brain=torch.ones(1, 1, edge, edge, edge),
        targets={},
        clinical=torch.zeros(1, 2),
        survival=torch.zeros(1, 2),
        domain=torch.zeros(1, dtype=torch.int64),
        case_ids=("noise",),
    )


def task(name: str, *, edge: int, compiled: bool) -> Task:
    """Return the supervised task of a run of one network."""
    stage = StageConfig(
        steps=1, batch=1, box=(edge,) * 3, optimizer="adamw", lr=(1e-3, 1e-5), weight_decay=1e-4
    )
    choice = NetworkChoice(name=name, config=NETWORKS[name])
    network = initial_network(RunConfig(network=choice, stages=(stage,)))
    sequences = tuple(Sequence)
    return task_of(network, stage, steps=1, seed=0, sequences=sequences, compiled=compiled)


def time_steps(name: str, batch: Batch, *, bfloat16: bool, compiled: bool, steps: int) -> Step:
    """Time the steps of one network; the first, which warms up or compiles, does not count."""
    learner = task(name, edge=batch.image.shape[-1], compiled=compiled)
    optimizer = learner.configure_optimizers()["optimizer"]

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = learner.losses(batch)["loss"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no signature for it
        torch.nn.utils.clip_grad_norm_(learner.network.parameters(), learner.stage.clip)
        optimizer.step()

    children = _children_s()
    first_cpu_s, _ = timed(step)
    first_cpu_s += _children_s() - children
    times = [timed(step) for _ in range(steps)]
    cpu_s, wall_s = (statistics.median(values) for values in zip(*times, strict=True))
    more_s = max(first_cpu_s - cpu_s, 0.0) if compiled else None
    return Step(cpu_s=cpu_s, wall_s=wall_s, compile_cpu_s=more_s)


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU and the wall seconds of this process doing something."""
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.process_time() - cpu, time.perf_counter() - wall


def _children_s() -> float:
    """Return the CPU seconds of processes that have ended, such as a compiler's."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


Phantoms = tuple[tuple[ListedCase, ...], CaseCache]


def examples_of(phantoms: Phantoms, name: str, *, edge: int, count: int) -> Examples:
    """Return boxes of phantoms with an augmentation, drawn as the race draws them."""
    cases, cache = phantoms
    plan = DrawPlan(
        box=(edge,) * 3, examples=count, spacing_mm=SPACING_MM, keep_all=0.5, keep_pair=0.2
    )
    return Examples(Pool(cases=cases), cache, plan, augmentation(name, spacing_mm=SPACING_MM))


def time_loading(phantoms: Phantoms, name: str, *, edge: int, workers: int, count: int) -> Loading:
    """Time the loader that a run would have.

    Clock and count begin when every worker has brought a few examples, and end while there are
    as many ahead as then, so that neither the start of the workers (seconds, once a run) nor
    what they hold ready counts.
    """
    ahead = 4 * workers + 1
    dealt = count + 2 * ahead
    loader: DataLoader[Any] = DataLoader(
        examples_of(phantoms, name, edge=edge, count=dealt),
        batch_size=1,
        sampler=StepSampler(steps=dealt, batch=1, last=dealt),
        collate_fn=Batch.of,
        num_workers=workers,
        persistent_workers=workers > 0,
        multiprocessing_context="spawn" if workers else None,
    )
    batches = iter(loader)
    for _ in range(ahead):
        next(batches)
    cpu, wall = _all_cpu_s(), time.perf_counter()
    for _ in range(count):
        next(batches)
    return Loading(cpu_s=(_all_cpu_s() - cpu) / count, wall_s=(time.perf_counter() - wall) / count)


def _all_cpu_s() -> float:
    """Return the CPU seconds of this process and of those that it started and that still run."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return float(sum(used.user + used.system for used in times))


def all_steps(names: Many[str], *, edge: int, steps: int) -> dict[str, dict[str, Step]]:
    """Time every network in every way, and print it."""
    batch = box_of_noise(edge)
    print(f"{'network':<16}{'precision':<11}{'how':<10}{'CPU s':>8}{'wall s':>8}{'compile s':>11}")
    rows: dict[str, dict[str, Step]] = {}
    for name, compiled, bfloat16 in itertools.product(names, (False, True), (False, True)):
        if compiled and name not in COMPILED:
            continue
        step = time_steps(name, batch, bfloat16=bfloat16, compiled=compiled, steps=steps)
        precision, how = "bf16" if bfloat16 else "float32", "compiled" if compiled else "eager"
        rows.setdefault(name, {})[f"{precision} {how}"] = step
        once = "" if step.compile_cpu_s is None else f"{step.compile_cpu_s:.0f}"
        print(
            f"{name:<16}{precision:<11}{how:<10}{step.cpu_s:>8.3f}{step.wall_s:>8.3f}{once:>11}",
            flush=True,
        )
    return rows


def all_loading(*, edge: int, count: int) -> dict[str, dict[str, Loading]]:
    """Time the loader with every augmentation and number of workers, and print it."""
    header = f"{'augmentation':<16}{'workers':>8}{'CPU ms':>9}{'wall ms':>9}{'examples/s':>12}"
    print(f"\n{header}{'GPU step kept busy':>20}")
    rows: dict[str, dict[str, Loading]] = {}
    with tempfile.TemporaryDirectory() as place:
        phantoms = phantom_cases(Path(place), patients=PATIENTS, shape=PHANTOM)
        for name, workers in itertools.product(AUGMENTATIONS, WORKERS):
            one = time_loading(phantoms, name, edge=edge, workers=workers, count=count)
            rows.setdefault(name, {})[str(workers)] = one
            print(
                f"{name:<16}{workers:>8}{one.cpu_s * 1e3:>9.1f}{one.wall_s * 1e3:>9.1f}"
                f"{1 / one.cpu_s:>12.1f}{f'{one.cpu_s / max(workers, 1) * 1e3:.1f} ms':>20}",
                flush=True,
            )
    return rows


def busy(
    steps: Mapping[str, Mapping[str, Step]], loading: Mapping[str, Mapping[str, Loading]]
) -> dict[str, dict[str, float]]:
    """Return how many steps of a network one worker feeds, and print it.

    By network and augmentation: CPU seconds of the network's fastest step over those of an example
    from one worker.  Above 1 the worker waits, below 1 the network.
    """
    print(f"\n{'networks fed by a worker':<26}" + "".join(f"{name:>10}" for name in loading))
    ratios: dict[str, dict[str, float]] = {}
    for network, ways in steps.items():
        fastest = min(step.cpu_s for step in ways.values())
        ratios[network] = {name: fastest / rows["1"].cpu_s for name, rows in loading.items()}
        shown = "".join(f"{ratio:>10.1f}" for ratio in ratios[network].values())
        print(f"{network:<26}{shown}", flush=True)
    return ratios


def main() -> None:
    """Print the tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--edge", type=int, default=64, help="Of the box, voxels.")
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    with tempfile.TemporaryDirectory() as place:
        # a compiler that remembers the last run would seem to cost nothing
        os.environ |= {"TORCHINDUCTOR_CACHE_DIR": place, "TORCHINDUCTOR_COMPILE_THREADS": "1"}
        steps = all_steps(options.only, edge=options.edge, steps=options.steps)
    loading = all_loading(edge=options.edge, count=options.examples)
    result = {
        "torch": torch.__version__,
        "edge": options.edge,
        "steps": {
            name: {way: asdict(step) for way, step in ways.items()} for name, ways in steps.items()
        },
        "loading": {
            name: {workers: asdict(one) for workers, one in rows.items()}
            for name, rows in loading.items()
        },
        "steps_fed_by_a_worker": busy(steps, loading),
    }
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
