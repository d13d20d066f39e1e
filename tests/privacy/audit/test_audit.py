"""An audit log that was touched anywhere is told, and one that was not holds."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glioscope.core import InputError, OutputError
from glioscope.privacy.audit.files import head_path
from glioscope.privacy.audit.log import AuditLog
from glioscope.privacy.audit.verification import verify

KEY = b"a secret of thirty-two bytes ...."
LINES = 6
same_folder = settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def append(log: AuditLog, study: str = "/data/P1") -> str:
    return log.append(
        command="analyze", use="care", study=Path(study), decision="allowed", reason="consent"
    )


def append_some(log: AuditLog, count: int) -> None:
    for number in range(count):
        append(log, f"/data/{number}")


@pytest.fixture(params=[None, KEY], ids=["hash", "hmac"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> AuditLog:
    log = AuditLog(path=tmp_path / "audit.jsonl", key=request.param)
    append_some(log, LINES)
    return log


def put(log: AuditLog, content: bytes) -> None:
    log.path.write_bytes(content)


def lines_of(log: AuditLog) -> list[bytes]:
    return log.path.read_bytes().splitlines(keepends=True)


def test_an_untouched_log_holds(log: AuditLog) -> None:
    found = verify(log)

    assert (found.broken, found.notes) == (None, ())
    assert [line.number for line in found.lines] == list(range(1, LINES + 1))
    assert found.lines[0].previous == "0" * 64
    assert [line.previous for line in found.lines[1:]] == [line.hash for line in found.lines[:-1]]
    assert found.lines[0].user == os.getuid()
    assert "/data" not in log.path.read_text()


@same_folder
@given(data=st.data())
def test_any_changed_byte_of_any_line_is_told_with_its_line(
    log: AuditLog, data: st.DataObject
) -> None:
    whole = log.path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(1, 255)) ^ whole[place]
    put(log, whole[:place] + bytes([other]) + whole[place + 1 :])

    found = verify(log)

    put(log, whole)
    assert found.broken == whole[:place].count(b"\n") + 1


@same_folder
@given(order=st.permutations(range(LINES)), kept=st.integers(0, LINES))
def test_lines_deleted_or_moved_are_told(log: AuditLog, order: list[int], kept: int) -> None:
    lines = lines_of(log)
    chosen = order[:kept]
    put(log, b"".join(lines[place] for place in chosen))

    found = verify(log)

    put(log, b"".join(lines))
    straight = next((k for k, place in enumerate(chosen) if place != k), len(chosen))
    assert found.broken == (None if chosen == list(range(LINES)) else straight + 1)


@same_folder
@given(cut=st.integers(1, 200))
def test_a_log_cut_off_at_its_end_is_told(log: AuditLog, cut: int) -> None:
    whole = log.path.read_bytes()
    put(log, whole[:-cut])

    found = verify(log)

    put(log, whole)
    assert found.broken == whole[:-cut].count(b"\n") + 1


def test_a_log_that_is_gone_or_has_lost_its_head_is_told(log: AuditLog) -> None:
    whole = log.path.read_bytes()
    log.path.unlink()
    assert verify(log).broken == 1

    put(log, whole)
    head_path(log.path).unlink()
    assert "audit.jsonl.head is missing" in verify(log).why
    with pytest.raises(OutputError, match="begin a new log"):
        append(log)


@pytest.mark.parametrize("content", ["", "{}", "[" * 9999, '{"lines": -1, "size": 0, "last": ""}'])
def test_a_damaged_head_is_told_and_nothing_is_added(log: AuditLog, content: str) -> None:
    head_path(log.path).write_text(content)

    assert verify(log).broken == LINES + 1
    with pytest.raises(OutputError):
        append(log)


def test_a_noted_hash_tells_a_log_that_was_cut_with_its_head(log: AuditLog) -> None:
    earlier = head_path(log.path).read_bytes(), log.path.read_bytes()
    noted = append(log)
    assert verify(log, expect=noted).broken is None
    head_path(log.path).write_bytes(earlier[0])
    put(log, earlier[1])

    assert verify(log).broken is None
    assert verify(log, expect=noted).broken == LINES + 1


def test_nobody_without_the_key_writes_a_line_that_holds(tmp_path: Path) -> None:
    log = AuditLog(path=tmp_path / "audit.jsonl", key=KEY)
    append_some(log, 2)
    append(AuditLog(path=log.path, key=b"another secret of some bytes"))

    assert verify(log).broken == 3


@pytest.mark.parametrize("part", [1, 100, -1])
def test_a_half_line_of_a_killed_writer_is_known_and_replaced(log: AuditLog, part: int) -> None:
    half = lines_of(log)[0][:part]
    put(log, log.path.read_bytes() + half)
    assert f"left {len(half)} bytes of a line" in verify(log).notes[0]

    append(log)

    found = verify(log)
    assert (found.broken, len(found.lines), found.notes) == (None, LINES + 1, ())
    assert found.lines[-1].mended == len(half)


def test_a_writer_killed_before_its_head_loses_no_line(log: AuditLog) -> None:
    head = head_path(log.path).read_bytes()
    append(log)
    head_path(log.path).write_bytes(head)
    assert "a writer was killed after its line was whole" in verify(log).notes[0]

    append(log)

    found = verify(log)
    assert (found.broken, len(found.lines), found.notes) == (None, LINES + 2, ())


def test_nothing_is_added_to_a_log_with_foreign_or_missing_lines(log: AuditLog) -> None:
    whole = log.path.read_bytes()
    for touched in (whole + b"{}\n", whole[:-300], whole + b"x" * 9000):
        put(log, touched)
        with pytest.raises(OutputError, match="lines were cut off or added"):
            append(log)
        assert log.path.read_bytes() == touched


def test_eight_processes_write_one_chain(tmp_path: Path) -> None:
    log = AuditLog(path=tmp_path / "audit.jsonl")
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=append_some, args=(log, 25)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    found = verify(log)

    assert (found.broken, len(found.lines)) == (None, 200)
    assert len({line.study for line in found.lines}) == 25


def test_words_only_get_in(tmp_path: Path) -> None:
    log = AuditLog(path=tmp_path / "audit.jsonl")
    with pytest.raises(ValueError, match="words of a-z"):
        log.append(
            command="analyze Anna", use="care", study=tmp_path, decision="allowed", reason="consent"
        )
    assert not log.path.exists()


def test_a_log_that_can_not_be_written_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="what is not written down is not done"):
        append(AuditLog(path=tmp_path / "file" / "audit.jsonl"))


def audit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "import typer; from glioscope.cli.audit import audit; typer.run(audit)"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_shows_a_table_and_fails_at_the_first_broken_line(tmp_path: Path) -> None:
    log = AuditLog(path=tmp_path / "audit.jsonl")
    append_some(log, 3)
    whole = audit(log.path)
    assert whole.returncode == 0
    assert whole.stdout.startswith("number  time")
    assert "3 lines, all hold; hash of the last: " in whole.stdout
    told = json.loads(audit(log.path, "--json", "--last", "1").stdout)
    assert (told["lines"], told["first_broken_line"], len(told["shown"])) == (3, None, 1)

    shutil.copy(log.path, tmp_path / "kept")
    put(log, log.path.read_bytes().replace(b'"number":2', b'"number":9'))
    broken = audit(log.path)
    assert broken.returncode != 0
    assert "audit.jsonl: line 2 was changed" in broken.stderr
    assert "the 1 lines before it hold" in broken.stderr
    assert audit(log.path, "--no-verify").returncode == 0


def test_a_log_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such audit log"):
        verify(AuditLog(path=tmp_path / "gone" / "audit.jsonl"))
    assert not (tmp_path / "gone").exists()
