"""What is known of one patient, and how people tell it."""

from glioscope.guidance.facts.facts import Facts, FactValue, PredictedMarker
from glioscope.guidance.facts.tell import told_facts, told_value

__all__ = ["FactValue", "Facts", "PredictedMarker", "told_facts", "told_value"]
