"""Train what a configuration asks for, stage by stage; a killed run goes on where it was."""

from __future__ import annotations

import dataclasses
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from torch import nn

from glioscope.core import InputError, ModelError, Progress, Silent
from glioscope.learning.augmentation import augmentation
from glioscope.learning.runs.checkpoints import SafetensorsCheckpoints
from glioscope.learning.runs.config import NetworkChoice, RunConfig, StageConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import Gathered, gather
from glioscope.learning.runs.loaders import Loaders
from glioscope.learning.runs.machine import Machine, precision
from glioscope.learning.runs.metrics import MetricsCsv
from glioscope.learning.runs.reading import decoded
from glioscope.learning.runs.watching import Tell
from glioscope.learning.tasks import Task, chosen, task_of
from glioscope.networks import registry
from glioscope.networks.transfer import adopted
from glioscope.privacy.consent.decision import ConsentPolicy

LOG_EVERY = 10


def train(
    config: RunConfig,
    folder: Path,
    *,
    resume: bool = False,
    machine: Machine | None = None,
    progress: Progress | None = None,
    command: str = "",
    consent: ConsentPolicy | None = None,
) -> RunFolder:
    """Run all stages of a configuration and leave the network in the folder.

    The same configuration, data and machine end with the same weights, also when the run was
    killed in between and goes on with ``resume``.

    Args:
        config: What to do.
        folder: A new one, or that of a run to go on with.
        resume: Go on from the last checkpoint.
        machine: Processes and devices; one process by default.
        progress: Told how far it is.
        command: Kept in ``run.json``.
        consent: How the patients' consent to training is asked for; the audit log is written by
            the first process.

    Raises:
        InputError: If the configuration, the data or the split can't be used.
        ModelError: If the loss is not finite, or a checkpoint is damaged.
        OutputError: If the folder holds something else, or the disk is full.
    """
    machine, shown = machine or Machine(), progress or Silent()
    run = RunFolder(path=folder)
    rank = _rank()
    _check(config)
    if rank == 0:
        run.check(config, resume=resume)
    if machine.threads:
        torch.set_num_threads(machine.threads)
    asked = consent or ConsentPolicy(command="train")
    asked = asked if rank == 0 else dataclasses.replace(asked, audit=None)
    gathered = gather(config, run, progress=shown, consent=asked)
    if rank == 0:
        run.begin(config, command=command)
    with _flushed():
        network = _staged(config, run, gathered, machine=machine, progress=shown)
    if rank == 0:
        registry.save_any(network, run.network)
    return run


def _staged(
    config: RunConfig, run: RunFolder, gathered: Gathered, *, machine: Machine, progress: Progress
) -> nn.Module:
    """Return the network that the last stage ends with."""
    network = initial_network(config)
    for number, stage in enumerate(config.stages):
        finished = run.stage(stage) / "network.safetensors"
        if finished.exists():
            network = registry.load_any(finished).train()
            continue
        task = _task(config, stage, for_stage(config, stage, network), gathered, number=number)
        with _quiet():
            _fit(task, run, gathered, config=config, machine=machine, progress=progress)
        network = task.kept()
        if task.global_rank == 0:
            registry.save_any(network, finished)
            run.note(done=[*run.read()["done"], stage.name])
    return network


def _check(config: RunConfig) -> None:
    """Refuse what the last stage could not do before the first has begun."""
    for stage in config.stages:
        chosen(stage)
        augmentation(stage.augmentation, spacing_mm=1.0)
    known = registry.entry(config.network.name)
    asking = [stage.name for stage in config.stages if stage.whole]
    if asking and not hasattr(known.config(), "global_grid"):
        msg = (
            f"stage {asking[0]!r}: network {known.name!r} has no global branch to show the whole"
            " image to; leave out whole, or choose gmmas"
        )
        raise InputError(msg)


def initial_network(config: RunConfig) -> nn.Module:
    """Return the network that the first stage begins with.

    Raises:
        InputError: For a field that its config does not have, or a start of another shape.
        ModelError: For an unknown network, or a start that can't be read.
    """
    choice = config.network
    entry = registry.entry(choice.name)
    values = dict(choice.config)
    if hasattr(entry.config(), "in_channels") and "in_channels" not in values:
        own = "sequences" if choice.name == "gmmas" else "in_channels"
        values.setdefault(own, len(config.data.sequences))
    chosen = _network_config(choice, values)
    network = registry.build(choice.name, chosen, seed=config.seed)
    if choice.start is None:
        return network
    return _started(network, Path(choice.start))


def _network_config(choice: NetworkChoice, values: dict[str, Any]) -> Any:  # noqa: ANN401 - of the registry
    try:
        return decoded(registry.entry(choice.name).config, values, where="network: config")
    except ValueError as error:
        msg = f"network {choice.name!r}: {error}"
        raise InputError(msg) from error


def _started(network: nn.Module, start: Path) -> nn.Module:
    path = RunFolder(path=start).network if start.is_dir() else start
    begun = registry.load_any(path)
    try:
        return adopted(begun, like=network).train()
    except ModelError as error:
        msg = f"network.start {path.name}: {error}"
        raise InputError(msg) from error


def for_stage(config: RunConfig, stage: StageConfig, network: nn.Module) -> nn.Module:
    """Return the network of the stage before with the outputs that the run's network has.

    Raises:
        InputError: If the two are of different shapes beyond that.
    """
    if chosen(stage)[0].task.own_outputs:
        return network
    fresh = dataclasses.replace(config.network, start=None)
    like = initial_network(dataclasses.replace(config, network=fresh))
    try:
        return adopted(network, like=like)
    except ModelError as error:
        msg = f"stage {stage.name!r} can't go on from the one before: {error}"
        raise InputError(msg) from error


def stage_steps(stage: StageConfig, patients: int) -> int:
    """Return the steps of a stage: given, or so many that each patient is seen once an epoch."""
    return stage.steps or stage.epochs * math.ceil(patients / stage.batch)


def _task(
    config: RunConfig, stage: StageConfig, network: nn.Module, gathered: Gathered, *, number: int
) -> Task:
    cases = gathered.part("train", sources=stage.sources)
    if not cases:
        known = sorted({case.source for case in gathered.cases.values()})
        msg = (
            f"stage {stage.name!r}: no training case of {', '.join(stage.sources) or 'any set'};"
            f" there are {', '.join(known)}"
        )
        raise InputError(msg)
    return task_of(
        network,
        stage,
        steps=stage_steps(stage, len(cases)),
        seed=1_000 * config.seed + number,
        sequences=config.data.sequences,
        compiled=config.compile,
    )


def _fit(
    task: Task,
    run: RunFolder,
    gathered: Gathered,
    *,
    config: RunConfig,
    machine: Machine,
    progress: Progress,
) -> None:
    stage, place = task.stage, run.stage(task.stage)
    every = min(stage.every, task.steps)
    last = place / "last.ckpt"
    done = _steps_of(last)
    loaders = Loaders(task, gathered, machine=machine, every=every, workers=config.workers)
    trainer = pl.Trainer(
        accelerator=machine.accelerator,
        devices=machine.devices,
        num_nodes=machine.nodes,
        strategy="ddp" if machine.processes > 1 else "auto",
        precision=precision(config.precision),  # type: ignore[arg-type]  # checked by RunConfig
        max_epochs=math.ceil(task.steps / every),
        reload_dataloaders_every_n_epochs=0,
        gradient_clip_val=stage.clip or None,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        # never on the test part: what is best there would be chosen on it
        limit_val_batches=1.0 if gathered.part("validation") else 0,
        log_every_n_steps=min(LOG_EVERY, every),
        enable_progress_bar=False,
        enable_model_summary=False,
        plugins=[SafetensorsCheckpoints()],
        logger=[
            MetricsCsv(run.metrics, stage=stage.name, done=done),
            TensorBoardLogger(
                str(run.path), name="tensorboard", version=stage.name, purge_step=done + 1
            ),
        ],
        callbacks=[
            _checkpoints(task, place, validated=bool(gathered.part("validation"))),
            Tell(progress, name=stage.name, steps=task.steps, every=every),
        ],
        benchmark=False,
    )
    try:
        trainer.fit(task, loaders, ckpt_path=str(last) if last.exists() else None)
    except SystemExit as error:
        # Lightning makes an exit of Ctrl-C; our command line has its own message and code for it
        raise KeyboardInterrupt from error


def _checkpoints(task: Task, place: Path, *, validated: bool) -> ModelCheckpoint:
    # without a validation the latest is all that can be called best
    return ModelCheckpoint(
        dirpath=place,
        filename="best",
        monitor=task.monitor if validated else None,
        mode="max",
        save_last=True,
        save_top_k=1,
        enable_version_counter=False,
        save_on_train_epoch_end=True,
    )


def _rank() -> int:
    """Return the number of this process, as Lightning or torchrun started it."""
    return int(getattr(rank_zero_only, "rank", None) or 0)


def _steps_of(checkpoint: Path) -> int:
    if not checkpoint.exists():
        return 0
    content = SafetensorsCheckpoints().load_checkpoint(checkpoint)
    steps = content.get("global_step")
    if not isinstance(steps, int):
        msg = f"{checkpoint.name} does not say how many steps it has; start the run anew"
        raise ModelError(msg)
    return steps


@contextmanager
def _flushed() -> Iterator[None]:
    """Let the processor take numbers too small to matter for 0; they cost it a hundred times more.

    For as long as the training takes: others in this process may need such numbers.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice (more workers, other loggers) from those who train."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            warnings.filterwarnings("ignore", message=r".*does not have many workers.*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
