"""A result, or told facts alone, to a plan and its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from glioscope.core import InputError, MissingPackageError, OutputError, Plan, Progress
from glioscope.guidance import (
    Facts,
    FactValue,
    facts_from_result,
    load_vocabulary,
    plan_queries,
    safe_plan,
)

if TYPE_CHECKING:
    from glioscope.guidance.wording import WordingConfig

_PASSAGES: Final = 8
"""Shown beside a plan: more than a board reads is no help."""
_UNNAMED: Final = "patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What a plan is made of, beside a result.

    Args:
        told: Facts, as `told_facts` returns them; they go before those of the result.
        case_id: Pseudonym; that of the result without it.
        store: Index of documents to search; ``None`` searches none.
        wording: Language model that may reword; ``None`` asks none.
    """

    told: Mapping[str, FactValue] = field(default_factory=dict)
    case_id: str | None = None
    store: Path | None = None
    wording: WordingConfig | None = None


def plan_patient(
    result: Mapping[str, Any] | None, request: PlanRequest, *, progress: Progress
) -> Plan:
    """Return the plan of a patient.

    Without the extra "guidance", or with an index that is damaged, no passages are searched, and
    the plan says so; without the language model's server there are no words of it, and the plan is
    whole all the same.

    Args:
        result: Content of a ``result.json``; ``None`` where there are no images.
        request: What is told, and what is wanted beside the rules.
        progress: Told of the stages.

    Raises:
        InputError: If the result is damaged, or it and ``request.told`` give a tested marker
            two values.
        MissingPackageError: If a language model is asked for without the extra "guidance".
    """
    progress.stage("applying the rules")
    facts = _facts(result, request.told)
    own = None if result is None else str(result.get("case_id", _UNNAMED))
    plan = safe_plan(facts, case_id=request.case_id or own or _UNNAMED)
    if request.store is not None:
        progress.stage("searching documents")
        plan = _with_passages(plan, request.store, progress)
    if request.wording is not None:
        from glioscope.guidance.wording import word_plan  # noqa: PLC0415 - of the extra

        plan = word_plan(plan, request.wording, progress=progress)
    return plan


def _facts(result: Mapping[str, Any] | None, told: Mapping[str, FactValue]) -> Facts:
    if result is None:
        return Facts(told=told)
    known = facts_from_result(result)
    for name, entry in load_vocabulary().facts.items():
        if entry.marker and name in told and known.told.get(name, told[name]) != told[name]:
            msg = (
                f"{name} was told as {known.told[name]} for the analysis and as {told[name]} now;"
                " find out which is right, and analyze again if it was the first that is wrong"
            )
            raise InputError(msg)
    return replace(known, told={**known.told, **told})


def _with_passages(plan: Plan, store: Path, progress: Progress) -> Plan:
    from glioscope.guidance.retrieval import open_library  # noqa: PLC0415 - slow to load

    try:
        with open_library(store, progress=progress) as library:
            passages = library.passages_for(plan_queries(plan), limit=_PASSAGES)
    except (MissingPackageError, InputError, OutputError) as error:
        # the plan is the rules'; an index that is damaged must not keep it from the board
        return replace(plan, limits=(*plan.limits, f"Documents were not searched: {error}."))
    return replace(plan, passages=passages)
