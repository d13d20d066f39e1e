"""Harms that lie in the patient: age, pregnancy, frailty, devices, earlier treatment."""

from __future__ import annotations

from typing import Final

from glioscope.guidance.harm.record import Harm
from glioscope.guidance.harm.tumor import AGAINST_TUMOR

DRUGS: Final = frozenset(
    {
        "temozolomide",
        "lomustine",
        "procarbazine",
        "vincristine",
        "bevacizumab",
        "vorasidenib",
        "dabrafenib",
        "trametinib",
        "dordaviprone",
        "trk-inhibitor",
    }
)
_LOMUSTINE: Final = frozenset({"lomustine"})
_BEVACIZUMAB: Final = frozenset({"bevacizumab"})
_FIELDS: Final = frozenset({"ttfields"})

PATIENT: Final[tuple[Harm, ...]] = (
    Harm(
        id="option-for-a-child",
        why="Everything here was written for adults; children have other tumors and other doses.",
        when=lambda seen: seen.below("age-years", 18) and bool(seen.plan.options),
    ),
    Harm(
        id="drug-in-pregnancy",
        why="These drugs harm the unborn child.",
        when=lambda seen: seen.says("pregnant", "yes"),
        given=DRUGS,
    ),
    Harm(
        id="radiotherapy-in-pregnancy",
        why="Nobody would have thought of the dose to the unborn child.",
        when=lambda seen: seen.says("pregnant", "yes") and not seen.refuses("pregnancy"),
        given=frozenset({"radiotherapy"}),
        unless_warned=("pregnan", "fetus", "fetal"),
    ),
    Harm(
        id="drug-while-breastfeeding",
        why="The child would get the drug with the milk.",
        when=lambda seen: seen.says("breastfeeding", "yes"),
        given=frozenset({"temozolomide", "lomustine", "vorasidenib", "dabrafenib", "bevacizumab"}),
        unless_warned=("breast",),
    ),
    Harm(
        id="second-nitrosourea",
        why="The toxicity of nitrosoureas to marrow and lung adds up, and the tumor resists them.",
        when=lambda seen: seen.says("prior-nitrosourea", "yes"),
        given=_LOMUSTINE,
    ),
    Harm(
        id="fields-with-device",
        why="The fields may disturb a pacemaker, a stimulator or a programmable shunt.",
        when=lambda seen: seen.says("implanted-device", "yes"),
        given=_FIELDS,
    ),
    Harm(
        id="fields-below-the-tentorium",
        why="The arrays do not reach there; they were tried above the tentorium alone.",
        when=lambda seen: seen.says("supratentorial", "no"),
        given=_FIELDS,
    ),
    Harm(
        id="fields-with-skull-defect",
        why="Where bone is missing, nobody has shown that the fields are safe.",
        when=lambda seen: seen.says("skull-defect", "yes"),
        given=_FIELDS,
    ),
    Harm(
        id="chemotherapy-of-the-bedridden",
        why="Below a Karnofsky status of 60 they were hardly tried: toxicity without known gain.",
        when=lambda seen: seen.below("kps", 60),
        offered=frozenset(
            {
                "bevacizumab",
                "lomustine",
                "lomustine-temozolomide-radiotherapy",
                "pcv",
                "re-irradiation",
                "temozolomide-rechallenge",
                "ttfields",
            }
        ),
    ),
    Harm(
        id="full-course-of-old-or-weak-glioblastoma",
        why="From 70 on, or below a Karnofsky status of 60, short courses do as well as six weeks.",
        when=lambda seen: (
            seen.says("idh", "wildtype")
            and not seen.says("h3", "k27m", "k27-altered", "g34-mutant")
            and (seen.below("kps", 60) or seen.above("age-years", 69.99))
        ),
        offered=frozenset({"radiotherapy-temozolomide"}),
    ),
    Harm(
        id="what-failed-again",
        why="The tumor grew under it.",
        when=lambda seen: seen.says("prior-bevacizumab", "yes"),
        given=_BEVACIZUMAB,
    ),
    Harm(
        id="re-irradiation-of-the-never-irradiated",
        why="The facts contradict each other, and the dose would be that of a second course.",
        when=lambda seen: seen.says("prior-radiotherapy", "no"),
        offered=frozenset({"re-irradiation"}),
    ),
    Harm(
        id="medicine-to-prevent-a-first-seizure",
        why="It prevents none and has its own toxicity.",
        when=lambda seen: seen.says("seizures", "no"),
        offered=frozenset({"antiseizure-medicine"}),
    ),
    Harm(
        id="vorasidenib-after-other-treatment",
        why="It was tried after surgery alone, in tumors that nothing else had changed.",
        when=lambda seen: any(
            seen.says(fact, "yes")
            for fact in (
                "prior-radiotherapy",
                "prior-temozolomide",
                "prior-nitrosourea",
                "prior-idh-inhibitor",
            )
        ),
        given=frozenset({"vorasidenib"}),
    ),
    Harm(
        id="treatment-of-the-stable",
        why="The tumor stands still; treatment would do nothing but harm.",
        when=lambda seen: seen.says("phase", "stable"),
        offered=AGAINST_TUMOR,
    ),
)
