"""glioscope guidance, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from glioscope.cli.app import app
from glioscope.core import InputError
from glioscope.guidance import load_knowledge, load_rules, load_vocabulary

RUNNER = CliRunner()


def test_list_shows_every_statement_with_its_source_and_the_release() -> None:
    knowledge = load_knowledge()

    told = RUNNER.invoke(app, ["guidance", "list"]).stdout

    assert all(name in told for name in knowledge.statements)
    assert f"{len(knowledge.statements)} statements; release {knowledge.release}" in told


def test_list_of_a_word_shows_what_holds_it() -> None:
    told = json.loads(RUNNER.invoke(app, ["guidance", "list", "Vorasidenib", "--json"]).stdout)

    assert told["statements"]
    for statement in told["statements"]:
        assert "vorasidenib" in json.dumps(statement).casefold()


def test_show_resolves_a_statement_to_its_source_and_its_rules() -> None:
    rule = next(rule for rule in load_rules() if rule.statements)
    statement = rule.statements[0]

    told = json.loads(RUNNER.invoke(app, ["guidance", "show", statement, "--json"]).stdout)

    assert told["source"]["source_id"] == load_knowledge().statements[statement].source
    assert rule.id in told["rules"]


@pytest.mark.parametrize("kind", ["statement", "source", "rule"])
def test_show_takes_the_id_of_any_record(kind: str) -> None:
    idents = {
        "statement": next(iter(load_knowledge().statements)),
        "source": next(iter(load_knowledge().sources)),
        "rule": load_rules()[0].id,
    }

    done = RUNNER.invoke(app, ["guidance", "show", idents[kind]])

    assert done.exit_code == 0
    assert idents[kind] in done.stdout


def test_show_of_an_unknown_id_says_where_to_look() -> None:
    done = RUNNER.invoke(app, ["guidance", "show", "nothing"])

    assert isinstance(done.exception, InputError)
    assert "guidance list" in str(done.exception)


def test_facts_lists_what_may_be_told_and_nothing_that_is_concluded() -> None:
    told = RUNNER.invoke(app, ["guidance", "facts"]).stdout.splitlines()

    entries = load_vocabulary().facts.values()
    assert [line.split("=")[0] for line in told] == [e.id for e in entries if not e.derived]
    assert "platelets=0..3000 10^9/L  What is the platelet count, in 10^9/L?" in told


def test_check_ends_well_on_the_shipped_guidance() -> None:
    command = [sys.executable, "-m", "glioscope", "guidance", "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    # what was checked long ago is listed, which a test must not wait for
    assert ": 0 to mend, " in done.stdout.splitlines()[-1]
