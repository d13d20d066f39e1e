"""The patients of tests/golden/vignettes, as their writers told them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from glioscope.core import Plan
from glioscope.guidance import Facts, PredictedMarker, make_plan, told_facts

FOLDER: Final = Path(__file__).parents[1] / "golden" / "vignettes"
_NEEDED: Final = {"id", "story", "told", "options", "tests", "refusals", "source"}
_ALLOWED: Final = _NEEDED | {"untold", "predicted", "asks", "never"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vignette:
    """A patient and what the sources say of them.

    Args:
        id: Unique over all files.
        story: As a colleague tells it.
        facts: The file's defaults, less what is untold, and what is told.
        options: Treatments that must be offered, and no others.
        tests: That must be ordered, and no others.
        refusals: That must be there, and no others.
        asks: Facts that must be among the missing.
        never: Treatments that would harm.
        source: Sources or statements that decide it.
    """

    id: str
    story: str
    facts: Facts
    options: frozenset[str]
    tests: frozenset[str]
    refusals: frozenset[str]
    asks: frozenset[str]
    never: frozenset[str]
    source: tuple[str, ...]

    @property
    def plan(self) -> Plan:
        """What the rules say."""
        return _plan(self.id)

    def disagreements(self) -> tuple[str, ...]:
        """Return where the plan is another than the sources want it, in words."""
        plan = self.plan
        pairs = (
            ("options", self.options, {option.treatment for option in plan.options}),
            ("tests", self.tests, {test.test for test in plan.tests}),
            ("refusals", self.refusals, {refusal.refused for refusal in plan.refusals}),
        )
        return tuple(
            f"{self.id}: {what}: too few {sorted(wanted - got)}, too many {sorted(got - wanted)}"
            for what, wanted, got in pairs
            if wanted != got
        )


@cache
def vignettes() -> tuple[Vignette, ...]:
    """Return all of them, by file and place."""
    return tuple(v for path in sorted(FOLDER.glob("*.toml")) for v in _of_file(path))


@cache
def _plan(ident: str) -> Plan:
    (vignette,) = (v for v in vignettes() if v.id == ident)
    return make_plan(vignette.facts, case_id=ident)


def _of_file(path: Path) -> list[Vignette]:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    defaults = content.get("defaults", {}).get("told", [])
    return [_vignette(table, defaults) for table in content["vignette"]]


def _vignette(table: Mapping[str, Any], defaults: Sequence[str]) -> Vignette:
    wrong = (_NEEDED - set(table)) | (set(table) - _ALLOWED)
    assert not wrong, f"{table.get('id')}: {sorted(wrong)} is missing or unknown"
    shared = {
        name: value
        for name, value in told_facts(defaults).items()
        if name not in table.get("untold", ())
    }
    return Vignette(
        id=table["id"],
        story=table["story"],
        facts=Facts(
            told={**shared, **told_facts(table["told"])},
            predicted={p["marker"]: _predicted(p) for p in table.get("predicted", ())},
        ),
        options=frozenset(table["options"]),
        tests=frozenset(table["tests"]),
        refusals=frozenset(table["refusals"]),
        asks=frozenset(table.get("asks", ())),
        never=frozenset(table.get("never", ())),
        source=tuple(table["source"]),
    )


def _predicted(table: Mapping[str, Any]) -> PredictedMarker:
    return PredictedMarker(
        outcome=table["outcome"],
        probability=table["probability"],
        possible=tuple(table["possible"]),
    )
