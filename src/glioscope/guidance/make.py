"""Facts of a patient to a plan."""

from __future__ import annotations

from glioscope.core import Plan
from glioscope.guidance.compose import Composer
from glioscope.guidance.facts import Facts
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
