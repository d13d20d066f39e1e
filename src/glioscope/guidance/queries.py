"""What a plan asks of documents."""

from __future__ import annotations

from typing import Final

from glioscope.core import Plan

_FACTS: Final = (
    ("histology", "histology {}"),
    ("grade", "WHO grade {}"),
    ("idh", "IDH-{}"),
    ("1p19q", "1p/19q {}"),
    ("mgmt", "MGMT promoter {}"),
    ("h3", "H3 {}"),
    ("braf", "BRAF {}"),
    ("age-years", "age {} years"),
    ("kps", "Karnofsky performance status {}"),
    ("phase", "{}"),
    ("resection", "after {} resection"),
)


def plan_queries(plan: Plan) -> tuple[str, ...]:
    """Return the questions, the patient as a whole first, then each option and test.

    A question is short on purpose: the model that embeds it reads 256 word pieces, and a whole
    report drowns what is asked.
    """
    facts = [form.format(plan.facts[name]) for name, form in _FACTS if name in plan.facts]
    entity = plan.facts.get("entity", "glioma").replace("-", " ")
    patient = f"Treatment of {entity}: {', '.join(facts)}." if facts else f"Treatment of {entity}."
    options = (f"{option.name} in {entity}" for option in plan.options)
    tests = (f"{test.name} in {entity}" for test in plan.tests)
    return tuple(dict.fromkeys((patient, *options, *tests)))
