"""A rule: when it fires, what it does, and which statements it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import Strength
from glioscope.guidance.rules.condition import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """A derived fact gets a value.

    Args:
        fact: Derived, such as ``"entity"``.
        value: Such as ``"glioblastoma"``.
        text: A sentence for the diagnosis; empty where nobody needs to read it.
    """

    fact: str
    value: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A treatment becomes an option.

    Args:
        treatment: Of the vocabulary.
        strength: How strongly the guideline stands behind it for these patients.
        why: A sentence.
    """

    treatment: str
    strength: Strength
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A sentence on every option that has one of the rule's components.

    Args:
        kind: ``"condition"`` (must hold), ``"caution"`` (care) or ``"exclude"`` (the option
            becomes a refusal).
        text: A sentence.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A test is ordered.

    Args:
        test: Of the vocabulary.
        why: A sentence: what it decides for this patient.
    """

    test: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Something is refused.

    Args:
        refusal: Kind, of the vocabulary.
        why: A sentence.
    """

    refusal: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence that belongs to no single option.

    Args:
        text: The sentence.
    """

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchOn:
    """What a predicted outcome would mean if tissue confirmed it.

    Args:
        marker: Fact that is predicted and not tested.
        outcome: Of it.
        text: A sentence that begins "If tissue confirms".
        tests: Of the vocabulary, first to make first.
    """

    marker: str
    outcome: str
    text: str
    tests: tuple[str, ...]


Effect = Conclude | Offer | Remark | Order | Refuse | Note | BranchOn


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A small record; it fires if all of its conditions hold.

    Args:
        id: Unique.
        version: Raised with each change of its meaning.
        decides: Completes "This decides ...", for the person who is asked for a fact.
        statements: Ids that it rests on; empty only for a limit of this program.
        when: All must hold, and an unknown one makes the rule wait; the first unknown one is
            asked for.
        any: At least one must hold, where there are any.
        unless: None may hold.  An unknown one does not stop an offer: it becomes a condition of
            the option, and is asked for.
        about: Components; where there are any, the rule is looked at only if a treatment that has
            one of them is offered and, unless the rule itself excludes, not excluded.
        effect: What it does.
    """

    id: str
    version: int
    decides: str
    statements: tuple[str, ...]
    when: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    about: tuple[str, ...] = ()
    effect: Effect
