"""CaseResult and tested facts to a plan: rules that cite their sources, retrieval, wording."""

from glioscope.guidance.facts import Facts, PredictedMarker, told_facts
from glioscope.guidance.knowledge import load_knowledge, load_vocabulary
from glioscope.guidance.make import make_plan
from glioscope.guidance.rules import load_rules

__all__ = [
    "Facts",
    "PredictedMarker",
    "load_knowledge",
    "load_rules",
    "load_vocabulary",
    "make_plan",
    "told_facts",
]
