"""The one question that a classifier of whole tumors answers, and who has an answer to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from glioscope.core import InputError
from glioscope.learning.data.batch import HEADS, targets_of
from glioscope.learning.data.listing import Facts, ListedCase
from glioscope.learning.data.plan import Pool

GRADE_4 = "grade4"
"""WHO 4 against 2 and 3: the high and the low grade of the ResNet paper."""

QUESTIONS: Mapping[str, int] = {GRADE_4: 2, **HEADS}
"""Classes of every question; of two, the second is the one to be found."""


def check_question(head: str) -> None:
    """Refuse a question that nobody knows.

    Raises:
        InputError: With those that are known.
    """
    if head not in QUESTIONS:
        msg = f"no question is called {head!r}; known: {', '.join(QUESTIONS)}"
        raise InputError(msg)


def question_targets(targets: Mapping[str, Tensor], head: str) -> Tensor:
    """Return the targets of a question, shape ``(..., C)``, all 0 where nobody knows.

    Args:
        targets: Of every head, shape ``(..., C)``.
        head: See ``QUESTIONS``.
    """
    if head != GRADE_4:
        return targets[head]
    grades = targets["grade"]
    return torch.stack([grades[..., :2].sum(dim=-1), grades[..., 2]], dim=-1)


def target_of(facts: Facts, head: str) -> Tensor:
    """Return the one-hot answer of a patient, shape ``(C,)``, all 0 where nobody knows."""
    return question_targets(targets_of(facts), head)


def answered(pool: Pool, head: str) -> tuple[ListedCase, ...]:
    """Return the cases to learn a question from: its answer is known, and the tumor outlined.

    Args:
        pool: Its labels that must not be used are not.
        head: See ``QUESTIONS``.

    Raises:
        InputError: If fewer than two classes have a case.
    """
    cases = tuple(
        case
        for case in pool.cases
        if case.labels is not None
        and case.case_id not in pool.unlabelled
        and target_of(case.facts, head).any()
    )
    classes = {class_of(case, head) for case in cases}
    if len(classes) < 2:
        msg = (
            f"the {len(cases)} training cases with outlines and a known {head!r} are of"
            f" {len(classes)} classes; name tables of facts in [data], or ask another question"
        )
        raise InputError(msg)
    return cases


def class_of(case: ListedCase, head: str) -> int:
    """Return the class of a case whose answer is known."""
    return int(target_of(case.facts, head).argmax())


def upsampled(cases: Iterable[ListedCase], head: str) -> tuple[ListedCase, ...]:
    """Repeat the cases of each class in turn until all classes have as many as the largest.

    Args:
        cases: With known answers.
        head: See ``QUESTIONS``.
    """
    by_class: dict[int, list[ListedCase]] = {}
    for case in cases:
        by_class.setdefault(class_of(case, head), []).append(case)
    most = max(len(members) for members in by_class.values())
    return tuple(
        by_class[place][number % len(by_class[place])]
        for place in sorted(by_class)
        for number in range(most)
    )


def question_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy over the examples whose answer is known; 0 without any.

    Args:
        logits: Shape ``(B, C)``.
        targets: One-hot or mixed, shape ``(B, C)``; all 0 where nobody knows.
    """
    each = -(targets * functional.log_softmax(logits.float(), dim=1)).sum(dim=1)
    return each.sum() / targets.sum().clamp(min=1.0)
