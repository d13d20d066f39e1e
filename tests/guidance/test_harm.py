"""The checks of harm find the harm that they are written for, and no rule does any."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guidance.vignettes import vignettes

from glioscope.core import Plan, Refusal, Sentence, Statement, Strength, TreatmentOption
from glioscope.guidance import Facts, PredictedMarker, load_vocabulary, make_plan, told_facts
from glioscope.guidance.facts import FactValue
from glioscope.guidance.harm import HARMS, harms
from glioscope.guidance.knowledge import FactEntry

_STATEMENT = Statement(
    statement_id="said",
    statement="S.",
    condition="C",
    strength=Strength.STRONG,
    population="P",
    source="book",
    section="Abstract",
    checked=("elsewhere",),
    checked_on="2026-11-22",
)
_ADULT = ("age-years=50", "kps=90", "phase=newly-diagnosed", "resection=partial")
_GLIOBLASTOMA = (*_ADULT, "idh=wildtype", "histology=glioblastoma")
_RECURRENT = ("age-years=50", "kps=90", "phase=recurrent", "idh=wildtype", "histology=glioblastoma")
_OLIGODENDROGLIOMA = (*_ADULT, "idh=mutant", "1p19q=codeleted")
_ASTROCYTOMA = (*_ADULT, "idh=mutant", "1p19q=intact", "atrx=lost")


def _option(treatment: str, *cautions: str) -> TreatmentOption:
    return TreatmentOption(
        treatment=treatment,
        name=treatment,
        strength=Strength.STRONG,
        reasons=(Sentence(text="It helps.", citations=("said",)),),
        cautions=tuple(Sentence(text=text, citations=("said",)) for text in cautions),
        citations=("said",),
    )


def _refusal(kind: str) -> Refusal:
    return Refusal(refused=kind, what="W", why="Y.")


def _plan(*options: TreatmentOption, refused: tuple[str, ...] = (), **parts: Any) -> Plan:
    whole: dict[str, Any] = {
        "case_id": "c",
        "release": "0",
        "facts": {},
        "options": options,
        "refusals": tuple(_refusal(kind) for kind in refused),
        "statements": {"said": _STATEMENT},
        "sources": {"book": None},
        **parts,
    }
    return Plan(**whole)


_UNCITED = TreatmentOption(
    treatment="supportive-care",
    name="N",
    strength=Strength.CONSENSUS,
    reasons=(Sentence(text="Somebody says so."),),
    citations=("said",),
)
# harm, facts told, treatment that does it
HARMFUL = [
    ("contradictory-markers", (*_ADULT, "idh=wildtype", "1p19q=codeleted"), "radiotherapy"),
    ("contradictory-markers", (*_ADULT, "idh=mutant", "h3=k27m"), "re-resection"),
    ("treatment-without-tissue", ("age-years=50",), "radiotherapy-temozolomide"),
    ("not-of-adult-type", (*_ADULT, "histology=pilocytic"), "radiotherapy"),
    ("glioblastoma-treatment-of-idh-mutant", _ASTROCYTOMA, "ttfields"),
    ("glioblastoma-treatment-of-idh-mutant", _OLIGODENDROGLIOMA, "bevacizumab"),
    ("idh-untested", (*_ADULT, "histology=glioblastoma"), "radiotherapy-temozolomide"),
    ("pcv-without-idh-mutation", _GLIOBLASTOMA, "radiotherapy-pcv"),
    ("lineage-untested", (*_ADULT, "idh=mutant"), "radiotherapy-adjuvant-temozolomide"),
    ("surveillance-of-high-grade", (*_OLIGODENDROGLIOMA, "grade=3"), "active-surveillance"),
    ("surveillance-of-high-grade", (*_ADULT, "idh=wildtype", "tert=mutant"), "active-surveillance"),
    ("vorasidenib-beyond-grade-2", (*_ASTROCYTOMA, "grade=4"), "vorasidenib"),
    (
        "vorasidenib-beyond-grade-2",
        (*_ASTROCYTOMA, "grade=2", "cdkn2ab=homozygous-deleted"),
        "vorasidenib",
    ),
    ("vorasidenib-without-idh-mutation", _GLIOBLASTOMA, "vorasidenib"),
    (
        "vorasidenib-instead-of-needed-treatment",
        (*_ASTROCYTOMA, "grade=2", "needs-treatment-now=yes"),
        "vorasidenib",
    ),
    ("dabrafenib-without-v600e", (*_RECURRENT, "braf=fusion"), "dabrafenib-trametinib"),
    ("dordaviprone-without-k27m", (*_RECURRENT, "h3=g34-mutant"), "dordaviprone"),
    ("trk-inhibitor-without-fusion", _RECURRENT, "trk-inhibitor"),
    ("temozolomide-alone-unmethylated", (*_GLIOBLASTOMA, "mgmt=unmethylated"), "temozolomide"),
    ("lomustine-temozolomide-unmethylated", _GLIOBLASTOMA, "lomustine-temozolomide-radiotherapy"),
    (
        "treatment-of-pseudoprogression",
        (*_RECURRENT[:2], "phase=progression-suspected", "months-since-radiotherapy=2"),
        "bevacizumab",
    ),
    ("early-re-irradiation", (*_RECURRENT, "months-since-radiotherapy=3"), "re-irradiation"),
    ("early-re-irradiation", _RECURRENT, "re-irradiation"),
    ("second-full-radiotherapy", (*_RECURRENT, "prior-radiotherapy=yes"), "radiotherapy"),
    ("resection-of-the-unresectable", (*_RECURRENT, "resectable=no"), "re-resection"),
    ("option-for-a-child", ("age-years=12",), "supportive-care"),
    ("drug-in-pregnancy", (*_GLIOBLASTOMA, "pregnant=yes"), "temozolomide"),
    ("radiotherapy-in-pregnancy", (*_GLIOBLASTOMA, "pregnant=yes"), "radiotherapy"),
    ("drug-while-breastfeeding", (*_GLIOBLASTOMA, "breastfeeding=yes"), "temozolomide"),
    ("temozolomide-few-platelets", (*_GLIOBLASTOMA, "platelets=99"), "temozolomide"),
    ("temozolomide-few-neutrophils", (*_GLIOBLASTOMA, "anc=1.4"), "ttfields"),
    ("temozolomide-allergy", (*_GLIOBLASTOMA, "dacarbazine-allergy=yes"), "temozolomide"),
    ("temozolomide-with-hepatitis-b", (*_GLIOBLASTOMA, "hepatitis-b=positive"), "temozolomide"),
    ("lomustine-few-platelets", (*_RECURRENT, "platelets=99"), "lomustine"),
    ("lomustine-in-lung-disease", (*_RECURRENT, "lung-disease=yes"), "pcv"),
    ("second-nitrosourea", (*_RECURRENT, "prior-nitrosourea=yes"), "lomustine"),
    (
        "vincristine-with-neuropathy",
        (*_OLIGODENDROGLIOMA, "neuropathy=peripheral"),
        "radiotherapy-pcv",
    ),
    (
        "vincristine-in-charcot-marie-tooth",
        (*_OLIGODENDROGLIOMA, "neuropathy=charcot-marie-tooth"),
        "radiotherapy-pcv",
    ),
    ("procarbazine-with-serotonergics", (*_OLIGODENDROGLIOMA, "maoi-interaction=yes"), "pcv"),
    ("bevacizumab-after-surgery", (*_RECURRENT, "days-since-surgery=27"), "bevacizumab"),
    ("bevacizumab-open-wound", (*_RECURRENT, "wound-healed=no"), "bevacizumab"),
    (
        "bevacizumab-bleeding-or-stroke",
        (*_RECURRENT, "arterial-thromboembolism=yes"),
        "bevacizumab",
    ),
    (
        "bevacizumab-under-high-pressure",
        (*_RECURRENT, "uncontrolled-hypertension=yes"),
        "bevacizumab",
    ),
    ("anticoagulation-with-hemorrhage", ("intracranial-hemorrhage=yes",), "anticoagulation"),
    ("fields-with-device", (*_GLIOBLASTOMA, "implanted-device=yes"), "ttfields"),
    ("fields-with-skull-defect", (*_GLIOBLASTOMA, "skull-defect=yes"), "ttfields"),
    ("chemotherapy-of-the-bedridden", (*_RECURRENT[:1], "kps=40", *_RECURRENT[2:]), "lomustine"),
    (
        "full-course-of-old-or-weak-glioblastoma",
        ("age-years=70", *_GLIOBLASTOMA[1:]),
        "radiotherapy-temozolomide",
    ),
    ("what-failed-again", (*_RECURRENT, "prior-bevacizumab=yes"), "bevacizumab"),
    ("vorasidenib-after-other-treatment", (*_ASTROCYTOMA, "prior-temozolomide=yes"), "vorasidenib"),
    ("fields-below-the-tentorium", (*_GLIOBLASTOMA, "supratentorial=no"), "ttfields"),
    (
        "re-irradiation-of-the-never-irradiated",
        (*_RECURRENT, "prior-radiotherapy=no"),
        "re-irradiation",
    ),
    ("medicine-to-prevent-a-first-seizure", ("seizures=no",), "antiseizure-medicine"),
    ("temozolomide-without-pneumocystis", _GLIOBLASTOMA, "radiotherapy-temozolomide"),
    ("lomustine-few-neutrophils", (*_RECURRENT, "anc=1"), "lomustine"),
    ("bevacizumab-with-proteinuria", (*_RECURRENT, "proteinuria-g-day=2"), "bevacizumab"),
    (
        "vorasidenib-in-liver-failure",
        (*_ASTROCYTOMA, "grade=2", "alt-times-uln=4", "bilirubin-times-uln=3"),
        "vorasidenib",
    ),
    ("dordaviprone-with-long-qtc", (*_RECURRENT, "h3=k27m", "qtc-ms=510"), "dordaviprone"),
    (
        "dabrafenib-with-g6pd-deficiency",
        (*_RECURRENT, "braf=v600e", "g6pd-deficient=yes"),
        "dabrafenib-trametinib",
    ),
    (
        "trametinib-with-weak-heart",
        (*_RECURRENT, "braf=v600e", "lvef-percent=40"),
        "dabrafenib-trametinib",
    ),
    (
        "drug-with-inducer-unsaid",
        (*_RECURRENT, "ntrk=fusion", "antiseizure=phenytoin"),
        "trk-inhibitor",
    ),
    ("treatment-of-the-stable", (*_RECURRENT[:2], "phase=stable", "idh=wildtype"), "lomustine"),
]
# harm, facts told, what the plan has or lacks
SILENT = [
    ("contradiction-not-named", ("idh=wildtype", "1p19q=codeleted"), _plan()),
    (
        "pseudoprogression-not-named",
        ("phase=progression-suspected", "months-since-radiotherapy=1"),
        _plan(),
    ),
    ("child-not-refused", ("age-years=3",), _plan()),
    ("dose-passed", ("temozolomide-mg-m2=201",), _plan()),
    ("dose-passed", ("radiotherapy-gy=61",), _plan()),
    (
        "dose-passed",
        ("temozolomide-mg-m2=100", "temozolomide-schedule=daily-with-radiotherapy"),
        _plan(),
    ),
    (
        "idh-mutant-called-glioblastoma",
        ("idh=mutant",),
        _plan(facts={"entity": "glioblastoma"}),
    ),
    ("uncited-sentence", ("age-years=50",), _plan(_UNCITED)),
    ("citation-to-nothing", ("age-years=50",), _plan(_option("supportive-care"), statements={})),
    ("citation-to-nothing", ("age-years=50",), _plan(sources={})),
]


def _told(pairs: tuple[str, ...]) -> Facts:
    return Facts(told=told_facts(pairs))


def test_each_harm_has_its_own_id_and_a_reason() -> None:
    assert len(HARMS) >= 25
    assert len({harm.id for harm in HARMS}) == len(HARMS)
    assert all(harm.why.endswith(".") for harm in HARMS)


def test_harms_are_of_treatments_that_exist() -> None:
    words = load_vocabulary()
    for harm in HARMS:
        assert harm.offered <= set(words.treatments), harm.id
        assert harm.given <= words.components, harm.id


@pytest.mark.parametrize(("harm", "told", "treatment"), HARMFUL)
def test_a_harmful_option_is_found(harm: str, told: tuple[str, ...], treatment: str) -> None:
    assert harm in harms(_told(told), _plan(_option(treatment)))


@pytest.mark.parametrize(("harm", "told", "plan"), SILENT)
def test_a_harmful_silence_is_found(harm: str, told: tuple[str, ...], plan: Plan) -> None:
    assert harm in harms(_told(told), plan)


def test_a_prediction_that_is_not_named_or_among_the_facts_is_found() -> None:
    marker = PredictedMarker(outcome="mutant", probability=0.9, possible=("mutant",))
    facts = Facts(predicted={"idh": marker})

    assert harms(facts, _plan()) == ("prediction-not-named",)
    assert harms(facts, _plan(refused=("predicted-marker",), facts={"idh": "mutant"})) == (
        "prediction-among-the-facts",
    )


def test_every_harm_is_shown_by_an_example() -> None:
    shown = {harm for harm, *_ in HARMFUL} | {harm for harm, *_ in SILENT}

    assert {harm.id for harm in HARMS} - shown == {
        "prediction-not-named",
        "prediction-among-the-facts",
    }


def test_a_warning_makes_care_of_harm() -> None:
    facts = _told((*_RECURRENT, "lung-disease=yes"))

    assert harms(facts, _plan(_option("lomustine", "Weak lungs: test them first."))) == ()
    assert harms(facts, _plan(_option("lomustine", "Count the blood."))) == (
        "lomustine-in-lung-disease",
    )


def test_a_sound_option_does_no_harm() -> None:
    facts = _told((*_GLIOBLASTOMA, "platelets=100", "anc=1.5", "mgmt=methylated"))

    sound = _option("radiotherapy-temozolomide", "Prevent Pneumocystis pneumonia meanwhile.")

    assert harms(facts, _plan(sound, _option("ttfields"))) == ()


_NAMES = {entry.id: entry for entry in load_vocabulary().facts.values() if not entry.derived}


def _values(entry: FactEntry) -> st.SearchStrategy[FactValue]:
    if entry.kind == "number":
        return st.floats(entry.low, entry.high, allow_nan=False)
    return st.sampled_from(entry.choices)


def _any_facts() -> st.SearchStrategy[dict[str, FactValue]]:
    return st.fixed_dictionaries({}, optional={name: _values(e) for name, e in _NAMES.items()})


def _patients() -> st.SearchStrategy[dict[str, FactValue]]:
    """Any facts together, true or not; half of them on top of a patient who gets options."""
    known = st.sampled_from(vignettes()).map(lambda vignette: dict(vignette.facts.told))
    few = st.lists(st.sampled_from(sorted(_NAMES)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: _values(_NAMES[name]) for name in names})
    )
    return st.one_of(_any_facts(), st.builds(lambda one, other: {**one, **other}, known, few))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(told=_patients())
def test_no_facts_whatever_bring_harm(told: dict[str, FactValue]) -> None:
    facts = Facts(told=told)

    assert harms(facts, make_plan(facts, case_id="any")) == ()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(told=_patients(), shuffled=st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(told: dict[str, FactValue], shuffled: Random) -> None:
    pairs = list(told.items())
    shuffled.shuffle(pairs)
    plan = make_plan(Facts(told=told), case_id="any")
    again = make_plan(Facts(told=dict(pairs)), case_id="any")

    assert again == plan


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    told=_patients(),
    name=st.sampled_from(["idh", "1p19q", "grade", "mgmt", "h3", "braf"]),
    data=st.data(),
)
def test_no_prediction_brings_an_option(
    told: dict[str, FactValue], name: str, data: st.DataObject
) -> None:
    outcome = data.draw(st.sampled_from(load_vocabulary().facts[name].choices))
    untested = {fact: value for fact, value in told.items() if fact != name}
    marker = PredictedMarker(outcome=outcome, probability=0.97, possible=(outcome,))
    facts = Facts(told=untested, predicted={name: marker})
    plan = make_plan(facts, case_id="any")

    assert harms(facts, plan) == ()
    assert plan.options == make_plan(Facts(told=untested), case_id="any").options
