"""What a plan says, in the words of a language model, as far as its records hold them."""

from glioscope.guidance.wording.check import (
    Checked,
    Claim,
    Evidence,
    Scope,
    check_claims,
    evidence_of,
    scope_of,
)
from glioscope.guidance.wording.config import Patience, WordingConfig
from glioscope.guidance.wording.word import word_plan

__all__ = [
    "Checked",
    "Claim",
    "Evidence",
    "Patience",
    "Scope",
    "WordingConfig",
    "check_claims",
    "evidence_of",
    "scope_of",
    "word_plan",
]
