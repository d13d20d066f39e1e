"""Train one network on the CPU; a run can be killed and goes on where it was."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.learning.cpu_speed import tune
from glioscope.learning.losses import region_loss
from glioscope.learning.sample import Sample
from glioscope.networks.weights_file import fill_network, under_all_names, under_first_names

logger = logging.getLogger(__name__)

Draw = Callable[[np.random.Generator], Sample]
"""Draws one augmented sample; the same generator state gives the same sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerConfig:
    """One training run.

    Args:
        steps: In all.
        batch: Patients a step.
        learning_rate: At its highest, after ``warmup`` steps; it falls to 1% as a cosine.
        warmup: Steps to get there.
        weight_decay: Of AdamW.
        average: Decay of the moving average of the weights, which is what is kept.
        save_every: Steps between checkpoints.
        snapshots: Steps whose averaged weights are kept beside the last ones.
        seed: Of weights and data; step ``n`` draws from ``(seed, n)``, so a resumed run sees the
            same samples as an undisturbed one.
        mixed: Compute in bfloat16 where it is safe.
    """

    steps: int = 1000
    batch: int = 1
    learning_rate: float = 2e-3
    warmup: int = 50
    weight_decay: float = 1e-4
    average: float = 0.99
    save_every: int = 100
    snapshots: tuple[int, ...] = ()
    seed: int = 0
    mixed: bool = True


class Trainer:
    """A network, its optimizer and the moving average of its weights.

    Args:
        network: Called as ``network(image, presence)``; returns logits.
        config: The run.
        folder: Where ``state.safetensors``, ``log.jsonl`` and snapshots go.
    """

    def __init__(self, network: nn.Module, config: TrainerConfig, folder: Path) -> None:
        self.network = tune(network)
        self.config = config
        self.folder = folder
        self.step = 0
        self.average = {name: value.clone() for name, value in self._state().items()}
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.resume()

    def run(self, draw: Draw) -> Mapping[str, Tensor]:
        """Train to the last step and return the averaged weights, as ``load_state_dict`` has it."""
        self.network.train()
        begun = time.monotonic()
        while self.step < self.config.steps:
            loss = self._advance(draw)
            if self.step % 20 == 0 or self.step == self.config.steps:
                self._log(loss, time.monotonic() - begun)
            if self.step % self.config.save_every == 0 or self.step == self.config.steps:
                self.save()
            if self.step in self.config.snapshots:
                tensors = {name: value.contiguous() for name, value in self.average.items()}
                save_file(tensors, str(self.folder / f"average-{self.step}.safetensors"))
        return under_all_names(self.network, self.average)

    def _advance(self, draw: Draw) -> float:
        rng = np.random.default_rng((self.config.seed, self.step))
        samples = [draw(rng) for _ in range(self.config.batch)]
        image = torch.stack([sample.image for sample in samples])
        image = image.contiguous(memory_format=torch.channels_last_3d)
        presence = torch.stack([sample.presence for sample in samples])
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.mixed):
            logits = self.network(image, presence)
        regions = torch.stack([sample.regions for sample in samples])
        loss = region_loss(logits, regions, torch.stack([sample.known for sample in samples]))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no signature for it
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        self._follow()
        return float(loss.detach())

    def _follow(self) -> None:
        """Move the average towards the weights; faster while it is young."""
        decay = min(self.config.average, (1 + self.step) / (10 + self.step))
        for name, value in self._state().items():
            self.average[name].lerp_(value, 1 - decay)

    def _state(self) -> dict[str, Tensor]:
        return under_first_names(self.network, self.network.state_dict())

    def _learning_rate(self) -> float:
        config = self.config
        rise = min(1.0, (self.step + 1) / config.warmup)
        fall = 0.5 * (1 + math.cos(math.pi * self.step / config.steps))
        return config.learning_rate * rise * (0.01 + 0.99 * fall)

    def _log(self, loss: float, seconds: float) -> None:
        line = {"step": self.step, "loss": round(loss, 4), "seconds": round(seconds, 1)}
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        logger.info("step %d: loss %.4f, %.1f s", self.step, loss, seconds)

    def save(self) -> None:
        """Write all that ``resume`` needs; the file appears whole or not at all."""
        tensors = {f"network.{name}": value for name, value in self._state().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        tensors = {name: value.contiguous() for name, value in tensors.items()}
        part = self.folder / "state.part"
        config = json.dumps(asdict(self.config))
        save_file(tensors, str(part), metadata={"step": str(self.step), "config": config})
        part.replace(self.folder / "state.safetensors")

    def resume(self) -> None:
        """Go on from the last checkpoint of the folder, if there is one.

        Raises:
            ModelError: If it belongs to a run of another configuration.
        """
        path = self.folder / "state.safetensors"
        if not path.exists():
            return
        metadata = _metadata(path)
        if metadata["config"] != json.dumps(asdict(self.config)):
            msg = (
                f"{path} is of a run of another configuration ({metadata['config']}); give that"
                " configuration to go on with it, or another folder to start anew"
            )
            raise ModelError(msg)
        groups: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimizer": {}}
        for name, value in load_file(str(path)).items():
            group, _, rest = name.partition(".")
            groups[group][rest] = value
        fill_network(self.network, groups["network"])
        self.average = groups["average"]
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in groups["optimizer"].items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})
        self.step = int(metadata["step"])


def _metadata(path: Path) -> dict[str, str]:
    with safe_open(str(path), framework="pt") as file:
        return dict(file.metadata())
