"""The predictions in words for the patient: every term is explained, tissue decides."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from glioscope.core import Entity, Prediction, Target
from glioscope.report.assessment_words import CAUTION, TOLD, outcome_name, shown_outcomes
from glioscope.report.numbers import percent
from glioscope.report.words import capitalized

PATIENT_STATEMENT: Final = (
    "Made by Glioscope, which is research software and not a medical device. Please read this page"
    " together with your doctor."
)

INTRODUCTION: Final = (
    "A computer program compared pictures of the brain (imaging, here MRI) with those of patients"
    " whose tumors had been examined in the laboratory. It can't see cells or genes, and it can be"
    " wrong."
)

TISSUE: Final = (
    "Tissue decides. Only a sample of the tumor that a pathologist (a doctor who examines tissue)"
    " has looked at and tested tells what the tumor is."
)

ABSTAINED: Final = (
    "The program makes no prediction for these pictures. That says nothing good or bad about the"
    " tumor; it only means that the program would not be reliable here."
)

ASKED_FOR: Final = (
    "You asked for this. These are numbers of many patients; nobody can say how long one person"
    " will live, and treatment changes it."
)

CLOSING: Final = (
    "Nothing on this page is a diagnosis. Ask your doctors what the tissue has shown or will show,"
    " what it means for you, and what can be done. You need not decide anything because of this"
    " page."
)

QUESTIONS: Final[Mapping[Target, str]] = MappingProxyType(
    {
        Target.ENTITY: "What kind of tumor could it be?",
        Target.GRADE: "How fast could it grow? (the grade)",
        Target.IDH: "Is the gene IDH changed?",
        Target.CODELETION: "Are parts of two chromosomes lost? (1p/19q)",
        Target.MGMT: "Is the gene MGMT switched off?",
    }
)

_EXPLANATIONS: Final[Mapping[Target, str]] = MappingProxyType(
    {
        Target.ENTITY: (
            "The program only knows gliomas, which are tumors of the supporting cells of the brain."
            " Doctors name them by the cells, by changes of genes and by a grade; the words are"
            " explained below."
        ),
        Target.GRADE: (
            "The grade is a number from 1 to 4. The higher it is, the faster such tumors tend to"
            " grow."
        ),
        Target.IDH: (
            "IDH is a gene that helps cells to use sugar. In some gliomas it is changed"
            " (“IDH-mutant”), in others it is not (“IDH-wildtype”). This decides the name of the"
            " tumor and matters for treatment."
        ),
        Target.CODELETION: (
            "Chromosomes carry the genes. In a tumor called oligodendroglioma one part of"
            " chromosome 1 and one part of chromosome 19 are lost together"
            " (“1p/19q-codeleted”)."
        ),
        Target.MGMT: (
            "MGMT is a gene that helps cells to repair what some medicines do to them. In some"
            " tumors it is switched off (“methylated”), and those medicines may work better."
        ),
    }
)

_PLAIN_OUTCOMES: Final[Mapping[tuple[Target, str], str]] = MappingProxyType(
    {
        (Target.ENTITY, str(Entity.OTHER)): (
            "another glioma, whose name and grade need further tests of the tissue"
        ),
        (Target.GRADE, "none"): "a glioma whose grade needs further tests of the tissue",
        (Target.IDH, "mutant"): "changed (“IDH-mutant”)",
        (Target.IDH, "wildtype"): "not changed (“IDH-wildtype”)",
        (Target.CODELETION, "codeleted"): "lost together (“1p/19q-codeleted”)",
        (Target.CODELETION, "intact"): "not lost together (“1p/19q intact”)",
        (Target.MGMT, "methylated"): "switched off (“methylated”)",
        (Target.MGMT, "unmethylated"): "not switched off (“unmethylated”)",
    }
)


def likelihood(probability: float) -> str:
    """Return a probability in words, with its number behind them."""
    return f"{_word(probability)} ({in_hundred(probability)})"


def in_hundred(probability: float) -> str:
    """Return such as "about 87 in 100"."""
    text = percent(probability).removesuffix("%")
    if text.startswith("<"):
        return f"less than {text[1:]} in 100"
    if text.startswith(">"):
        return f"more than {text[1:]} in 100"
    return f"about {text} in 100"


def prediction_paragraphs(prediction: Prediction) -> tuple[str, ...]:
    """Return what the question means, and its answer in words."""
    explanation = _EXPLANATIONS[prediction.target]
    if prediction.known is not None:
        known = capitalized(_plain_outcome(prediction.target, prediction.known))
        return (explanation, f"{known}: {TOLD}. This is no guess of the program.")
    outcomes = shown_outcomes(prediction)
    if not outcomes:
        return (explanation, "Pictures do not tell this; it has to be tested in the tissue.")
    first = outcomes[0]
    answer = capitalized(_plain_outcome(prediction.target, first.name))
    others = [o.name for o in outcomes[1:] if o.in_set]
    told = f"{answer}: {likelihood(first.probability)}.{_others(prediction, others)}"
    return (explanation, f"{told} {CAUTION}.")


def _others(prediction: Prediction, names: list[str]) -> str:
    if not names:
        return ""
    texts = "; ".join(_plain_outcome(prediction.target, name) for name in names)
    return f" The program can't rule out: {texts}."


def _plain_outcome(target: Target, name: str) -> str:
    return _PLAIN_OUTCOMES.get((target, name), outcome_name(target, name))


def _word(probability: float) -> str:
    if probability >= 0.9:
        return "very likely"
    return "likely" if probability >= 0.7 else "uncertain"
