from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from glioscope.cli import deidentify as commands
from glioscope.core import ConsentError, GlioscopeError

APP = typer.Typer()
APP.command()(commands.deidentify)
APP.command()(commands.reidentify)
PASSWORD = {"GLIOSCOPE_TEST_PASSWORD": "a long pass phrase"}
FROM = ("--password-from", "GLIOSCOPE_TEST_PASSWORD")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "Zqx"
    folder.mkdir()
    image = nib.Nifti1Image(np.ones((4, 4, 4), dtype=np.int16), np.eye(4))
    nib.save(image, folder / "Zqx_t1.nii.gz")
    return folder


def run(*arguments: object, env: dict[str, str] | None = None) -> Any:
    """Refusals come as they are, as the command line's own main takes them."""
    texts = [str(argument) for argument in arguments]
    done = CliRunner().invoke(APP, texts, env=env)
    if isinstance(done.exception, GlioscopeError):
        raise done.exception
    return done


def options(study: Path, output: str = "out") -> tuple[object, ...]:
    return ("deidentify", study, "-o", study.parent / output, "--keep-face", "--quiet")


def test_a_key_is_made_once_and_names_agree_with_it(study: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"

    run(*options(study, "one"), "--key", key)
    run(*options(study, "two"), "--key", key)
    run(*options(study, "three"))

    names = [
        next(path.name for path in (tmp_path / out).iterdir() if path.is_dir())
        for out in ("one", "two", "three")
    ]
    assert names[0] == names[1] != names[2]


def test_the_summary_says_what_was_done(study: Path, tmp_path: Path) -> None:
    done = run(*options(study)[:-1], "--key", tmp_path / "key")

    assert "1 files written; face kept" in done.stdout
    assert "keep it secret" in done.stderr
    assert "Zqx" not in done.stdout.replace(str(tmp_path), "")


def test_the_report_comes_as_json(study: Path) -> None:
    done = run(*options(study), "--json")

    assert json.loads(done.stdout)["files_written"] == 1


def test_the_way_back_needs_the_password(study: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    run(*options(study), "--patient", "P1", "--key-out", table, *FROM, env=PASSWORD)

    done = run("reidentify", table, *FROM, env=PASSWORD)

    assert json.loads(done.stdout)["patient"] == {"Zqx": "P1"}
    with pytest.raises(GlioscopeError, match="another one"):
        run("reidentify", table, *FROM, env={FROM[1]: "another long phrase"})


def test_no_table_and_no_key_is_written_unless_asked_for(study: Path, tmp_path: Path) -> None:
    run(*options(study))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["Zqx", "out"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--key-out", "{tmp}/out/table", *FROM), "give another place"),
        (("--key", "{tmp}/Zqx/key"), "give another place"),
        (
            ("--key-out", "{tmp}/table", "--password-from", "NOT_SET_ANYWHERE"),
            "no such environment",
        ),
        (("--resume",), "needs --key"),
        (("--patient", "../Zqx"), "can't be the name of a folder"),
        (("--patient", "Jane Doe"), "can't be the name of a folder"),
    ],
)
def test_what_can_t_be_done_safely_is_refused_first(
    study: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    given = [argument.format(tmp=tmp_path) for argument in arguments]

    with pytest.raises(GlioscopeError, match=message):
        run(*options(study), *given, env=PASSWORD)

    assert [path.name for path in tmp_path.iterdir()] == ["Zqx"]


def test_a_short_password_is_refused_before_anything_is_written(
    study: Path, tmp_path: Path
) -> None:
    with pytest.raises(GlioscopeError, match="at least 12"):
        run(*options(study), "--key-out", tmp_path / "table", *FROM, env={FROM[1]: "short"})

    assert not (tmp_path / "out").exists()


def test_a_table_that_is_there_is_never_replaced(study: Path, tmp_path: Path) -> None:
    (tmp_path / "table").write_text("the only way back")

    with pytest.raises(GlioscopeError, match="there already"):
        run(*options(study), "--key-out", tmp_path / "table", *FROM, env=PASSWORD)


def test_the_command_s_module_imports_nothing_heavy() -> None:
    code = (
        "import sys, glioscope.cli.deidentify;"
        " print([name for name in ('pydicom', 'SimpleITK', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_consent_without_research_is_obeyed(study: Path, tmp_path: Path) -> None:
    consent = {"allowed": ["care"], "recorded_by": "nurse"}
    (study / "consent.json").write_text(json.dumps(consent), encoding="utf-8")

    with pytest.raises(ConsentError, match="research"):
        run(*options(study), "--audit", tmp_path / "audit.jsonl")

    assert not (tmp_path / "out").exists()
    assert '"refused"' in (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
