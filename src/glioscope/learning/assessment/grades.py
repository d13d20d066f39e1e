"""Answers of the regimes that show a network parts of a tumor: its slices, or a box around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from glioscope.core import CaseError
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan
from glioscope.learning.data.question import target_of
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.tasks import chosen, task_of
from glioscope.learning.tasks.grading import Grading


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grader:
    """A regime that knows how to show its network a patient.

    Args:
        task: Holds the network, in evaluation mode.
        cache: Where the cases are.
    """

    task: Grading
    cache: CaseCache

    def __call__(self, listed: ListedCase) -> dict[str, tuple[float, ...]]:
        """Return the probabilities of the classes of the one question.

        Raises:
            CaseError: If nobody outlined the tumor or knows the answer, or no slice holds enough.
        """
        head = self.task.head
        if listed.labels is None or not target_of(listed.facts, head).any():
            msg = f"case {listed.case_id}: no outlines, or nobody knows {head!r}"
            raise CaseError(msg)
        shown: Any = self.task.validation_set((listed,), self.cache, self._plan(listed))
        batch = self.task.collate([shown[0]]).to(next(self.task.parameters()).device)
        with torch.inference_mode():
            probs, _ = self.task.patient_probabilities(batch)
        return {head: tuple(probs[0].double().tolist())}

    def _plan(self, listed: ListedCase) -> DrawPlan:
        network: Any = self.task.network
        return DrawPlan(
            sequences=self.task.sequences,
            box=self.task.stage.box,
            stride=int(network.config.stride),
            spacing_mm=self.cache.open(listed.case_id).about.spacing_mm[0],
        )


def grader_of(
    network: nn.Module, config: RunConfig, cache: CaseCache, *, device: str = "cpu"
) -> Grader | None:
    """Return how the last regime of a run asks about a patient; ``None`` if it shows whole cases.

    Args:
        network: That the run ended with.
        config: Of the run.
        cache: Where the cases are.
        device: Where it computes.
    """
    stage = config.stages[-1]
    regime, _ = chosen(stage)
    if not issubclass(regime.task, Grading):
        return None
    task: Any = task_of(network, stage, steps=1, seed=0, sequences=config.data.sequences)
    task.to(device).eval()
    return Grader(task=task, cache=cache)
