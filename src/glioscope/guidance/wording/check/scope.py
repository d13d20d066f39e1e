"""Which treatments a plan speaks for, and which against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from glioscope.core import Plan
from glioscope.guidance.knowledge import load_vocabulary
from glioscope.guidance.wording.check.evidence import Evidence
from glioscope.guidance.wording.check.lines import Line
from glioscope.guidance.wording.check.order import skeleton
from glioscope.guidance.wording.check.terms import TREATMENT, covered, treatments_in

_HISTORY: Final = frozenset({"surgery", "resection", "biopsy", "craniotomy"})
"""What nearly every patient has had, so that facts speak of it whatever comes next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Treatments by the ids of `terms.toml`.

    Args:
        offered: Parts of an option, and the classes that they belong to.
        refused: Parts of what the plan refuses and offers in no option.
    """

    offered: frozenset[str]
    refused: frozenset[str]


def scope_of(plan: Plan) -> Scope:
    """Return what a plan offers and refuses."""
    offered = frozenset[str]().union(
        *(_parts(option.treatment) | treatments_in(option.name) for option in plan.options)
    )
    refused = frozenset[str]().union(
        *(_parts(refusal.refused) | treatments_in(refusal.what) for refusal in plan.refusals)
    )
    return Scope(offered=covered(offered) | (_HISTORY - refused), refused=refused - offered)


def out_of_scope(sentence: Line, cited: Sequence[Evidence], scope: Scope) -> str | None:
    """Return what is wrong with the treatments that a sentence names, ``None`` if nothing is.

    A treatment that the plan refuses may be named once, with its "not", from a reviewed record; one
    that is no option only as the setting of a fact, such as "after radiotherapy".
    """
    settings = {term.term for entry in cited for one in entry.settings for term in one.terms}
    main = {term.term for entry in cited for one in entry.main for term in one.terms}
    denied = skeleton(sentence).count("not") == 1 and all(entry.reviewed for entry in cited)
    for term in sentence.terms:
        if term.kind != TREATMENT or term.term in scope.offered:
            continue
        if term.term in scope.refused:
            if not denied:
                return f"names {term.term}, which this plan refuses"
        elif term.term not in settings - main:
            return f"names {term.term}, which is no option of this plan"
    return None


def _parts(treatment: str) -> frozenset[str]:
    entry = load_vocabulary().treatments.get(treatment)
    return frozenset() if entry is None else frozenset(entry.components)
