"""Feeds a stage: each process gets its part of every step."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import torch
from torch.utils.data import DataLoader

from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.sampler import StepSampler
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.machine import Machine
from glioscope.learning.tasks import Task


class Loaders(pl.LightningDataModule):
    """The training examples and validation cases of one stage.

    Args:
        task: Says what its examples are.
        gathered: The cases.
        machine: Its processes share every batch.
        every: Steps of a stretch.
        workers: Processes that load beside each that trains; 0 loads in between.
    """

    def __init__(
        self, task: Task, gathered: Gathered, *, machine: Machine, every: int, workers: int
    ) -> None:
        super().__init__()
        self._task, self._gathered, self._machine = task, gathered, machine
        self._every, self._workers = every, workers
        self._own = machine.share(task.stage.batch, stage=task.stage.name)

    @property
    def rank(self) -> int:
        """Number of this process among all."""
        return 0 if self.trainer is None else self.trainer.global_rank

    def plan(self) -> DrawPlan:
        """Return how examples of the stage are drawn."""
        task, stage = self._task, self._task.stage
        network: Any = task.network
        return DrawPlan(
            sequences=task.sequences,
            box=stage.box,
            tumor_share=stage.tumor_share,
            order=stage.order,
            labelled_share=stage.labelled_share,
            examples=task.steps * stage.batch,
            stride=int(network.config.stride),
            spacing_mm=self._gathered.spacing_mm,
            keep_all=stage.keep_all,
            keep_pair=stage.keep_pair,
            cutmix=stage.cutmix,
            cutmix_head=stage.cutmix_head,
            whole=tuple(network.config.global_grid) if stage.whole else (),
            seed=task.seed,
        )

    def train_dataloader(self) -> DataLoader[Any]:
        """Return the examples of this process, in the order of their numbers."""
        stage, gathered = self._task.stage, self._gathered
        pool = Pool(
            cases=gathered.part("train", sources=stage.sources), unlabelled=gathered.unlabelled
        )
        sampler = StepSampler(
            steps=self._every,
            batch=stage.batch,
            last=self._task.steps,
            rank=self.rank,
            processes=self._machine.processes,
        )
        return DataLoader(
            self._task.training_set(pool, gathered.cache, self.plan()),
            batch_size=self._own,
            sampler=sampler,
            collate_fn=self._task.collate,
            num_workers=self._workers,
            persistent_workers=self._workers > 0,
            multiprocessing_context="spawn" if self._workers else None,
            pin_memory=torch.cuda.is_available(),
        )

    def val_dataloader(self) -> DataLoader[Any]:
        """Return the validation cases of this process; all of them where there are few."""
        cases = self._gathered.part("validation")[: self._task.stage.validation_cases or None]
        if len(cases) >= self._machine.processes:
            cases = cases[self.rank :: self._machine.processes]
        return DataLoader(
            self._task.validation_set(cases, self._gathered.cache, self.plan()),
            batch_size=1,
            collate_fn=self._task.collate,
        )
