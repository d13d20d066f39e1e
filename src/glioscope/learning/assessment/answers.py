"""What a network answers about a whole case, head by head, and what the truth is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.learning.data.batch import GRADES, TUMOR_TYPES, clinical_of
from glioscope.learning.data.listing import Facts
from glioscope.learning.data.question import GRADE_4, target_of
from glioscope.networks.gmmas import Gmmas, GmmasOutput
from glioscope.networks.visual_pathway_classifier import Heads, VisualPathwayClassifier

CLASSES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        GRADE_4: ("grade 2 or 3", "grade 4"),
        "tumor_type": TUMOR_TYPES,
        "grade": tuple(f"grade {grade}" for grade in GRADES),
        "idh": ("wildtype", "mutant"),
        "codeletion": ("intact", "codeleted"),
        "mgmt": ("unmethylated", "methylated"),
    }
)
"""Names of the classes of every question, see ``learning.data.question.QUESTIONS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer about one case.

    Args:
        probs: Of the classes, in their order, summing to 1.
        truth: Place of the true class; ``None`` where nobody knows.
    """

    probs: tuple[float, ...]
    truth: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """What a network is shown of one case.

    Args:
        image: Shape ``(1, S, I, J, K)``.
        presence: Shape ``(1, S)``.
        facts: Age and sex are used where the network asks for them.
    """

    image: Tensor
    presence: Tensor
    facts: Facts


def answers_of(network: nn.Module, shown: Shown) -> dict[str, tuple[float, ...]]:
    """Return the probabilities of the classes of every question that a network answers.

    Raises:
        ModelError: If it answers none.
    """
    for kind, asked in _ASKED.items():
        if isinstance(network, kind):
            return {head: _shares(logits) for head, logits in asked(network, shown).items()}
    msg = f"a {type(network).__name__} answers nothing about a whole case; judge its segmentation"
    raise ModelError(msg)


def can_answer(network: nn.Module) -> bool:
    """Return whether a network answers questions about a whole case."""
    return isinstance(network, tuple(_ASKED))


def truth_of(facts: Facts, head: str) -> int | None:
    """Return the place of the true class; ``None`` where nobody knows."""
    target = target_of(facts, head)
    return int(target.argmax()) if target.any() else None


def _of_gmmas(network: nn.Module, shown: Shown) -> dict[str, Tensor]:
    output: GmmasOutput = network(shown.image, shown.presence)
    # other classes than these three would have no names
    subtype = {"tumor_type": output.subtype} if output.subtype.shape[1] == len(TUMOR_TYPES) else {}
    return {**subtype, "idh": _of_two(output.idh), "codeletion": _of_two(output.codeletion)}


def _of_pathway(network: nn.Module, shown: Shown) -> dict[str, Tensor]:
    scale: Any = network.clinical_scale
    clinical = clinical_of(shown.facts)[None].to(shown.image.device)
    # an unknown age says nothing, as the mean of the training patients does
    clinical = torch.where(clinical.isnan(), scale.mean, clinical)
    output: Heads = network(shown.image, clinical, shown.presence)
    heads = ("tumor_type", "grade", "idh", "mgmt")
    return {head: getattr(output, head) for head in heads}


def _of_two(logit: Tensor) -> Tensor:
    """Return the logits of no and yes whose softmax is the sigmoid of one logit."""
    return torch.stack([torch.zeros_like(logit), logit], dim=-1)


def _shares(logits: Tensor) -> tuple[float, ...]:
    return tuple(torch.softmax(logits[0].double(), dim=-1).tolist())


_ASKED: Final[Mapping[type[nn.Module], Callable[[nn.Module, Shown], dict[str, Tensor]]]] = (
    MappingProxyType({Gmmas: _of_gmmas, VisualPathwayClassifier: _of_pathway})
)
