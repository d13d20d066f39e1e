"""Rules, retrieval alone, and both: how much of what a plan must say is said.

    .venv/bin/python -m benchmarks.guidance_table --json docs/benchmarks/guidance_table.json

Each vignette of `tests/golden/vignettes` has the options, tests and refusals that its sources want:
the required facts.  A plan of the rules holds a fact if it names it.  Retrieval alone asks as the
visual-pathway paper does (the patient's report is the query; cosine similarity of all-MiniLM-L6-v2,
0.5 at least; the four nearest passages, which is what the paper's library takes if nothing is said)
over our own knowledge, and holds a fact if one of its passages is a statement that any rule for
that fact rests on: the most generous reading, as if a language model lost nothing.  The paper's
language model can't be had here; an answer of it is left out.

Unsupported is what a reader is told beside the case: of rules, a sentence without a citation that
resolves; of retrieval, a passage that no rule fired for this patient rests on, so that it speaks
of other patients.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.guidance.vignettes import Vignette, vignettes  # noqa: E402

from glioscope.core import Passage, Plan  # noqa: E402 - the path to tests must be known first
from glioscope.guidance import load_rules, load_vocabulary, make_plan, plan_queries  # noqa: E402
from glioscope.guidance.retrieval import How, Library, open_library  # noqa: E402
from glioscope.guidance.rules import Offer, Order, Refuse, Remark  # noqa: E402

NEAREST = 4
SAMPLES = 2000
SEED = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way on one patient.

    Args:
        required: Number of required facts.
        present: Those of them that are said.
        sentences: Sentences or passages that are shown.
        unsupported: Those of them that nothing supports for this patient.
        seconds: By the clock.
    """

    required: int
    present: int
    sentences: int
    unsupported: int
    seconds: float


def statements_by_fact() -> Mapping[str, frozenset[str]]:
    """Return the statements that any rule for an option, test or refusal rests on."""
    treatments = load_vocabulary().treatments
    found: dict[str, set[str]] = defaultdict(set)
    for rule in load_rules():
        effect = rule.effect
        if isinstance(effect, Offer):
            found[f"option {effect.treatment}"].update(rule.statements)
        elif isinstance(effect, Order):
            found[f"test {effect.test}"].update(rule.statements)
        elif isinstance(effect, Refuse):
            found[f"refusal {effect.refusal}"].update(rule.statements)
        elif isinstance(effect, Remark) and effect.kind == "exclude":
            for name, entry in treatments.items():
                if set(entry.components) & set(rule.about):
                    found[f"refusal {name}"].update(rule.statements)
    return {fact: frozenset(names) for fact, names in found.items()}


def required_of(vignette: Vignette) -> frozenset[str]:
    """Return what a plan of this patient must say, but for what no document can know.

    That a marker is only predicted is known of the patient, not of medicine.
    """
    return frozenset(
        [f"option {name}" for name in vignette.options]
        + [f"test {name}" for name in vignette.tests]
        + [f"refusal {name}" for name in vignette.refusals if name != "predicted-marker"]
    )


def said_by(plan: Plan) -> frozenset[str]:
    """Return what a plan says."""
    return frozenset(
        [f"option {option.treatment}" for option in plan.options]
        + [f"test {test.test}" for test in plan.tests]
        + [f"refusal {refusal.refused}" for refusal in plan.refusals]
    )


def by_rules(vignette: Vignette) -> tuple[Row, Plan]:
    """Make the plan of a patient."""
    begun = time.perf_counter()
    plan = make_plan(vignette.facts, case_id=vignette.id)
    seconds = time.perf_counter() - begun
    cited = [s.citations for o in plan.options for s in (*o.reasons, *o.conditions, *o.cautions)]
    cited += [t.citations for t in plan.tests] + [s.citations for s in plan.notes]
    cited += [s.citations for s in plan.diagnosis]
    lost = [c for c in cited if not c or not set(c) <= set(plan.statements)]
    required = required_of(vignette)
    row = Row(
        required=len(required),
        present=len(required & said_by(plan)),
        sentences=len(cited),
        unsupported=len(lost),
        seconds=seconds,
    )
    return row, plan


def by_retrieval(
    vignette: Vignette, plan: Plan, library: Library, facts: Mapping[str, frozenset[str]]
) -> Row:
    """Ask the patient's report of our own knowledge."""
    report = " ".join(f"{name.replace('-', ' ')} {value}." for name, value in plan.facts.items())
    query = f"{plan_queries(plan)[0]} {report}"
    begun = time.perf_counter()
    passages = library.search(query, limit=NEAREST, how=How.SEMANTIC)
    seconds = time.perf_counter() - begun
    return _row_of(passages, plan, required_of(vignette), facts, seconds)


def _row_of(
    passages: Sequence[Passage],
    plan: Plan,
    required: frozenset[str],
    facts: Mapping[str, frozenset[str]],
    seconds: float,
) -> Row:
    found = {passage.statement for passage in passages if passage.statement is not None}
    return Row(
        required=len(required),
        present=sum(bool(facts.get(fact, frozenset()) & found) for fact in required),
        sentences=len(passages),
        unsupported=sum(p.statement not in plan.statements for p in passages),
        seconds=seconds,
    )


def both(rules: Row, retrieval: Row) -> Row:
    """Return the plan with its passages beside it: what the rules say stands."""
    return Row(
        required=rules.required,
        present=rules.present,
        sentences=rules.sentences + retrieval.sentences,
        unsupported=rules.unsupported + retrieval.unsupported,
        seconds=rules.seconds + retrieval.seconds,
    )


def summary(rows: Sequence[Row]) -> dict[str, float]:
    """Return shares with 95% bootstrap intervals over patients, and times."""
    draws = np.random.default_rng(SEED).integers(0, len(rows), (SAMPLES, len(rows)))
    values: dict[str, float] = {"patients": len(rows)}
    for name, part, whole in (
        ("present", "present", "required"),
        ("unsupported", "unsupported", "sentences"),
    ):
        parts = np.array([getattr(row, part) for row in rows], dtype=float)
        wholes = np.array([getattr(row, whole) for row in rows], dtype=float)
        shares = parts[draws].sum(axis=1) / np.maximum(wholes[draws].sum(axis=1), 1.0)
        low, high = np.percentile(shares, [2.5, 97.5])
        values[name] = float(parts.sum() / max(wholes.sum(), 1.0))
        values[f"{name}_low"], values[f"{name}_high"] = float(low), float(high)
    times = np.array([row.seconds for row in rows]) * 1000
    values["ms_median"], values["ms_p95"] = (float(v) for v in np.percentile(times, [50, 95]))
    return values


def main() -> None:
    """Read the command line, ask all patients, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    facts = statements_by_fact()
    rows: dict[str, list[Row]] = {"rules": [], "retrieval alone": [], "both": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_library(Path(folder) / "store") as library,
    ):
        library.search("warm up")
        for vignette in vignettes():
            ruled, plan = by_rules(vignette)
            found = by_retrieval(vignette, plan, library, facts)
            rows["rules"].append(ruled)
            rows["retrieval alone"].append(found)
            rows["both"].append(both(ruled, found))
    table = {name: summary(found) for name, found in rows.items()}
    print(f"{len(rows['rules'])} vignettes; 95% intervals over them")
    print(f"{'':16} {'required facts present':>28} {'unsupported':>26} {'ms':>7} {'p95':>7}")
    for name, values in table.items():
        shares = [
            f"{values[key]:.1%} ({values[f'{key}_low']:.1%} to {values[f'{key}_high']:.1%})"
            for key in ("present", "unsupported")
        ]
        times = f"{values['ms_median']:7.1f} {values['ms_p95']:7.1f}"
        print(f"{name:16} {shares[0]:>28} {shares[1]:>26} {times}")
    if args.json is not None:
        args.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
