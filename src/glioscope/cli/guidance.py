"""glioscope guidance: what plans rest on, and the documents beside them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.cli import guidance_documents, options
from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.core import Statement
    from glioscope.guidance import FactEntry, Rule

app = typer.Typer(
    name="guidance",
    help="What plans rest on: statements with their sources, rules, documents of your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command()(guidance_documents.ingest)
app.command()(guidance_documents.search)


@app.command(name="list")
def list_all(
    word: Annotated[str | None, typer.Argument(help="Only records that hold this word.")] = None,
    *,
    as_json: options.Json = False,
) -> None:
    """List every statement with its source."""
    from glioscope.guidance import load_knowledge

    knowledge = load_knowledge()
    found = [s for s in knowledge.statements.values() if _holds(s, word)]
    if as_json:
        rows = [asdict(statement) for statement in found]
        typer.echo(json.dumps({"release": knowledge.release, "statements": rows}))
        return
    for statement in found:
        source = knowledge.sources[statement.source]
        typer.echo(f"{statement.statement_id}  [{statement.strength}]  {statement.statement}")
        typer.echo(f"    {source.authors} {source.journal} {source.year}")
    typer.echo(f"{len(found)} statements; release {knowledge.release}")


@app.command()
def show(
    ident: Annotated[str, typer.Argument(help="Id of a statement, source or rule.")],
    *,
    as_json: options.Json = False,
) -> None:
    """Show one statement, source or rule whole, with what rests on it."""
    from glioscope.guidance import load_knowledge, load_rules

    knowledge = load_knowledge()
    rules = {rule.id: rule for rule in load_rules()}
    if ident in knowledge.statements:
        statement = knowledge.statements[ident]
        content = asdict(statement) | {
            "source": asdict(knowledge.sources[statement.source]),
            "rules": [rule.id for rule in rules.values() if ident in rule.statements],
        }
    elif ident in knowledge.sources:
        own = [s.statement_id for s in knowledge.statements.values() if s.source == ident]
        content = asdict(knowledge.sources[ident]) | {"statements": own}
    elif ident in rules:
        content = _rule(rules[ident])
    else:
        msg = f"{ident}: no statement, source or rule; see `glioscope guidance list`"
        raise InputError(msg)
    typer.echo(json.dumps(content) if as_json else _plain(content))


@app.command()
def facts(*, as_json: options.Json = False) -> None:
    """List every fact that `plan --known` takes, with its values."""
    from glioscope.guidance import load_vocabulary

    entries = [entry for entry in load_vocabulary().facts.values() if not entry.derived]
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries]))
        return
    for entry in entries:
        typer.echo(f"{entry.id}={_values(entry)}  {entry.question}")


@app.command()
def check(*, as_json: options.Json = False) -> None:
    """Check that every source resolves, nothing is orphaned, no rules contradict, none is stale.

    Exit code 2 if something has to be mended; a check older than a year is only listed.
    """
    from glioscope.guidance import check_guidance, load_knowledge, load_rules, load_vocabulary

    found = check_guidance(
        load_knowledge(), load_rules(), load_vocabulary(), today=datetime.now(UTC).date()
    )
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        for problem in found.problems:
            typer.echo(f"to mend: {problem}")
        for statement in found.stale:
            typer.echo(f"older than a year: {statement.statement_id}, {statement.checked_on}")
        typer.echo(
            f"{found.statements} statements of {found.sources} sources, {found.rules} rules:"
            f" {len(found.problems)} to mend, {len(found.stale)} older than a year"
        )
    if found.problems:
        msg = f"{len(found.problems)} records of the guidance have to be mended; they are listed"
        raise InputError(msg)


def _holds(statement: Statement, word: str | None) -> bool:
    text = f"{statement.statement_id} {statement.statement} {statement.condition}"
    return word is None or word.casefold() in text.casefold()


def _values(entry: FactEntry) -> str:
    if entry.kind == "number":
        return f"{entry.low:g}..{entry.high:g} {entry.unit}"
    return "|".join(entry.choices)


def _rule(rule: Rule) -> dict[str, object]:
    shown = {
        "id": rule.id,
        "version": rule.version,
        "decides": rule.decides,
        "when": [str(condition) for condition in rule.when],
        "any": [str(condition) for condition in rule.any],
        "unless": [str(condition) for condition in rule.unless],
        "about": list(rule.about),
        type(rule.effect).__name__.lower(): asdict(rule.effect),
        "statements": list(rule.statements),
    }
    return {key: value for key, value in shown.items() if value}


def _plain(content: object, indent: str = "") -> str:
    if isinstance(content, dict):
        return "\n".join(
            f"{indent}{key}:\n{_plain(value, indent + '  ')}"
            if isinstance(value, dict | list | tuple) and value
            else f"{indent}{key}: {_one(value)}"
            for key, value in content.items()
        )
    if isinstance(content, list | tuple):
        return "\n".join(f"{indent}- {_one(value)}" for value in content)
    return f"{indent}{content}"


def _one(value: object) -> str:
    return "none" if value is None or value in ((), []) else str(value)
