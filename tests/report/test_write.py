from __future__ import annotations

import errno
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from glioscope.core import CaseResult, OutputError, Quantity, Region
from glioscope.report import write_report
from glioscope.report.content import make_document
from glioscope.report.html import to_html
from glioscope.report.pdf import to_pdf
from glioscope.report.words import REGION_NAMES, STATEMENT

MakeResult = Callable[..., CaseResult]
HOSTILE = '<script>alert("x")</script><b>&amp; {{ 7 * 7 }}'


class Texts(HTMLParser):
    """The texts of the cells, heads, paragraphs and list entries of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open = tag in {"td", "th", "p", "li", "dd", "h1", "h2", "h3", "caption", "figcaption"}
        if self._open:
            self.texts.append("")

    def handle_endtag(self, _tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[-1] += data


def page_texts(html: bytes) -> list[str]:
    parser = Texts()
    parser.feed(html.decode())
    return parser.texts


def squeezed(text: str) -> str:
    return re.sub(r"\s|\xa0", "", text)


def pdf_text(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf))
    pages = [page.extract_text() for page in reader.pages]
    return squeezed(
        "".join(re.sub(r"Glioscope · case .*\n?|page \d+ of \d+\n?", "", p) for p in pages)
    )


@pytest.fixture(scope="module")
def written(result: CaseResult, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("report") / "new"
    write_report(result, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_three_files_are_written_and_nothing_else(written: dict[str, bytes]) -> None:
    assert sorted(written) == ["report.html", "report.pdf", "result.json"]


def test_twice_the_same_bytes(
    result: CaseResult, written: dict[str, bytes], tmp_path: Path
) -> None:
    write_report(result, tmp_path)
    write_report(result, tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written


def test_page_and_pdf_tell_the_same(written: dict[str, bytes]) -> None:
    texts = [text for text in page_texts(written["report.html"]) if text.strip()]
    pdf = pdf_text(written["report.pdf"])

    assert len(texts) > 150
    assert [text for text in texts if squeezed(text) not in pdf] == []


def shown(quantity: dict[str, float | None], decimals: int) -> str:
    value = f"{quantity['value']:.{decimals}f}"
    if quantity["low"] is None:
        return value
    return f"{value} ({quantity['low']:.{decimals}f} to {quantity['high']:.{decimals}f})"


def test_page_and_json_tell_the_same_numbers(written: dict[str, bytes]) -> None:
    told = json.loads(written["result.json"])
    texts = page_texts(written["report.html"])
    lesion = told["measurements"]["lesions"][0]["diameters"]

    for region, name in REGION_NAMES.items():
        row = texts.index(f"{name[0].upper()}{name[1:]}")
        assert texts[row + 1] == shown(told["measurements"]["volumes"][region], 1)
        if region in told["measurements"]["proportions"]:
            assert texts[row + 2] == shown(told["measurements"]["proportions"][region], 1)
        if region is Region.ET:
            assert texts[row + 4] == shown(lesion["longest"], 1)
            assert texts[row + 5] == shown(lesion["perpendicular"], 1)
            assert texts[row + 6] == shown(lesion["product"], 0)
    shift = told["location"]["midline_shift"]
    assert f"{shown(shift, 1)} to the right" in texts
    assert f"{told['location']['left_percent']['value']:.1f}" in texts


def test_the_page_loads_nothing_from_anywhere(written: dict[str, bytes]) -> None:
    text = written["report.html"].decode()

    assert re.findall(r"""(?:src|href)=["'](?!data:image/png;base64,)""", text) == []
    assert "://" not in text
    assert "<script" not in text
    assert "@import" not in text


def test_the_page_can_be_read_without_seeing_it(written: dict[str, bytes]) -> None:
    text = written["report.html"].decode()

    assert '<html lang="en-US">' in text
    assert len(re.findall(r'<img [^>]*alt="[^"]{20,}"', text)) == text.count("<img") == 4
    assert text.count("<table>") == text.count("<caption>") > 6
    assert text.count('scope="row"') > 20


def test_the_statement_stands_once(written: dict[str, bytes]) -> None:
    assert written["report.html"].decode().count(STATEMENT) == 1
    assert pdf_text(written["report.pdf"]).count(squeezed(STATEMENT)) == 1
    assert pdf_text(written["report.pdf"]).count("researchsoftware") == 1


def test_alarms_come_before_the_findings(written: dict[str, bytes]) -> None:
    text = written["report.html"].decode()

    assert 0 < text.index("The tags say T2") < text.index("T1 and T2 are missing")
    assert text.index("T1 and T2 are missing") < text.index('id="findings-title"')


def test_findings_stand_on_the_first_page_of_the_pdf(written: dict[str, bytes]) -> None:
    first = PdfReader(io.BytesIO(written["report.pdf"])).pages[0].extract_text()

    assert "The tags say T2" in first
    assert "An enhancing tumor of the left frontal lobe" in first
    assert "Measures by source region" in first


def test_the_pdf_embeds_its_fonts_and_names_no_date(written: dict[str, bytes]) -> None:
    reader = PdfReader(io.BytesIO(written["report.pdf"]))
    fonts = [
        font.get_object()
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]  # a PDF dictionary
    ]
    used = {font["/BaseFont"]: font for font in fonts}

    assert any("DejaVuSans" in name for name in used)
    assert all(
        "/FontFile2" in font["/FontDescriptor"] for name, font in used.items() if "DejaVu" in name
    )
    assert reader.metadata is not None
    assert {str(reader.metadata[key])[:6] for key in ("/CreationDate", "/ModDate")} == {"D:2000"}


@pytest.mark.parametrize("options", [{"tumor": False}, {"located": False}, {"core": False}])
def test_every_kind_of_result_can_be_told(
    make_result: MakeResult, options: dict[str, bool]
) -> None:
    document = make_document(make_result(**options), ())

    texts = [text for text in page_texts(to_html(document)) if text.strip()]
    pdf = pdf_text(to_pdf(document))

    assert [text for text in texts if squeezed(text) not in pdf] == []


def test_undefined_is_told_in_words(make_result: MakeResult) -> None:
    texts = page_texts(to_html(make_document(make_result(core=False), ())))
    row = texts.index("Enhancing tumor")

    assert texts[row + 1] == "not defined"


def test_a_hostile_name_is_only_text(make_result: MakeResult) -> None:
    document = make_document(make_result(case_id=HOSTILE), ())

    html = to_html(document)
    parser = Texts()
    parser.feed(html.decode())

    assert "script" not in parser.tags
    assert HOSTILE in parser.texts
    assert squeezed(HOSTILE) in pdf_text(to_pdf(document))


def test_an_empty_region_may_be_left_out_of_the_volumes(result: CaseResult) -> None:
    measured = result.findings.measurements
    volumes = {Region.WT: measured.volumes[Region.WT]}
    findings = replace(result.findings, measurements=replace(measured, volumes=volumes))
    texts = page_texts(to_html(make_document(replace(result, findings=findings), ())))

    assert texts[texts.index("Tumor core") + 1] == "–"


def test_a_small_volume_never_reads_as_zero(result: CaseResult) -> None:
    measured = result.findings.measurements
    tiny: Quantity = replace(measured.volumes[Region.ET], value=0.02, low=None, high=None)
    findings = replace(
        result.findings,
        measurements=replace(measured, volumes={**measured.volumes, Region.ET: tiny}),
    )
    texts = page_texts(to_html(make_document(replace(result, findings=findings), ())))

    assert texts[texts.index("Enhancing tumor") + 1] == "<0.1"


def test_a_full_disk_leaves_the_old_report_whole(
    result: CaseResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"No space left on device.*--output"):
        write_report(result, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_bytes() == b"old"


def test_a_folder_that_can_not_be_made_is_one_error(result: CaseResult, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(OutputError, match="case-001"):
        write_report(result, tmp_path / "file" / "out")
