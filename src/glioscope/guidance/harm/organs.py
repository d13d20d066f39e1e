"""Harms that lie in blood, organs, vessels and other medicines."""

from __future__ import annotations

from typing import Final

from glioscope.guidance.harm.record import Harm

_TEMOZOLOMIDE: Final = frozenset({"temozolomide"})
_LOMUSTINE: Final = frozenset({"lomustine"})
_BEVACIZUMAB: Final = frozenset({"bevacizumab"})

ORGANS: Final[tuple[Harm, ...]] = (
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
        id="vincristine-with-neuropathy",
        why="It is toxic to nerves, and worst to those that are damaged already.",
        when=lambda seen: seen.says("neuropathy", "peripheral"),
        given=frozenset({"vincristine"}),
        unless_warned=("neuropath", "charcot"),
    ),
    Harm(
        id="vincristine-in-charcot-marie-tooth",
        why="It can paralyze: its label forbids it.",
        when=lambda seen: seen.says("neuropathy", "charcot-marie-tooth"),
        given=frozenset({"vincristine"}),
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
        id="temozolomide-without-pneumocystis",
        why="Weeks of radiotherapy with it open the lungs to Pneumocystis; its label says so.",
        when=lambda _: True,
        offered=frozenset(
            {"radiotherapy-temozolomide", "hypofractionated-radiotherapy-temozolomide"}
        ),
        unless_warned=("pneumocystis",),
    ),
    Harm(
        id="lomustine-few-neutrophils",
        why="Its late nadir falls on too few neutrophils.",
        when=lambda seen: seen.below("anc", 1.5),
        given=_LOMUSTINE,
    ),
    Harm(
        id="bevacizumab-with-proteinuria",
        why="From 2 g a day on its label stops it: the kidneys fail.",
        when=lambda seen: seen.above("proteinuria-g-day", 1.99),
        given=_BEVACIZUMAB,
    ),
    Harm(
        id="vorasidenib-in-liver-failure",
        why="ALT and bilirubin raised together are what its label stops it for good for.",
        when=lambda seen: seen.above("alt-times-uln", 3) and seen.above("bilirubin-times-uln", 2),
        given=frozenset({"vorasidenib"}),
    ),
    Harm(
        id="dordaviprone-with-long-qtc",
        why="It lengthens QTc further, to an arrhythmia.",
        when=lambda seen: seen.above("qtc-ms", 500),
        given=frozenset({"dordaviprone"}),
    ),
    Harm(
        id="dabrafenib-with-g6pd-deficiency",
        why="Its sulfonamide can break up the red cells.",
        when=lambda seen: seen.says("g6pd-deficient", "yes"),
        given=frozenset({"dabrafenib"}),
        unless_warned=("g6pd", "glucose-6-phosphate", "hemoly"),
    ),
    Harm(
        id="trametinib-with-weak-heart",
        why="It weakens the heart further.",
        when=lambda seen: seen.below("lvef-percent", 50),
        given=frozenset({"trametinib"}),
        unless_warned=("ejection", "lvef", "cardiomyopathy"),
    ),
    Harm(
        id="drug-with-inducer-unsaid",
        why="The inducer takes the drug away before it acts.",
        when=lambda seen: seen.says(
            "antiseizure", "carbamazepine", "phenytoin", "phenobarbital", "primidone"
        ),
        given=frozenset({"dordaviprone", "dabrafenib", "trk-inhibitor"}),
        unless_warned=("induc",),
    ),
)
