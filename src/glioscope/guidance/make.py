"""Facts of a patient to a plan."""

from __future__ import annotations

from dataclasses import replace

from glioscope.core import Plan
from glioscope.guidance.compose import Composer
from glioscope.guidance.facts import Facts
from glioscope.guidance.harm import harms
from glioscope.guidance.knowledge import load_knowledge, load_vocabulary
from glioscope.guidance.rules import load_rules, run_rules


def make_plan(facts: Facts, *, case_id: str) -> Plan:
    """Return what guidelines support for a patient, from the shipped rules alone.

    The same facts give the same plan.  Nothing is taken from the network, from a document or from
    a language model.

    Args:
        facts: Told, measured and predicted; only tested markers count.
        case_id: Pseudonym.

    Raises:
        InputError: If the shipped knowledge is damaged.
    """
    vocabulary = load_vocabulary()
    outcomes = run_rules(load_rules(), facts, vocabulary)
    composer = Composer(facts=facts, outcomes=outcomes, vocabulary=vocabulary)
    return composer.plan(load_knowledge(), case_id=case_id)


def safe_plan(facts: Facts, *, case_id: str) -> Plan:
    """Return the plan of a patient, held against the harms that rules must never do.

    The list of harms knows nothing of the rules: a defect of a rule, or of a pair of them, takes
    the options away instead of reaching a reader.

    Args:
        facts: As for `make_plan`.
        case_id: Pseudonym.

    Raises:
        InputError: As `make_plan`.
    """
    plan = make_plan(facts, case_id=case_id)
    found = harms(facts, plan)
    if not found:
        return plan
    told = (
        "No options are shown: the plan's own check for harm refused them"
        f" ({', '.join(found)}). Please report this; it is a defect of a rule."
    )
    return replace(plan, options=(), limits=(*plan.limits, told))
