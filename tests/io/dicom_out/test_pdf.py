from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread, dcmwrite

from glioscope.core import InputError
from glioscope.io.dicom_out.pdf import make_pdf


def written(instance: Dataset) -> bytes:
    buffer = BytesIO()
    dcmwrite(buffer, instance, enforce_file_format=True)
    return buffer.getvalue()


def with_report(drawn: Any, folder: Path, content: bytes) -> Any:
    (folder / "report.pdf").write_bytes(content)
    return replace(drawn.result, folder=folder)


@pytest.mark.parametrize("kind", ["drawn", "on_enhanced_files", "on_bare_headers"])
def test_the_validator_finds_no_error(
    kind: str, errors_of: Callable[[Dataset], list[str]], request: pytest.FixtureRequest
) -> None:
    drawn = request.getfixturevalue(kind)

    assert errors_of(make_pdf(drawn.result, drawn.origin, drawn.identity)) == []


def test_the_report_comes_out_byte_for_byte(drawn: Any) -> None:
    report = (drawn.result.folder / "report.pdf").read_bytes()

    found = dcmread(BytesIO(written(make_pdf(drawn.result, drawn.origin, drawn.identity))))

    assert found.EncapsulatedDocument[: found.EncapsulatedDocumentLength] == report
    assert found.MIMETypeOfEncapsulatedDocument == "application/pdf"


@pytest.mark.parametrize("content", [b"%PDF-1.7 odd", b"%PDF-1.7 even"])
def test_the_length_is_even_and_the_true_one_is_told(
    content: bytes, drawn: Any, tmp_path: Path
) -> None:
    result = with_report(drawn, tmp_path, content)

    found = dcmread(BytesIO(written(make_pdf(result, drawn.origin, drawn.identity))))

    assert len(found.EncapsulatedDocument) % 2 == 0
    assert found.EncapsulatedDocumentLength == len(content)
    assert found.EncapsulatedDocument[: len(content)] == content


def test_it_names_its_source_and_that_the_case_stands_on_it(drawn: Any) -> None:
    found = make_pdf(drawn.result, drawn.origin, drawn.identity)

    named = [one.ReferencedSOPInstanceUID for one in found.SourceInstanceSequence]
    assert named == [one.SOPInstanceUID for one in drawn.origin.datasets]
    assert found.BurnedInAnnotation == "YES"
    assert found.StudyInstanceUID == drawn.identity.study_uid


def test_the_same_result_gives_the_same_bytes(drawn: Any) -> None:
    first = written(make_pdf(drawn.result, drawn.origin, drawn.identity))

    assert written(make_pdf(drawn.result, drawn.origin, drawn.identity)) == first


def test_a_report_that_is_gone_is_refused(drawn: Any, tmp_path: Path) -> None:
    result = replace(drawn.result, folder=tmp_path)

    with pytest.raises(InputError, match=r"report\.pdf"):
        make_pdf(result, drawn.origin, drawn.identity)
