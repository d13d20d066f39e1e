"""The listener as a process: killed, ended, asked how it stands."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from tests.service.listening import LISTEN, fake_command, listening, store, wait_until
from tests.service.nodes import storage_node
from tests.service.orthanc import mr_study
from typer.testing import CliRunner

from glioscope.cli.listen import listen
from glioscope.core import InputError
from glioscope.service.listen.status import read_status

STARTS_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A `glioscope listen` in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path


@contextmanager
def glioscope_listen(folder: Path, *options: str, analyzer: tuple[str, ...]) -> Iterator[Listener]:
    log = folder.parent / "listen.log"
    command = [*LISTEN, "-o", str(folder), "--port", "0"]
    command += ["--quiet-seconds", "0.3", "--command", " ".join(analyzer), *options]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stderr=file, stdout=file)
    try:
        wait_until(lambda: _port(log) is not None, seconds=STARTS_WITHIN_S)
        port = _port(log)
        assert port is not None
        yield Listener(process=process, port=port, log=log)
    finally:
        process.kill()
        process.wait()


def _port(log: Path) -> int | None:
    found = re.search(r"listens at 127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8"))
    return None if found is None else int(found[1])


def states(folder: Path) -> list[str]:
    return [str(one.state) for one in read_status(folder).studies]


def test_a_listener_killed_while_it_analyzes_goes_on_exactly_once(tmp_path: Path) -> None:
    folder, journal = tmp_path / "L", tmp_path / "journal"
    studies = [mr_study(tmp_path / f"in{seed}", seed=seed)[1] for seed in range(3)]

    with glioscope_listen(folder, analyzer=fake_command(journal, "--seconds", "30")) as listener:
        for files in studies:
            store(files, listener.port)
        wait_until(lambda: sorted(states(folder)) == ["analyzing", "queued", "queued"])
        wait_until(journal.exists)
        store(mr_study(tmp_path / "half", seed=9)[1][:2], listener.port)
        os.kill(listener.process.pid, signal.SIGKILL)
        listener.process.wait()
        # what it left behind ends by itself
        wait_until(lambda: not read_status(folder).running)

    with (
        storage_node() as archive,
        glioscope_listen(
            folder, "--send-to", archive.node, analyzer=fake_command(journal)
        ) as listener,
    ):
        wait_until(lambda: states(folder) == ["sent"] * 4)

    lines = [line.split() for line in journal.read_text(encoding="utf-8").splitlines()]
    finished = [words[1:] for words in lines if words[0] == "finished"]
    assert len(finished) == 4
    assert sorted(words[1] for words in finished) == ["2", "6", "6", "6"]
    assert len({words[0] for words in finished}) == 4
    # the one that was killed was started twice; what it left behind did not go on by itself
    assert len(lines) - len(finished) == 5
    assert len(archive.received) == len(set(archive.received)) == 4


def test_a_listener_that_is_asked_to_end_does_so_in_order(
    tmp_path: Path,
) -> None:
    folder, journal = tmp_path / "L", tmp_path / "journal"
    _, files = mr_study(tmp_path / "in", seed=1)

    with glioscope_listen(folder, analyzer=fake_command(journal, "--seconds", "30")) as listener:
        store(files, listener.port)
        wait_until(journal.exists)
        start = time.monotonic()
        listener.process.send_signal(signal.SIGTERM)
        assert listener.process.wait(timeout=10) == 0

    assert time.monotonic() - start < 8.0
    assert states(folder) == ["queued"]
    assert "goes on at the next start" in listener.log.read_text(encoding="utf-8")


def test_the_status_is_told_as_lines_and_as_json(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L", analyzer=("--refuse", "no FLAIR; send it")) as listener:
        store(files, listener.port)
        wait_until(lambda: states(listener.folder) == ["failed"])
        text, told = (_status(listener.folder, *options) for options in ((), ("--json",)))

    (study,) = json.loads(told)["studies"]
    assert json.loads(told)["running"]
    assert (study["state"], study["images"]) == ("failed", 6)
    assert text.startswith("the listener runs\n")
    assert text.splitlines()[1].endswith("no FLAIR; send it")
    assert "PSEUDONYM" not in text + told


def _status(folder: Path, *options: str) -> str:
    return str(CliRunner().invoke(_app(), ["-o", str(folder), "--status", *options]).output)


def _app() -> typer.Typer:
    app = typer.Typer()
    app.command()(listen)
    return app


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--tls-cert", "a.pem"), "--tls-key"),
        (("--send-to", "A@h:1", "--stow", "https://h/dicom-web"), "not both"),
        (("--send-to", "nowhere"), "AET@host:port"),
        (("--status",), "no listener's folder"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    tmp_path: Path, options: tuple[str, ...], why: str
) -> None:
    result = CliRunner().invoke(_app(), ["-o", str(tmp_path / "L"), *options])

    assert isinstance(result.exception, InputError)
    assert why in str(result.exception)
