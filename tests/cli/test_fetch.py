from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from pydicom import dcmread
from tests.service.archive import query_node
from tests.service.orthanc import mr_study
from typer.testing import CliRunner

from glioscope.cli.fetch import fetch
from glioscope.core import InputError


def run(*arguments: str | Path) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(fetch)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def refused(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, InputError), result.output
    return str(result.exception)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, tuple[Path, ...]]:
    return mr_study(tmp_path_factory.mktemp("held"), seed=1, series=2)


def test_list_prints_what_is_there_and_no_name(study: tuple[str, tuple[Path, ...]]) -> None:
    uid, files = study

    with query_node(files) as node:
        result = run("--from", node, "--study", uid, "--list")

    assert result.stdout.splitlines() == [
        f"{uid}  20200101  12 instances",
        "     1  MR       6 instances  Series 1",
        "     2  MR       6 instances  Series 2",
        "1 study matches",
    ]


def test_names_are_shown_to_who_asks_for_them(study: tuple[str, tuple[Path, ...]]) -> None:
    uid, files = study

    with query_node(files) as node:
        shown = run("--from", node, "--study", uid, "--list", "--show-names").stdout
        told = json.loads(run("--from", node, "--study", uid, "--list", "--json").stdout)

    assert "PSEUDONYM-1" in shown
    assert [series["instances"] for series in told["studies"][0]["series"]] == [6, 6]
    assert "patient_name" not in told["studies"][0]


def test_a_study_is_fetched_and_counted(
    study: tuple[str, tuple[Path, ...]], tmp_path: Path
) -> None:
    uid, files = study
    out = tmp_path / "out"

    with query_node(files) as node:
        result = run("--from", node, "--study", uid, "-o", out, "--get")

    assert result.exit_code == 0, result.output
    assert result.stdout == f"{out}: 2 series, 12 instances\n"
    assert "fetching study 1 of 1, 12 instances" in result.stderr
    assert len(list(out.rglob("*.dcm"))) == 12


def test_several_studies_are_fetched_only_if_all_are_wanted(
    study: tuple[str, tuple[Path, ...]], tmp_path: Path
) -> None:
    _, others = mr_study(tmp_path / "others", seed=2)
    out = tmp_path / "out"
    arguments = ("--date", "20200101", "-o", out, "--get", "--json", "--quiet")

    with query_node([*study[1], *others]) as node:
        message = refused("--from", node, *arguments)
        told = json.loads(run("--from", node, *arguments, "--all").stdout)

    assert "2 studies match" in message
    folders = [Path(one["folder"]) for one in told["studies"]]
    assert len({folder.parent for folder in folders}) == 1
    studies = [{dcmread(path).StudyInstanceUID for path in one.rglob("*.dcm")} for one in folders]
    assert sorted(map(len, studies)) == [1, 1]


def test_what_is_not_there_is_told(study: tuple[str, tuple[Path, ...]], tmp_path: Path) -> None:
    with query_node(study[1]) as node:
        message = refused("--from", node, "--study", "1.2.3", "-o", tmp_path / "out")

    assert message.startswith("no such study in this PACS")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--study", "1.2"], "-o to fetch, or --list"),
        (["--study", "1.2", "--list", "-o", "out"], "-o to fetch, or --list"),
        (["--list"], "say which studies"),
        (["--study", "1.2", "--list", "--aet", "A\\B"], "an AE title has"),
        (["--study", "1.2", "--list", "--tls-ca", "gone.pem"], "gone.pem: no such TLS file"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(arguments: list[str], told: str) -> None:
    assert told in refused("--from", "ARCHIVE@127.0.0.1:104", *arguments)
