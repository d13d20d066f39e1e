"""CaseResult and tested facts to a plan: rules that cite their sources, retrieval, wording."""

from glioscope.guidance.check import CheckedGuidance, check_guidance
from glioscope.guidance.facts import (
    Facts,
    FactValue,
    PredictedMarker,
    facts_from_result,
    told_facts,
)
from glioscope.guidance.knowledge import FactEntry, load_knowledge, load_vocabulary
from glioscope.guidance.make import make_plan, safe_plan
from glioscope.guidance.queries import plan_queries
from glioscope.guidance.rules import Rule, load_rules

__all__ = [
    "CheckedGuidance",
    "FactEntry",
    "FactValue",
    "Facts",
    "PredictedMarker",
    "Rule",
    "check_guidance",
    "facts_from_result",
    "load_knowledge",
    "load_rules",
    "load_vocabulary",
    "make_plan",
    "plan_queries",
    "safe_plan",
    "told_facts",
]
