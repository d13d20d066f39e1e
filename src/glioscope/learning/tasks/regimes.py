"""Every regime by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from glioscope.core import InputError, Sequence
from glioscope.learning.runs.config import StageConfig
from glioscope.learning.runs.reading import decoded
from glioscope.learning.tasks.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One way of learning.

    Args:
        name: In configurations.
        task: Class of the Lightning module.
        options: Class of its options, a frozen dataclass with a default for each field.
    """

    name: str
    task: type[Task]
    options: type[Any]


_REGIMES: dict[str, Regime] = {}


def regime(name: str, *, options: type[Any]) -> Callable[[type[Task]], type[Task]]:
    """Return a decorator that enters a task under a name.

    Raises:
        ValueError: If the name is taken.
    """

    def enter(task: type[Task]) -> type[Task]:
        if name in _REGIMES:
            msg = f"a regime is called {name!r} already; choose another name"
            raise ValueError(msg)
        _REGIMES[name] = Regime(name=name, task=task, options=options)
        return task

    return enter


def names() -> tuple[str, ...]:
    """Return the names of all regimes, sorted."""
    return tuple(sorted(_REGIMES))


def chosen(stage: StageConfig) -> tuple[Regime, Any]:
    """Return the regime of a stage, and its options.

    Raises:
        InputError: If one of them is not known.
    """
    if stage.regime not in _REGIMES:
        known_names = ", ".join(names())
        msg = f"stage {stage.name!r}: no regime is called {stage.regime!r}; known: {known_names}"
        raise InputError(msg)
    known = _REGIMES[stage.regime]
    options = decoded(known.options, stage.options, where=f"stage {stage.name!r}: options")
    return known, options


def task_of(
    network: nn.Module,
    stage: StageConfig,
    *,
    steps: int,
    seed: int,
    sequences: tuple[Sequence, ...],
    compiled: bool = False,
) -> Task:
    """Return the task of a stage.

    Args:
        network: What learns; becomes part of the task.
        stage: Names the regime, and its options.
        steps: Of the whole stage.
        seed: Of what a step draws.
        sequences: Channels of the network, in their order.
        compiled: Compile the network before the first step.

    Raises:
        InputError: For an unknown regime, option or network that it can't train.
    """
    known, options = chosen(stage)
    return known.task(
        network,
        stage,
        options,
        steps=steps,
        seed=seed,
        sequences=sequences,
        compiled=compiled,
    )


def known_regimes() -> Mapping[str, Regime]:
    """Return all regimes by their names."""
    return dict(_REGIMES)
