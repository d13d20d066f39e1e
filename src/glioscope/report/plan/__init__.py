"""A plan as pages for the tumor board and for the patient, and as JSON."""

from glioscope.report.plan.from_json import plan_from_json
from glioscope.report.plan.language import LANGUAGES
from glioscope.report.plan.section import plan_sections
from glioscope.report.plan.to_json import plan_schema, plan_to_json
from glioscope.report.plan.write import write_plan

__all__ = [
    "LANGUAGES",
    "plan_from_json",
    "plan_schema",
    "plan_sections",
    "plan_to_json",
    "write_plan",
]
