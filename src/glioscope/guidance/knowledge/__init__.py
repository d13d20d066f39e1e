"""What sources say, one fact a record, and the names that records and rules use."""

from glioscope.guidance.knowledge.load import Knowledge, load_knowledge
from glioscope.guidance.knowledge.vocabulary import (
    FactEntry,
    RefusalEntry,
    TestEntry,
    TreatmentEntry,
    Vocabulary,
    load_vocabulary,
)

__all__ = [
    "FactEntry",
    "Knowledge",
    "RefusalEntry",
    "TestEntry",
    "TreatmentEntry",
    "Vocabulary",
    "load_knowledge",
    "load_vocabulary",
]
