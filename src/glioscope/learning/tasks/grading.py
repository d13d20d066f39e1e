"""What regimes share that answer one question about a whole tumor."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from glioscope.core import InputError
from glioscope.evaluation import auc
from glioscope.evaluation.classes import average_per_class_accuracy
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.question import QUESTIONS, target_of
from glioscope.learning.runs.config import StageConfig
from glioscope.learning.tasks.task import Task

_LEAST = 1e-6


class Grading(Task):
    """A classifier of patients; the best checkpoint has the highest mean log-likelihood.

    That one is always defined, which an AUC is not where all validation patients are of one class.
    """

    monitor = "validation/log_likelihood"

    @property
    def head(self) -> str:
        """The question, see ``question.QUESTIONS``."""
        head: str = self.options.head
        return head

    @abstractmethod
    def patient_probabilities(self, batch: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401 - the regime's own
        """Return probabilities and targets of the patients of a batch, each ``(patients, C)``."""

    def scores(self, batch: Any) -> dict[str, list[float]]:  # noqa: ANN401 - the regime's own
        """Return the true class of each patient, and the probability of every class."""
        probs, targets = self.patient_probabilities(batch)
        found: dict[str, list[float]] = {"truth": targets.argmax(dim=1).double().tolist()}
        for place in range(probs.shape[1]):
            found[f"probability_{place}"] = probs[:, place].double().tolist()
        return found

    def on_validation_epoch_end(self) -> None:
        """Log the scores of the patients of all processes."""
        found = self._gathered()
        self._scores = {}
        scores = patient_scores(found) if found else {}
        for name, value in scores.items():
            if f"validation/{name}" != self.monitor:
                self.log(f"validation/{name}", value, rank_zero_only=True)
        # every process compares checkpoints by it, so every process must know it
        self.log(self.monitor, scores.get("log_likelihood", math.nan))


def patient_scores(found: Mapping[str, list[float]]) -> dict[str, float]:
    """Return log-likelihood, accuracy and, where every class has a patient, AUC and APCA.

    The AUC of more than two classes is the mean one-vs-rest.

    Args:
        found: ``truth`` and ``probability_0`` and so on, one value a patient.
    """
    truth = np.array(found["truth"], dtype=np.intp)
    probs = np.stack([found[f"probability_{c}"] for c in range(len(found) - 1)], axis=1)
    called = probs.argmax(axis=1).astype(np.intp)
    own = probs[np.arange(len(truth)), truth].clip(min=_LEAST)
    scores = {
        "log_likelihood": float(np.log(own).mean()),
        "accuracy": float((called == truth).mean()),
    }
    classes = probs.shape[1]
    if len(set(truth.tolist())) < classes:
        return scores
    asked = (1,) if classes == 2 else range(classes)
    scores["auc"] = float(np.mean([auc(truth == c, probs[:, c]) for c in asked]))
    scores["apca"] = average_per_class_accuracy(truth, called, classes)
    return scores


def validated(cases: tuple[ListedCase, ...], head: str) -> tuple[ListedCase, ...]:
    """Return the validation cases whose answer is known and whose tumor is outlined.

    Raises:
        InputError: If there are some, but none such.
    """
    kept = tuple(c for c in cases if c.labels is not None and target_of(c.facts, head).any())
    if cases and not kept:
        msg = (
            f"none of {len(cases)} validation cases has outlines and a known {head!r}; name tables"
            " of facts in [data], or split without a validation part"
        )
        raise InputError(msg)
    return kept


def check_classifier(network: nn.Module, stage: StageConfig, head: str) -> None:
    """Refuse a network that does not answer a question, and batches that it can't learn from.

    Raises:
        InputError: If it has another number of outputs, or a batch is of one example.
    """
    config: Any = network.config
    if config.outputs != QUESTIONS[head]:
        msg = (
            f"stage {stage.name!r}: {head!r} has {QUESTIONS[head]} classes, the network"
            f" {config.outputs} outputs; set network.config.outputs"
        )
        raise InputError(msg)
    if stage.batch < 2:
        msg = f"stage {stage.name!r}: batch normalization needs a batch of 2 or more, not 1"
        raise InputError(msg)


def check_unused(stage: StageConfig, **unused: object) -> None:
    """Refuse settings of a stage that a regime does not follow.

    Args:
        stage: Of the run.
        unused: Names of its fields, each with the value that it must keep.

    Raises:
        InputError: At the first one that has another value.
    """
    for name, value in unused.items():
        if getattr(stage, name) != value:
            msg = (
                f"stage {stage.name!r}: {name} = {getattr(stage, name)!r} has no meaning for regime"
                f" {stage.regime!r}; leave it out"
            )
            raise InputError(msg)


def softmax_probs(logits: Tensor) -> Tensor:
    """Return probabilities in float32, shape ``(B, C)``, whatever precision the logits have."""
    return torch.softmax(logits.float(), dim=1)
