"""CaseResult and Assessment to HTML, PDF, JSON, text and pictures."""

from glioscope.report.assessment_page import write_assessment
from glioscope.report.assessment_text import assessment_text
from glioscope.report.plan import (
    LANGUAGES,
    plan_from_json,
    plan_schema,
    plan_sections,
    plan_to_json,
    write_plan,
)
from glioscope.report.serialize import result_schema, result_to_json
from glioscope.report.serialize_assessment import assessment_json
from glioscope.report.write import write_report

__all__ = [
    "LANGUAGES",
    "assessment_json",
    "assessment_text",
    "plan_from_json",
    "plan_schema",
    "plan_sections",
    "plan_to_json",
    "result_schema",
    "result_to_json",
    "write_assessment",
    "write_plan",
    "write_report",
]
