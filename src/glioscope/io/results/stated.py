"""What a result says in words: predictions with their probabilities, and notices."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import Notice, Sequence, Severity, Target
from glioscope.io.results.folder import WrittenResult


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedOutcome:
    """One possible answer.

    Args:
        name: Such as ``"mutant"``.
        label: The same in the terms of WHO CNS 2021.
        probability: Calibrated, 0 to 1.
        in_set: Can't be excluded with the confidence of the set.
    """

    name: str
    label: str
    probability: float
    in_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The answer to one question.

    Args:
        target: The question.
        known: What the pathologist told, which then is no prediction; else ``None``.
        outcomes: Most probable first; empty where it is known, or where images do not tell.
        confidence: Of the set of answers that can't be excluded, 0 to 1.
        caution: The sentence that must stand beside it.
    """

    target: Target
    known: str | None
    outcomes: tuple[StatedOutcome, ...]
    confidence: float
    caution: str


def stated(result: WrittenResult) -> tuple[Stated, ...]:
    """Return the answers of a result in the order of ``Target``; none where none were asked for."""
    assessment = result.content.get("assessment")
    if assessment is None:
        return ()
    found = assessment["predictions"]
    return tuple(
        Stated(
            target=target,
            known=found[str(target)]["known"],
            outcomes=tuple(
                StatedOutcome(
                    name=one["name"],
                    label=one["label"],
                    probability=one["probability"],
                    in_set=one["in_set"],
                )
                for one in found[str(target)]["outcomes"]
            ),
            confidence=found[str(target)]["confidence"],
            caution=found[str(target)]["statement"],
        )
        for target in Target
        if str(target) in found
    )


def abstained(result: WrittenResult) -> str | None:
    """Return why nothing was predicted, or ``None``."""
    assessment = result.content.get("assessment") or {}
    return assessment.get("abstained")


def notices(result: WrittenResult) -> tuple[Notice, ...]:
    """Return all alarms, warnings and remarks, alarms first."""
    return tuple(
        Notice(
            code=one["code"],
            severity=Severity(one["severity"]),
            message=one["message"],
            sequence=None if one["sequence"] is None else Sequence(one["sequence"]),
        )
        for one in result.content["notices"]
    )
