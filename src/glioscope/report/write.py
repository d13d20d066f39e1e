"""Write the report: all files or none."""

from __future__ import annotations

from pathlib import Path

from glioscope.core import CaseResult
from glioscope.report.content import make_document
from glioscope.report.files import write_together
from glioscope.report.html import to_html
from glioscope.report.pdf import to_pdf
from glioscope.report.pictures import make_pictures
from glioscope.report.serialize import result_bytes


def write_report(result: CaseResult, folder: Path) -> None:
    """Write report.html, report.pdf and result.json; the same result gives the same bytes.

    Everything is made in memory first and every file is renamed into place when it is whole.

    Args:
        result: Everything that is known of the case.
        folder: Made if it is not there; older files of these names are replaced.

    Raises:
        OutputError: If the folder can't be made or written; nothing half-written is left.
    """
    data = result_bytes(result)
    document = make_document(result, make_pictures(result))
    files = {
        "report.html": to_html(document),
        "report.pdf": to_pdf(document),
        "result.json": data,
    }
    write_together(files, folder, what=f"the report of case {result.case.case_id}")
