"""What is known of one patient, and how people tell it."""

from glioscope.guidance.facts.facts import Facts, FactValue, PredictedMarker
from glioscope.guidance.facts.from_result import facts_from_result
from glioscope.guidance.facts.tell import told_facts, told_value

__all__ = [
    "FactValue",
    "Facts",
    "PredictedMarker",
    "facts_from_result",
    "told_facts",
    "told_value",
]
