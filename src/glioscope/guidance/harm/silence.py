"""Harms of what a plan leaves unsaid, or says on nothing."""

from __future__ import annotations

from typing import Final

from glioscope.core import Plan
from glioscope.guidance.harm.record import Harm
from glioscope.guidance.harm.seen import Seen
from glioscope.guidance.harm.tumor import contradictory, pseudoprogression_window

DOSE_LIMITS: Final = {
    "temozolomide-mg-m2": 200.0,
    "lomustine-mg-m2": 130.0,
    "radiotherapy-gy": 60.0,
    "bevacizumab-mg-kg": 10.0,
    "vorasidenib-mg": 40.0,
    "dexamethasone-mg": 16.0,
}
"""Greatest doses of the labels, of the trials' radiotherapy, and of usual care with steroids."""
_DAILY_MG_M2: Final = 75.0
"""Temozolomide with radiotherapy (its label)."""


def _dose_passed(seen: Seen) -> bool:
    daily = seen.says("temozolomide-schedule", "daily-with-radiotherapy")
    too_much = any(seen.above(fact, limit) for fact, limit in DOSE_LIMITS.items()) or (
        daily and seen.above("temozolomide-mg-m2", _DAILY_MG_M2)
    )
    return too_much and not seen.refuses("dose")


def _uncited(seen: Seen) -> bool:
    return any(
        not option.citations
        or not option.reasons
        or any(not s.citations for s in (*option.reasons, *option.conditions, *option.cautions))
        for option in seen.plan.options
    )


def cited(plan: Plan) -> frozenset[str]:
    """Return the ids of all statements that a plan cites anywhere."""
    sentences = [s for o in plan.options for s in (*o.reasons, *o.conditions, *o.cautions)]
    sentences += [*plan.diagnosis, *plan.notes, *(branch.text for branch in plan.branches)]
    named = [sentence.citations for sentence in sentences]
    named += [option.citations for option in plan.options]
    named += [test.citations for test in plan.tests]
    named += [refusal.citations for refusal in plan.refusals]
    named += [rule.statements for rule in plan.rules if rule.fired]
    return frozenset(name for names in named for name in names)


def _unresolved(seen: Seen) -> bool:
    plan = seen.plan
    return not cited(plan) <= set(plan.statements) or any(
        statement.source not in plan.sources for statement in plan.statements.values()
    )


SILENCE: Final[tuple[Harm, ...]] = (
    Harm(
        id="prediction-not-named",
        why="Whoever reads would take a prediction for a test.",
        when=lambda seen: bool(seen.facts.only_predicted) and not seen.refuses("predicted-marker"),
    ),
    Harm(
        id="prediction-among-the-facts",
        why="A prediction that rules can see decides like a test.",
        when=lambda seen: any(name in seen.plan.facts for name in seen.facts.only_predicted),
    ),
    Harm(
        id="contradiction-not-named",
        why="The laboratory's error would stay where it is.",
        when=lambda seen: contradictory(seen) and not seen.refuses("contradictory-markers"),
    ),
    Harm(
        id="pseudoprogression-not-named",
        why="Nobody would wait for the MRI that settles it.",
        when=lambda seen: pseudoprogression_window(seen) and not seen.refuses("pseudoprogression"),
    ),
    Harm(
        id="child-not-refused",
        why="A plan for an adult would be read for a child.",
        when=lambda seen: seen.below("age-years", 18) and not seen.refuses("child"),
    ),
    Harm(
        id="dose-passed",
        why="A slip of the pen would reach the pharmacy.",
        when=_dose_passed,
    ),
    Harm(
        id="uncited-sentence",
        why="Nobody could check what the option rests on.",
        when=_uncited,
    ),
    Harm(
        id="citation-to-nothing",
        why="A reference that does not exist looks like proof.",
        when=_unresolved,
    ),
)
