"""CaseResult to HTML, PDF, JSON and pictures."""

from glioscope.report.serialize import result_schema, result_to_json
from glioscope.report.write import write_report

__all__ = ["result_schema", "result_to_json", "write_report"]
