"""Harms that lie in the patient: age, pregnancy, blood, vessels, devices, earlier treatment."""

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
        "regorafenib",
        "vorasidenib",
        "dabrafenib",
        "trametinib",
        "dordaviprone",
        "trk-inhibitor",
    }
)
_TEMOZOLOMIDE: Final = frozenset({"temozolomide"})
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
        id="temozolomide-few-platelets",
        why="Below 100 x 10^9/L its label does not let a cycle begin: bleeding.",
        when=lambda seen: seen.below("platelets", 100),
        given=_TEMOZOLOMIDE,
    ),
    Harm(
        id="temozolomide-few-neutrophils",
        why="Below 1.5 x 10^9/L its label does not let a cycle begin: infection.",
        when=lambda seen: seen.below("anc", 1.5),
        given=_TEMOZOLOMIDE,
    ),
    Harm(
        id="temozolomide-allergy",
        why="Whoever reacted to dacarbazine reacts to temozolomide: both become MTIC.",
        when=lambda seen: seen.says("dacarbazine-allergy", "yes"),
        given=_TEMOZOLOMIDE,
    ),
    Harm(
        id="temozolomide-with-hepatitis-b",
        why="Hepatitis B can flare and kill; whoever gives it has to know.",
        when=lambda seen: seen.says("hepatitis-b", "positive"),
        given=_TEMOZOLOMIDE,
        unless_warned=("hepatitis",),
    ),
    Harm(
        id="lomustine-few-platelets",
        why="Its late nadir falls on too few platelets.",
        when=lambda seen: seen.below("platelets", 100),
        given=_LOMUSTINE,
    ),
    Harm(
        id="lomustine-in-lung-disease",
        why="Nitrosoureas scar lungs that are already weak.",
        when=lambda seen: seen.says("lung-disease", "yes"),
        given=_LOMUSTINE,
        unless_warned=("lung", "pulmon"),
    ),
    Harm(
        id="second-nitrosourea",
        why="The toxicity of nitrosoureas to marrow and lung adds up, and the tumor resists them.",
        when=lambda seen: seen.says("prior-nitrosourea", "yes"),
        given=_LOMUSTINE,
    ),
    Harm(
        id="vincristine-with-neuropathy",
        why="It is toxic to nerves, and worst to those that are damaged already.",
        when=lambda seen: seen.says("neuropathy", "yes"),
        given=frozenset({"vincristine"}),
        unless_warned=("neuropath", "charcot"),
    ),
    Harm(
        id="procarbazine-with-serotonergics",
        why="It inhibits monoamine oxidase: a crisis of blood pressure or of serotonin.",
        when=lambda seen: seen.says("maoi-interaction", "yes"),
        given=frozenset({"procarbazine"}),
        unless_warned=("monoamine", "mao", "sympathomimetic", "serotonin", "tricyclic"),
    ),
    Harm(
        id="bevacizumab-after-surgery",
        why="Within 28 days of surgery wounds heal badly under it.",
        when=lambda seen: seen.below("days-since-surgery", 28),
        given=_BEVACIZUMAB,
    ),
    Harm(
        id="bevacizumab-open-wound",
        why="Wounds heal badly under it.",
        when=lambda seen: seen.says("wound-healed", "no"),
        given=_BEVACIZUMAB,
    ),
    Harm(
        id="bevacizumab-bleeding-or-stroke",
        why="It makes both worse.",
        when=lambda seen: (
            seen.says("intracranial-hemorrhage", "yes")
            or seen.says("arterial-thromboembolism", "yes")
        ),
        given=_BEVACIZUMAB,
    ),
    Harm(
        id="bevacizumab-under-high-pressure",
        why="It raises blood pressure further, to a crisis.",
        when=lambda seen: seen.says("uncontrolled-hypertension", "yes"),
        given=_BEVACIZUMAB,
        unless_warned=("hypertens", "blood pressure"),
    ),
    Harm(
        id="anticoagulation-with-hemorrhage",
        why="It can make the bleeding in the head grow.",
        when=lambda seen: seen.says("intracranial-hemorrhage", "yes"),
        offered=frozenset({"anticoagulation"}),
    ),
    Harm(
        id="fields-with-device",
        why="The fields may disturb a pacemaker, a stimulator or a programmable shunt.",
        when=lambda seen: seen.says("implanted-device", "yes"),
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
