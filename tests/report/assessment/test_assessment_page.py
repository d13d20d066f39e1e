from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pypdf import PdfReader

from glioscope.core import Assessment, OutputError, Patient, Target
from glioscope.report import assessment_json, result_schema, write_assessment
from glioscope.report.assessment_page import make_assessment_document
from glioscope.report.assessment_words import CAUTION, TARGET_NAMES, TOLD
from glioscope.report.document import Callout, Document, Heading, Paragraph, Picture, Table
from glioscope.report.html import to_html
from glioscope.report.pdf import to_pdf
from glioscope.report.words import STATEMENT

KINDS = ["full", "abstained", "known IDH", "without age", "without survival", "nothing"]
PATIENT = Patient(age_years=62.0, sex="F")
TEXT_TAGS = {"td", "th", "p", "li", "dd", "h1", "h2", "h3", "caption", "figcaption"}


class Texts(HTMLParser):
    """The texts of a page, one a cell, paragraph or head."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open = False
        self.feed(page.decode())

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag in TEXT_TAGS
        if self._open:
            self.texts.append("")

    def handle_endtag(self, _tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[-1] += data


def squeezed(text: str) -> str:
    return re.sub(r"\s|\xa0", "", text)


def pdf_text(pdf: bytes) -> str:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    foot = r"Glioscope · case .*\n?|page \d+ of \d+\n?"
    return squeezed("".join(re.sub(foot, "", page) for page in pages))


def document_of(assessment: Assessment) -> Document:
    return make_assessment_document(assessment, case_id="case-001", patient=PATIENT)


def parts(document: Document) -> dict[str, list[str]]:
    """The texts below each heading of the predictions, those of pictures among them."""
    found: dict[str, list[str]] = {"": []}
    title = ""
    for block in document.sections[0].blocks:
        match block:
            case Heading(text=text):
                title = text
                found[title] = []
            case Paragraph(text=text):
                found[title].append(text)
            case Table():
                rows = [cell for row in block.rows for cell in row]
                found[title] += [block.caption, *rows, block.note or ""]
            case Picture():
                found[title] += [block.alt, block.caption]
            case Callout():
                found[title] += [block.title, *block.items]
    return found


def part(assessment: Assessment, target: Target) -> str:
    return "\n".join(parts(document_of(assessment))[TARGET_NAMES[target]])


def written(assessment: Assessment, folder: Path) -> dict[str, bytes]:
    write_assessment(assessment, case_id="case-001", patient=PATIENT, folder=folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_three_files_are_written_and_a_fourth_for_the_patient(
    full: Assessment, tmp_path: Path
) -> None:
    three = {"prediction.json", "prediction.html", "prediction.pdf"}

    assert set(written(full, tmp_path)) == three
    write_assessment(full, case_id="x", patient=PATIENT, folder=tmp_path, for_patient=True)
    assert {path.name for path in tmp_path.iterdir()} == three | {"patient.html"}


def test_the_same_input_gives_the_same_bytes(full: Assessment, tmp_path: Path) -> None:
    assert written(full, tmp_path / "a") == written(full, tmp_path / "b")


@pytest.mark.parametrize("kind", KINDS)
def test_page_and_pdf_tell_the_same(kinds: dict[str, Assessment], kind: str) -> None:
    document = document_of(kinds[kind])
    texts = [text for text in Texts(to_html(document)).texts if text.strip()]
    pdf = pdf_text(to_pdf(document))

    assert len(texts) > 5
    assert [text for text in texts if squeezed(text) not in pdf] == []
    assert pdf.count(squeezed(STATEMENT)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_json_keeps_to_the_schema(kinds: dict[str, Assessment], kind: str) -> None:
    schema = result_schema()
    told = json.loads(json.dumps(assessment_json(kinds[kind]), allow_nan=False))

    Draft202012Validator({"$ref": "#/$defs/assessment", "$defs": schema["$defs"]}).validate(told)


def test_prediction_json_says_whom_it_is_about(full: Assessment, tmp_path: Path) -> None:
    told = json.loads(written(full, tmp_path)["prediction.json"])

    assert told["case_id"] == "case-001"
    assert told["patient"]["age"]["value"] == 62.0
    assert told["statement"] == STATEMENT
    assert told["assessment"] == assessment_json(full)


@pytest.mark.parametrize("target", [t for t in Target if t is not Target.MGMT])
def test_every_prediction_carries_the_caution_and_what_it_is_worth(
    full: Assessment, target: Target
) -> None:
    text = part(full, target)
    first = full.predictions[target].outcomes[0]

    assert CAUTION in text
    assert CAUTION == "Predicted from imaging; tissue diagnosis needed"
    assert f"{100 * first.probability:.0f}%" in text or ">99%" in text
    assert first.baseline is not None
    assert f"{100 * first.baseline:.0f}%" in text
    assert f"{100 * first.share:.0f}%, most frequent" in text
    assert "The 90% set" in text
    assert "calibration error 0.041" in text
    assert "on 495 patients of UCSF-PDGM" in text


def test_how_good_it_is_stands_beside_simpler_predictions(full: Assessment) -> None:
    text = part(full, Target.IDH)

    assert "AUC 0.93 (95% interval 0.90 to 0.96)" in text
    assert "age and sex alone reach 0.88" in text
    assert "most frequent answer is right in 80%" in text


def test_survival_carries_the_caution_at_table_and_curve(full: Assessment) -> None:
    texts = parts(document_of(full))["Overall survival"]

    assert sum(CAUTION in text for text in texts) == 2
    joined = "\n".join(texts)
    for told in ("13.6", "10.9 to 16.9", "55%", "46% to 63%", "25%", "17% to 35%", "68%"):
        assert told in joined
    assert "Uno's C-index 0.71" in joined
    assert "Missing: resection, IDH from tissue." in joined


def test_mgmt_says_that_images_do_not_tell_and_names_no_probability(full: Assessment) -> None:
    text = part(full, Target.MGMT)

    assert "no evidence that imaging tells MGMT; test the tissue" in text
    assert "AUC 0.54 (95% interval 0.51 to 0.57)" in text
    assert "age and sex alone reach 0.53" in text
    assert "%" not in text.replace("95% interval", "")
    assert assessment_json(full)["predictions"]["mgmt"]["outcomes"] == []


def test_what_the_pathologist_told_is_no_prediction(kinds: dict[str, Assessment]) -> None:
    text = part(kinds["known IDH"], Target.IDH)
    told = assessment_json(kinds["known IDH"])["predictions"]["idh"]

    assert text == "IDH-mutant: told by the pathologist, so this is not a prediction."
    assert (told["known"], told["statement"], told["outcomes"]) == ("mutant", TOLD, [])
    assert told["reasons"] == []


def test_an_abstention_stands_in_place_of_all_numbers(kinds: dict[str, Assessment]) -> None:
    document = document_of(kinds["abstained"])
    found = parts(document)
    told = assessment_json(kinds["abstained"])

    assert list(found) == [""]
    assert "No prediction is made" in found[""]
    assert "The scan lies further from the training patients than 99 of 100 of them" in found[""]
    assert "%" not in "".join(found[""])
    assert (told["predictions"], told["survival"], told["similar"]) == ({}, None, [])


def test_without_age_and_sex_nothing_stands_beside_the_model(
    kinds: dict[str, Assessment],
) -> None:
    text = part(kinds["without age"], Target.IDH)
    told = assessment_json(kinds["without age"])

    assert "neither age nor sex is known" in text
    assert "age and sex alone reach" not in text
    assert [o["baseline"] for o in told["predictions"]["idh"]["outcomes"]] == [None, None]
    assert told["survival"]["curve"]["baseline"] == []
    assert told["survival"]["baseline_one_year"]["value"] is None


def test_what_is_missing_is_told_with_its_cost(full: Assessment) -> None:
    assert full.missing[0] in parts(document_of(full))[""]


def test_similar_patients_tell_no_course_where_survival_was_not_asked_for(
    full: Assessment, kinds: dict[str, Assessment]
) -> None:
    with_course = "".join(parts(document_of(full))["Similar patients"])
    hidden = "".join(parts(document_of(kinds["similar only"]))["Similar patients"])

    assert "died after 15 months" in with_course
    assert "alive after 33 months, when follow-up ended" in with_course
    assert "months" not in hidden
    assert "60 to 64" in hidden


def test_nothing_names_a_training_patient(full: Assessment) -> None:
    told = assessment_json(full)["similar"]

    assert {key for patient in told for key in patient} == {
        "entity",
        "age_band",
        "sex",
        "months",
        "died",
        "distance",
    }


def test_hostile_text_is_only_text(full: Assessment) -> None:
    hostile = '<script>alert("x")</script>'
    page = to_html(document_of(replace(full, missing=(hostile,), model=hostile, notices=())))

    assert b"<script" not in page
    assert hostile in Texts(page).texts


def test_warnings_of_the_predictions_stand_on_top(full: Assessment) -> None:
    (box,) = document_of(full).callouts

    assert box.items == ("The tumor is larger than 97 of 100 in training.",)


def test_a_folder_that_can_not_be_made_is_one_error(full: Assessment, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(OutputError, match=r"prediction of case case-001.*--output"):
        written(full, tmp_path / "file" / "out")
