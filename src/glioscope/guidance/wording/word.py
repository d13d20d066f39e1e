"""A plan to the same plan with the words of a language model beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glioscope.core import Plan, Progress, Wording, require
from glioscope.guidance.wording.answer import claims_of
from glioscope.guidance.wording.check import check_claims, evidence_of, scope_of
from glioscope.guidance.wording.clean import visible
from glioscope.guidance.wording.config import WordingConfig
from glioscope.guidance.wording.material import Material, material_of
from glioscope.guidance.wording.prompt import messages_for

if TYPE_CHECKING:
    from glioscope.guidance.wording.server.chat import Reply


def word_plan(plan: Plan, config: WordingConfig, *, progress: Progress) -> Plan:
    """Have a language model summarize a plan; keep what its records hold.

    Options, tests, refusals and all else of the plan stay as they are.  A server that fails leaves
    a plan without a summary, and `Wording.failure` says why.

    Args:
        plan: As rules made it.
        config: Which model, and what it may cost.
        progress: Told of the stages, and of the tokens spent.

    Raises:
        MissingPackageError: If the extra "guidance" is not installed.
    """
    name = visible(config.model)
    material = material_of(plan)
    if not material.statements and not material.passages:
        failure = "the plan cites nothing that a language model could reword"
        return replace(plan, wording=Wording(model=name, failure=failure))
    require("openai", extra="guidance")
    from glioscope.guidance.wording.server.chat import ask  # noqa: PLC0415 - a second to load

    progress.stage("asking the language model")
    reply = ask(messages_for(material), config, progress)
    if reply.tokens:
        progress.note(_spent(reply, config))
    wording = _wording(reply, material, plan, name)
    return replace(plan, wording=wording, limits=(*plan.limits, *_limits(reply, material)))


def _wording(reply: Reply, material: Material, plan: Plan, name: str) -> Wording:
    if reply.failure is not None:
        return Wording(model=name, failure=reply.failure)
    claims = claims_of(reply.text)
    if not claims:
        return Wording(model=name, failure="the language model answered without a sentence")
    evidence = evidence_of(material.statements, material.passages)
    checked = check_claims(claims, evidence, scope_of(plan))
    return Wording(model=name, sentences=checked.kept, dropped=checked.dropped)


def _spent(reply: Reply, config: WordingConfig) -> str:
    counted = "at most, as the server did not count them all" if reply.estimated else "counted"
    return f"{reply.tokens} tokens of {config.most_tokens} ({counted})"


def _limits(reply: Reply, material: Material) -> tuple[str, ...]:
    limits = []
    if material.withheld:
        were = "passage was" if material.withheld == 1 else "passages were"
        limits.append(
            f"{material.withheld} {were} kept from the language model: written like an instruction"
        )
    if reply.estimated and reply.failure is None:
        limits.append(
            f"The language model's server did not count its tokens; at most {reply.tokens} were"
            " spent."
        )
    return tuple(limits)
