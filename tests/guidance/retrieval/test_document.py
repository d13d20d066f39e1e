from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from glioscope.core import InputError
from glioscope.guidance.retrieval import document as module
from glioscope.guidance.retrieval.document import read_document

from .conftest import MakePdf, pdf_of

LOCK = "a word that the test chose"
WHOLE = pdf_of(["some text", "and more"])


def test_a_pdf_keeps_its_pages_even_empty_ones(make_pdf: MakePdf) -> None:
    read = read_document(make_pdf("a.pdf", ["first", "", "third"]))

    assert [(page.number, page.text) for page in read.pages] == [
        (1, "first"),
        (2, ""),
        (3, "third"),
    ]


def test_html_gives_what_its_body_shows(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(
        "<html><head><title>no</title><style>no{}</style></head><body><h1>Dose</h1>"
        "<p>IDH<b>-mutant</b> only</p><script>no()</script>"
        "<table><tr><td>KPS</td><td>70</td></tr><tr><td>age</td><td>65</td></tr></table></body>",
        encoding="utf-8",
    )

    assert [page.text for page in read_document(file).pages] == [
        "Dose\nIDH-mutant only\nKPS 70\nage 65"
    ]


@pytest.mark.parametrize("name", ["a.md", "a.markdown", "a.txt", "a.TXT"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_as_it_was_written(tmp_path: Path, name: str, encoding: str) -> None:
    (tmp_path / name).write_bytes("Größe > 3 cm²".encode(encoding))

    (page,) = read_document(tmp_path / name).pages

    assert (page.number, page.text) == (None, "Größe > 3 cm²")


def test_a_pdf_without_its_suffix_is_a_pdf(make_pdf: MakePdf) -> None:
    assert read_document(make_pdf("download", ["found"])).pages[0].text == "found"


def test_the_same_bytes_are_the_same_document_under_any_name(tmp_path: Path) -> None:
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text("the same", encoding="utf-8")

    first, second = (read_document(tmp_path / name) for name in ("a.txt", "b.md"))

    assert first.sha256 == second.sha256


def test_a_pdf_that_only_its_owner_may_change_is_read(make_pdf: MakePdf) -> None:
    file = make_pdf("owned.pdf", ["as publishers ship it"], owner=LOCK)

    assert read_document(file).pages[0].text == "as publishers ship it"


def test_a_pdf_with_a_password_is_refused(make_pdf: MakePdf) -> None:
    with pytest.raises(InputError, match=r"locked\.pdf is protected with a password"):
        read_document(make_pdf("locked.pdf", ["x"], password=LOCK))


def test_a_scan_is_refused_with_what_to_do(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "scan.pdf"))
    canvas.rect(50, 50, 300, 300, fill=1)
    canvas.save()

    with pytest.raises(InputError, match=r"scan\.pdf holds pictures .* ocrmypdf"):
        read_document(tmp_path / "scan.pdf")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "a.txt is empty"),
        ("a.txt", b" \n\t ", "a.txt has no text"),
        ("a.txt", b"ab\0cd", "holds binary data"),
        ("a.txt", b"\xff\xfa\x80 not a text", "is not UTF-8"),
        ("a.html", b"<p>\0\1\2</p>", "holds binary data"),
        ("a.html", b"<script>x</script>", "a.html has no text"),
        ("a.docx", b"PK\3\4", r"of a kind that is not read; save it as \.pdf"),
        ("a.pdf", b"just text", "named like a PDF but is none"),
        ("a.pdf", b"%PDF-1.7\n", "a.pdf is damaged"),
        ("a.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40, "a.pdf is damaged"),
    ],
)
def test_what_can_not_be_read_is_one_error_that_names_the_file(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=message):
        read_document(tmp_path / name)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pdf can't be read"):
        read_document(tmp_path / "none.pdf")
    with pytest.raises(InputError, match="is a folder"):
        read_document(tmp_path)


def test_a_file_that_is_too_large_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    (tmp_path / "big.txt").write_bytes(b"x" * ((1 << 20) + 1))

    with pytest.raises(InputError, match=r"big\.txt is larger than 1 MB"):
        read_document(tmp_path / "big.txt")


def outcome(file: Path) -> str:
    try:
        return "".join(page.text for page in read_document(file).pages)
    except InputError as error:
        return str(error)


@given(st.data())
@settings(max_examples=100)
def test_a_damaged_pdf_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(WHOLE)
    places = st.tuples(st.integers(10, len(whole) - 1), st.integers(0, 255))
    for place, byte in data.draw(st.lists(places, max_size=40)):
        whole[place] = byte
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.pdf"
        file.write_bytes(whole[: data.draw(st.integers(20, len(whole)))])

        assert outcome(file)
