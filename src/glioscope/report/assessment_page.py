"""Write the predictions as pages of their own: all files or none."""

from __future__ import annotations

from pathlib import Path

from glioscope.core import RESULT_SCHEMA_VERSION, Assessment, Patient
from glioscope.report.assessment_content import assessment_blocks
from glioscope.report.document import Document, Section
from glioscope.report.files import write_together
from glioscope.report.html import to_html
from glioscope.report.notice_boxes import notice_callouts, remarks
from glioscope.report.patient_page import make_patient_document
from glioscope.report.pdf import to_pdf
from glioscope.report.plain import Json, json_bytes, patient_json
from glioscope.report.serialize_assessment import assessment_json
from glioscope.report.words import STATEMENT, patient_facts


def write_assessment(
    assessment: Assessment,
    *,
    case_id: str,
    patient: Patient,
    folder: Path,
    for_patient: bool = False,
    show_survival: bool = False,
) -> None:
    """Write prediction.json, prediction.html and prediction.pdf; the same input, the same bytes.

    Args:
        assessment: What is predicted.
        case_id: Pseudonym.
        patient: Age and sex as told.
        folder: Made if it is not there; older files of these names are replaced.
        for_patient: Write patient.html too, in plain words.
        show_survival: Let patient.html tell of survival; the other files always do.

    Raises:
        OutputError: If a number is not finite, or the folder can't be made or written; nothing
            half-written is left.
    """
    told = prediction_json(assessment, case_id=case_id, patient=patient)
    document = make_assessment_document(assessment, case_id=case_id, patient=patient)
    files = {
        "prediction.json": json_bytes(told),
        "prediction.html": to_html(document),
        "prediction.pdf": to_pdf(document),
    }
    if for_patient:
        page = make_patient_document(
            assessment, case_id=case_id, patient=patient, show_survival=show_survival
        )
        files["patient.html"] = to_html(page)
    write_together(files, folder, what=f"the prediction of case {case_id}")


def prediction_json(assessment: Assessment, *, case_id: str, patient: Patient) -> Json:
    """Return prediction.json: the ``assessment`` of result.json with whom it is about."""
    return {
        "schema_version": RESULT_SCHEMA_VERSION,
        "statement": STATEMENT,
        "case_id": case_id,
        "patient": patient_json(patient),
        "assessment": assessment_json(assessment),
    }


def make_assessment_document(assessment: Assessment, *, case_id: str, patient: Patient) -> Document:
    """Return the page for the doctor as neutral content."""
    blocks = (*assessment_blocks(assessment), *remarks(assessment.notices))
    return Document(
        title="Brain tumor MRI: predictions from imaging",
        facts=(("Case", case_id), *patient_facts(patient)),
        statement=STATEMENT,
        callouts=notice_callouts(assessment.notices),
        sections=(Section(ident="predictions", title="Predictions", blocks=blocks),),
    )
