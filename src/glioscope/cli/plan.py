"""glioscope plan: options that guidelines support for a patient, with their sources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.cli import consent, guidance_documents, options, plan_words
from glioscope.cli.progress import shown

if TYPE_CHECKING:
    from glioscope.core import Plan

Known = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        help="A fact, such as idh=mutant, 1p19q=codeleted, mgmt=methylated, platelets=150; as often"
        " as needed. `glioscope guidance facts` lists them all.",
    ),
]


def plan(
    result: Annotated[
        Path | None,
        typer.Argument(help="Folder that `glioscope analyze -o` wrote; facts alone will do too."),
    ] = None,
    *,
    output: options.Output,
    case_id: Annotated[str | None, typer.Option("--case-id", help="Pseudonym.")] = None,
    age: Annotated[float | None, typer.Option("--age", help="Years.")] = None,
    sex: options.Sex = None,
    known: Known = None,
    kps: Annotated[float | None, typer.Option("--kps", help="Karnofsky, 0 to 100.")] = None,
    resection: Annotated[
        str | None, typer.Option("--resection", help="biopsy, partial, gross-total, ...")
    ] = None,
    steroids: Annotated[
        str | None, typer.Option("--steroids", help="Dexamethasone a day, such as 4mg.")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="Of the patient's page: en, zh or es.")
    ] = "en",
    show_survival: Annotated[
        bool, typer.Option("--show-survival", help="Tell the patient survival figures too.")
    ] = False,
    passages: Annotated[
        bool, typer.Option("--passages/--no-passages", help="Search documents beside the rules.")
    ] = True,
    store: guidance_documents.StoreFolder = None,
    llm: plan_words.Llm = False,
    llm_model: plan_words.LlmModel = None,
    allow_remote: plan_words.AllowRemote = False,
    spend_limit: plan_words.SpendLimit = 100_000,
    use: consent.For = "care",
    require_consent: consent.Required = False,
    audit: consent.Audit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Write options that guidelines support for a patient, each with its source.

    plan.html, plan.pdf and plan.json are for the tumor board, patient.html for the patient. Only
    tested markers count; what is missing is asked for by name. It informs and does not decide.
    """
    from glioscope.guidance import told_facts
    from glioscope.pipeline import PlanRequest, plan_patient, read_result_json
    from glioscope.report import write_plan

    told = told_facts(
        (
            *(known or ()),
            *_given("age-years", None if age is None else f"{age:g}"),
            *_given("sex", sex),
            *_given("kps", None if kps is None else f"{kps:g}"),
            *_given("resection", resection),
            *_given("dexamethasone-mg", steroids),
        )
    )
    wording = plan_words.wording_config(
        llm=llm, model=llm_model, allow_remote=allow_remote, spend_limit=spend_limit
    )
    if result is not None:
        asked = consent.policy("plan", required=require_consent, audit=audit)
        asked.allow(result, consent.use_named(use))
    content = None if result is None else read_result_json(result)
    request = PlanRequest(
        told=told,
        case_id=case_id,
        store=(store or guidance_documents.default_store()) if passages else None,
        wording=wording,
    )
    with shown(quiet=quiet) as progress:
        made = plan_patient(content, request, progress=progress)
        progress.stage("writing the pages")
        written = write_plan(
            made, output, language=language, show_survival=show_survival, result=content
        )
    if as_json:
        typer.echo(json.dumps({"status": "done", "files": [str(path) for path in written]}))
    elif not quiet:
        typer.echo(summary(made))
        typer.echo("\n".join(str(path) for path in written))


def summary(made: Plan) -> str:
    """Return the plan in a few lines."""
    lines = [sentence.text for sentence in made.diagnosis]
    lines += [f"option ({o.strength}): {o.name}" for o in made.options]
    lines += [f"test first: {test.name}" for test in made.tests]
    lines += [f"not offered: {refusal.what}: {refusal.why}" for refusal in made.refusals]
    if made.missing:
        lines.append(f"to find out: {', '.join(fact.fact for fact in made.missing)}")
    if made.wording is not None and made.wording.failure is not None:
        lines.append(f"no words of a language model: {made.wording.failure}")
    lines += made.limits
    lines.append(
        f"release {made.release}. It informs professionals and does not decide."
        " Research software, not a medical device."
    )
    return "\n".join(lines)


def _given(name: str, value: str | None) -> Iterable[str]:
    return () if value is None else (f"{name}={value}",)
