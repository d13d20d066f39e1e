"""Write a plan: all files or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glioscope.core import Plan
from glioscope.report.files import write_together
from glioscope.report.html import to_html
from glioscope.report.pdf import to_pdf
from glioscope.report.plain import json_bytes
from glioscope.report.plan.imaging import imaging_of
from glioscope.report.plan.inert import inert
from glioscope.report.plan.language import ENGLISH
from glioscope.report.plan.page import make_plan_document
from glioscope.report.plan.patient_page import make_patient_plan
from glioscope.report.plan.to_json import plan_to_json


def write_plan(
    plan: Plan,
    folder: Path,
    *,
    language: str = ENGLISH,
    show_survival: bool = False,
    result: Mapping[str, Any] | None = None,
) -> tuple[Path, ...]:
    """Write plan.html, plan.pdf, plan.json and patient.html; the same plan gives the same bytes.

    Everything is made in memory first and every file is renamed into place when it is whole.

    Args:
        plan: What guidelines support.
        folder: Made if it is not there; older files of these names are replaced.
        language: Of patient.html: ``"en"``, ``"zh"`` or ``"es"``; the plan itself is in English.
        show_survival: Let patient.html tell of survival, for a patient who asked for it.
        result: Content of the ``result.json`` of the same case, of which patient.html tells place,
            size and (if asked) survival; ``None`` without images.

    Returns:
        The files, in the order above.

    Raises:
        InputError: If patient.html is not written in the language, or the result is damaged.
        OutputError: If the plan cites a statement that it does not hold, a number is not finite,
            or the folder can't be made or written; nothing half-written is left.
    """
    clean = inert(plan)
    patient = make_patient_plan(
        clean,
        language=language,
        imaging=None if result is None else imaging_of(result),
        show_survival=show_survival,
    )
    document = make_plan_document(clean, remarks=_remarks(language))
    files = {
        "plan.html": to_html(document),
        "plan.pdf": to_pdf(document),
        "plan.json": json_bytes(plan_to_json(clean)),
        "patient.html": to_html(patient),
    }
    write_together(files, folder, what=f"the plan of case {clean.case_id}")
    return tuple(folder / name for name in files)


def _remarks(language: str) -> tuple[str, ...]:
    if language == ENGLISH:
        return ()
    text = (
        "The plan for professionals is written in English only; patient.html is in the language"
        f" that was asked for ({language})."
    )
    return (text,)
