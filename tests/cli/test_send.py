from __future__ import annotations

import json
from pathlib import Path

import typer
from click.testing import Result
from tests.service.nodes import storage_node
from tests.service.orthanc import mr_study
from typer.testing import CliRunner

from glioscope.cli.send import send
from glioscope.core import InputError


def run(*arguments: str | Path) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(send)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_a_folder_is_sent_and_counted(tmp_path: Path) -> None:
    mr_study(tmp_path, seed=1)

    with storage_node() as archive:
        result = run(tmp_path, "--to", archive.node)

    assert result.exit_code == 0, result.output
    assert result.stdout == f"6 instances stored by {archive.node}\n"
    assert f"sending 6 instances to {archive.node}" in result.stderr


def test_json_says_what_was_changed(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    with storage_node(lambda _, __: 0xB000) as archive:
        result = run(*files[:2], "--to", archive.node, "--json", "--quiet")

    assert json.loads(result.stdout) == {"status": "done", "instances": 2, "changed": 2}
    assert result.stderr == ""


def test_http_to_another_machine_is_refused(tmp_path: Path) -> None:
    mr_study(tmp_path, seed=1)

    result = run(tmp_path, "--to", "http://pacs.example/dicom-web")

    assert isinstance(result.exception, InputError)
    assert "unencrypted" in str(result.exception)
