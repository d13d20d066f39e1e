"""What is known so far, in the patient's words: pictures, surgery, laboratory, guesses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from glioscope.core import Plan
from glioscope.report.document import Block, Bullets, Heading, Paragraph
from glioscope.report.numbers import fixed
from glioscope.report.plan.imaging import Imaging
from glioscope.report.plan.patient_words import PatientWords

_PICTURES: Final = ("enhancement", "multifocal", "midline-location")
_SURGERY: Final = ("resection",)
_ENTITY: Final = "entity"
_GRADE: Final = "who-grade"
_LAB_GRADE: Final = "grade"
_LIKELY: Final = 0.5
"""What is less likely than not would be no guess."""

_SIDES: Final = ("left", "right", "both")


def seen_blocks(plan: Plan, imaging: Imaging | None, words: PatientWords) -> tuple[Block, ...]:
    """Return what pictures, surgery and laboratory have shown, and what was only guessed."""
    told = {
        fact: words.seen[fact][value]
        for fact, value in plan.facts.items()
        if value in words.seen.get(fact, {})
    }
    pictures = [*_measured(imaging, words), *(told[fact] for fact in _PICTURES if fact in told)]
    surgery = [told[fact] for fact in _SURGERY if fact in told]
    hidden = {_GRADE} | ({_LAB_GRADE} if _GRADE in told else set())
    lab = [
        told[fact]
        for fact in words.seen
        if fact in told and fact not in {*_PICTURES, *_SURGERY, *hidden}
    ]
    blocks = [
        *_listed(words.page["pictures_title"], pictures),
        *_listed(words.page["surgery_title"], surgery),
        *_listed(words.page["lab_title"], lab),
        *_guesses(plan, words),
    ]
    return tuple(blocks) or (Paragraph(text=words.page["nothing_seen"]),)


def meaning_blocks(plan: Plan, words: PatientWords) -> tuple[Block, ...]:
    """Return what the tested facts make the tumor, explained."""
    entity = words.entities.get(plan.facts.get(_ENTITY, ""))
    grade = words.seen[_GRADE].get(plan.facts.get(_GRADE, ""))
    if entity is None:
        return (Paragraph(text=words.page["other_name" if plan.diagnosis else "no_name"]),)
    blocks = [Paragraph(text=entity)]
    if grade is not None:
        blocks += [Paragraph(text=grade), Paragraph(text=words.page["grades"])]
    return (*blocks, Paragraph(text=words.page["each_person"]))


def _measured(imaging: Imaging | None, words: PatientWords) -> tuple[str, ...]:
    if imaging is None:
        return ()
    if not imaging.has_tumor:
        return (words.page["no_tumor"],)
    place = _place(imaging, words)
    if imaging.longest_mm is None:
        return (place,)
    return (place, words.page["size"].format(size=fixed(imaging.longest_mm / 10.0, 1)))


def _place(imaging: Imaging, words: PatientWords) -> str:
    place = words.places.get(imaging.lobe or "")
    if place is None:
        return words.page["place_unknown"]
    sided = words.page[imaging.side].format(place=place) if imaging.side in _SIDES else place
    return words.page["place"].format(place=sided)


def _guesses(plan: Plan, words: PatientWords) -> tuple[Block, ...]:
    """Return what images make more likely than not of markers that nobody has tested."""
    guesses = [
        words.page["guessed"].format(what=words.guesses[branch.marker][branch.outcome])
        for branch in plan.branches
        if branch.probability > _LIKELY and branch.outcome in words.guesses.get(branch.marker, {})
    ]
    if not guesses:
        return ()
    about = Paragraph(text=words.page["guess"])
    return (Heading(text=words.page["guess_title"]), about, Bullets(items=tuple(guesses)))


def _listed(title: str, items: Iterable[str]) -> tuple[Block, ...]:
    found = tuple(items)
    return (Heading(text=title), Bullets(items=found)) if found else ()
