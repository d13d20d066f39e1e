from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from pypdf import PdfReader

from glioscope.core import (
    DroppedSentence,
    OrderedTest,
    OutputError,
    Passage,
    Plan,
    Refusal,
    Sentence,
    Wording,
)
from glioscope.report import plan_sections
from glioscope.report.document import Document
from glioscope.report.html import to_html
from glioscope.report.pdf import to_pdf
from glioscope.report.plan.inert import inert
from glioscope.report.plan.page import make_plan_document
from glioscope.report.plan.words import PLAN_STATEMENT, short_name

HOSTILE = '</p><script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7 * 7 }} <a href="#x">y'
TEXT_TAGS = {"p", "li", "td", "th", "h1", "h2", "h3", "dt", "dd", "blockquote", "footer", "span"}


class Page(HTMLParser):
    """Tags, links and running text of a page."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.text = ""
        self.unfolded: list[str] = [""]
        self._skipped = self._folded = False
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.links += [named["href"] or ""] if "href" in named else []
        self.anchors |= {named["id"] or ""} if "id" in named else set()
        self._skipped = tag in {"style", "title"}
        self._folded |= tag == "details"
        if tag in TEXT_TAGS:
            self.text += "\n"
            self.unfolded.append("")

    def handle_endtag(self, tag: str) -> None:
        self._folded &= tag != "details"

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.text += data
            self.unfolded[-1] += "" if self._folded else data


def page(plan: Plan) -> Page:
    return Page(to_html(make_plan_document(inert(plan))))


def squeezed(text: str) -> str:
    return re.sub(r"\s|\xa0", "", text)


def pdf_text(document: Document) -> str:
    reader = PdfReader(io.BytesIO(to_pdf(document)))
    pages = [page.extract_text() for page in reader.pages]
    return squeezed(
        "".join(re.sub(r"Glioscope · case .*\n?|page \d+ of \d+\n?", "", p) for p in pages)
    )


def test_a_board_reads_in_its_order(plan: Plan) -> None:
    text = page(plan).text
    parts = [
        "It is a glioblastoma, grade 4.",
        "Radiotherapy with concurrent and maintenance temozolomide",
        "Strong recommendation",
        "The patient is 62 and well. [1]",
        "Platelets must reach 100 before it begins. [2, 3]",
        "Watch the counts weekly. [2]",
        "Clinical trial",
        "1.",
        "MGMT promoter methylation",
        "2.",
        "Complete blood count",
        "A recommendation on a guess",
        "--known platelets=…",
        "mgmt: methylated",
        "Predicted, 78%",
        "If tissue confirms methylation, more benefit is known. [1]",
        "pseudoprogression",
        "tiny-model",
        "The local page asks for weekly visits. [P1]",
        "Take 42 tablets.",
        "Patients were seen weekly.",
        "P1 · local-guideline.pdf, page 12 · similarity 0.71",
        "Documents were searched by words only.",
        "Weller M, van den Bent M, et al. EANO guidelines on the diagnosis and treatment",
        "doi:10.1038/s41571-020-00447-z",
        "PMID 33293629",
        "Rules that fired: 1. Rules that wait for a fact: 1.",
        "waits for kps",
    ]

    found = [text.index(part) for part in parts[:5]]
    assert found == sorted(found)
    last = -1
    for part in parts:
        last = text.index(part, last + 1)


def test_sources_go_by_first_author_or_body_and_year(plan: Plan) -> None:
    assert [short_name(plan.sources[name]) for name in sorted(plan.sources)] == [
        "Weller et al. 2021",
        "U.S. Food and Drug Administration 2016",
        "Stupp et al. 2005",
    ]
    single = replace(plan.sources["trial-2005"], authors="Herrlinger U", year=2019)
    assert short_name(single) == "Herrlinger 2019"


def test_every_link_leads_somewhere(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        told = page(plan)
        inner = {link[1:] for link in told.links if link.startswith("#")}
        outer = {link for link in told.links if not link.startswith("#")}

        assert inner <= told.anchors
        assert all(
            re.fullmatch(r"https://(doi\.org/10\.|pubmed\.ncbi\.nlm\.nih\.gov/\d)\S+", link)
            for link in outer
        )


def test_references_are_numbered_in_the_order_in_which_they_are_cited(plan: Plan) -> None:
    told = page(plan)
    numbers = [int(link.removeprefix("#ref-")) for link in told.links if "#ref-" in link]

    first = list(dict.fromkeys(numbers))
    assert first == [1, 2, 3]
    assert {anchor for anchor in told.anchors if anchor.startswith("ref-")} == {
        "ref-1",
        "ref-2",
        "ref-3",
    }


def test_the_pdf_tells_what_the_page_tells(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        document = make_plan_document(plan)
        pdf = pdf_text(document)
        lines = [line for line in Page(to_html(document)).unfolded if line.strip()]

        assert [line for line in lines if squeezed(line) not in pdf] == []


def test_what_the_page_folds_the_pdf_only_names(plan: Plan) -> None:
    pdf = pdf_text(make_plan_document(plan))

    assert squeezed("What became of 2 rules. The page in HTML lists them.") in pdf
    assert "gbm-elderly" in page(plan).text
    assert "gbm-elderly" not in pdf
    assert squeezed("Take 42 tablets.") not in pdf


def test_links_of_the_pdf_are_those_of_the_page(plan: Plan) -> None:
    document = make_plan_document(plan)
    reader = PdfReader(io.BytesIO(to_pdf(document)))
    notes: list[Any] = [note for sheet in reader.pages for note in sheet.get("/Annots", [])]
    actions = [note.get_object().get("/A", {}) for note in notes]
    addresses = {str(action["/URI"]) for action in actions if "/URI" in action}

    assert addresses == {link for link in Page(to_html(document)).links if not link.startswith("#")}


def test_the_statement_stands_once(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        document = make_plan_document(plan)

        assert Page(to_html(document)).text.count(PLAN_STATEMENT) == 1
        assert pdf_text(document).count(squeezed(PLAN_STATEMENT)) == 1


def test_nothing_is_loaded_and_nothing_runs(plan: Plan) -> None:
    told = page(plan)

    assert set(told.tags).isdisjoint({"script", "img", "iframe", "form", "object", "base"})
    assert told.tags.count("link") == 0


def hostile(plan: Plan) -> Plan:
    passage = Passage(text=HOSTILE, file=HOSTILE, page=1, score=0.9)
    source = replace(plan.sources["trial-2005"], title=HOSTILE, doi='10.1/"><script>')
    return replace(
        plan,
        case_id=HOSTILE,
        facts={HOSTILE: HOSTILE},
        diagnosis=(Sentence(text=HOSTILE),),
        tests=(OrderedTest(test="x", name=HOSTILE, why=HOSTILE),),
        refusals=(Refusal(refused="x", what=HOSTILE, why=HOSTILE),),
        passages=(passage,),
        wording=None,
        limits=(HOSTILE,),
        sources={**plan.sources, "trial-2005": source},
    )


def test_hostile_text_is_only_text(plan: Plan) -> None:
    document = make_plan_document(hostile(plan))
    told = Page(to_html(document))

    assert set(told.tags).isdisjoint({"script", "img"})
    assert told.text.count(HOSTILE) >= 10
    assert {link[1:] for link in told.links if link.startswith("#")} <= told.anchors
    assert pdf_text(document).count(squeezed(HOSTILE)) >= 10


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\u202e", "\u2066", "\ud800", "\x85"])
def test_what_is_not_to_be_seen_is_left_out(plan: Plan, character: str) -> None:
    passage = Passage(text=f"safe{character}ly\nhere", file=f"a{character}b", page=1, score=0.5)
    made = inert(replace(plan, passages=(passage,), facts={f"k{character}ps": "9\t0"}))

    assert made.passages[0].text == "safely\nhere"
    assert made.passages[0].file == "ab"
    assert made.facts == {"kps": "9\t0"}
    assert "safely" in page(made).text


def test_a_clean_plan_stays_as_it_is(plan: Plan) -> None:
    assert inert(plan) == plan


def test_a_citation_that_leads_nowhere_is_refused(plan: Plan) -> None:
    broken = replace(plan, notes=(Sentence(text="A fact.", citations=("nobody-2020",)),))

    with pytest.raises(OutputError, match=r"nobody-2020.*glioscope guidance check"):
        make_plan_document(broken)


def test_a_passage_that_is_not_there_can_not_be_cited(plan: Plan) -> None:
    broken = replace(plan, notes=(Sentence(text="A fact.", citations=("p3",)),))

    with pytest.raises(OutputError, match="p3"):
        make_plan_document(broken)


def test_a_passage_longer_than_a_page_is_laid_out(plan: Plan) -> None:
    long = Passage(text="zebra " * 4000, file="a.pdf", page=1, score=0.5)
    document = make_plan_document(replace(plan, passages=(long,), wording=None))

    assert pdf_text(document).count("zebra") == 4000


def test_an_option_longer_than_a_page_is_laid_out(plan: Plan) -> None:
    cautions = tuple(Sentence(text=f"Caution {number} of many.") for number in range(200))
    option = replace(plan.options[0], cautions=cautions)
    pdf = pdf_text(make_plan_document(replace(plan, options=(option, *plan.options[1:]))))

    assert all(squeezed(caution.text) in pdf for caution in cautions)


def test_a_long_table_begins_below_its_heading(plan: Plan) -> None:
    missing = tuple(replace(plan.missing[0], fact=f"fact-{number}") for number in range(60))
    document = make_plan_document(replace(plan, missing=missing))
    first = PdfReader(io.BytesIO(to_pdf(document))).pages[0].extract_text()

    assert "To find out" in first
    assert "fact-5=" in first


def test_an_endless_sentence_of_a_model_is_cut(plan: Plan) -> None:
    endless = Wording(model="m", dropped=(DroppedSentence(text="zebra " * 9000, why="too long"),))

    assert 100 < page(replace(plan, wording=endless)).text.count("zebra") < 200


def test_a_report_holds_the_plan_in_short(plan: Plan) -> None:
    sections = plan_sections(plan)
    document = Document(
        title="Report", facts=(("Case", "c"),), statement="", callouts=(), sections=sections
    )
    told = Page(to_html(document))

    for part in ("Strong recommendation", "Lomustine", "--known platelets=…", "doi:10.1056"):
        assert part in told.text
    for part in ("Take 42 tablets", "Patients were seen weekly", "gbm-standard", "Cited for"):
        assert part not in told.text
    assert told.text.count("informs professionals and does not decide") == 1
    assert {link[1:] for link in told.links if link.startswith("#")} <= told.anchors
    assert squeezed("Watch the counts weekly. [2]") in pdf_text(document)


def test_a_plan_without_anything_says_so(empty_plan: Plan) -> None:
    text = page(empty_plan).text

    assert "The tested facts do not tell yet what the tumor is." in text
    assert "No option is offered" in text
    assert "Passages" not in text
