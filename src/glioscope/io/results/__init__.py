"""A result as `glioscope analyze` left it on disk: what every standard output is a view of."""

from glioscope.io.results.folder import WrittenResult, read_result, report_bytes

__all__ = ["WrittenResult", "read_result", "report_bytes"]
