"""The plan for the patient: what was seen, what it may mean, what comes next, what to ask."""

from __future__ import annotations

from glioscope.core import Plan
from glioscope.report.document import Block, Document, Paragraph, Section
from glioscope.report.plan.imaging import Imaging
from glioscope.report.plan.language import ENGLISH, LANGUAGES
from glioscope.report.plan.patient_known import meaning_blocks, seen_blocks
from glioscope.report.plan.patient_next import (
    glossary_blocks,
    next_blocks,
    question_blocks,
    survival_blocks,
)
from glioscope.report.plan.patient_words import PatientWords, patient_words


def make_patient_plan(
    plan: Plan,
    *,
    language: str = ENGLISH,
    imaging: Imaging | None = None,
    show_survival: bool = False,
) -> Document:
    """Return the page for the patient; nothing on it is advice.

    Args:
        plan: For the professionals; only its ids and facts are told, in words of this page.
        language: One of `LANGUAGES`.
        imaging: What images have shown; ``None`` without images.
        show_survival: Whether the patient asked for it; without it nothing of it is told.

    Raises:
        InputError: If there is no page in the language.
    """
    words = patient_words(language)
    survival = imaging.survival if imaging is not None and show_survival else None
    parts: dict[str, tuple[Block, ...]] = {
        "about": _about(words, language),
        "seen": seen_blocks(plan, imaging, words),
        "meaning": meaning_blocks(plan, words),
        "survival": () if survival is None else survival_blocks(survival, words),
        "next": next_blocks(plan, words),
        "questions": question_blocks(plan, words),
        "words": glossary_blocks(plan, words),
    }
    return Document(
        title=words.page["title"],
        facts=((words.page["case"], plan.case_id),),
        statement=words.page["statement"],
        callouts=(),
        sections=tuple(
            Section(ident=name, title=words.page[f"{name}_title"], blocks=blocks)
            for name, blocks in parts.items()
            if blocks
        ),
        language=LANGUAGES[language],
    )


def _about(words: PatientWords, language: str) -> tuple[Block, ...]:
    texts = ["about", "program", *([] if language == ENGLISH else ["english_plan"])]
    return tuple(Paragraph(text=words.page[text]) for text in texts)
