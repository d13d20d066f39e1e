"""Deterministic, versioned rules: small records that name the statements they rest on."""

from glioscope.guidance.rules.condition import Condition, parse_condition
from glioscope.guidance.rules.judge import Verdict, judge
from glioscope.guidance.rules.load import load_rules, parse_rule
from glioscope.guidance.rules.rule import (
    BranchOn,
    Conclude,
    Effect,
    Note,
    Offer,
    Order,
    Refuse,
    Remark,
    Rule,
)
from glioscope.guidance.rules.run import Outcomes, run_rules

__all__ = [
    "BranchOn",
    "Conclude",
    "Condition",
    "Effect",
    "Note",
    "Offer",
    "Order",
    "Outcomes",
    "Refuse",
    "Remark",
    "Rule",
    "Verdict",
    "judge",
    "load_rules",
    "parse_condition",
    "parse_rule",
    "run_rules",
]
