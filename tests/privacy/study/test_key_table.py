from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from glioscope.core import InputError, OutputError
from glioscope.privacy.study.key_table import read_table, write_table
from glioscope.privacy.study.project_key import read_or_make_key

PASSWORD = "a long pass phrase"  # noqa: S105 - of these tests
TABLE = {"patient": {"Zqx 4711": "GLIO-1"}, "days_added_to_dates": -700}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "table.json"
    write_table(path, TABLE, password=PASSWORD)
    return path


def test_a_table_comes_back_with_its_password(table: Path) -> None:
    assert read_table(table, password=PASSWORD) == TABLE


def test_a_table_shows_nothing_and_only_its_owner_reads_it(table: Path) -> None:
    assert b"Zqx" not in table.read_bytes()
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert [path.name for path in table.parent.iterdir()] == ["table.json"]


def test_the_same_table_is_never_written_alike(table: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "again.json", TABLE, password=PASSWORD)

    one, two = (json.loads(path.read_bytes()) for path in (table, tmp_path / "again.json"))
    assert one["salt"] != two["salt"]
    assert one["nonce"] != two["nonce"]


def test_another_password_is_refused(table: Path) -> None:
    with pytest.raises(InputError, match="password is another one"):
        read_table(table, password="another long phrase")  # noqa: S106 - of this test


@pytest.mark.parametrize("field", ["table", "salt", "nonce"])
def test_a_changed_file_is_refused(table: Path, field: str) -> None:
    content = json.loads(table.read_bytes())
    text = content[field]
    content[field] = ("A" if text[0] != "A" else "B") + text[1:]
    table.write_text(json.dumps(content))

    with pytest.raises(InputError, match="was changed"):
        read_table(table, password=PASSWORD)


@pytest.mark.parametrize(
    "change",
    [
        {"n": 1 << 30},
        {"version": 2},
        {"format": "another"},
        {"table": 5},
        {"salt": "no base 64 !"},
        {"nonce": ""},
    ],
)
def test_what_is_no_such_file_is_refused(table: Path, change: dict[str, object]) -> None:
    table.write_text(json.dumps({**json.loads(table.read_bytes()), **change}))

    with pytest.raises(InputError, match="no key table of version 1"):
        read_table(table, password=PASSWORD)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)

    with pytest.raises(InputError, match="no key table"):
        read_table(tmp_path / "other", password=PASSWORD)


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 12"):
        write_table(tmp_path / "table", TABLE, password="short")  # noqa: S106 - of this test


def test_a_table_is_never_replaced(table: Path) -> None:
    before = table.read_bytes()

    with pytest.raises(OutputError, match="can't be written"):
        write_table(table, TABLE, password=PASSWORD)

    assert table.read_bytes() == before


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "project" / "key"

    key, made = read_or_make_key(path)
    again, made_again = read_or_make_key(path)

    assert (made, made_again) == (True, False)
    assert key == again
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_differ(tmp_path: Path) -> None:
    assert read_or_make_key(tmp_path / "one") != read_or_make_key(tmp_path / "two")


@pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    read_or_make_key(path)
    path.chmod(0o644)

    with pytest.raises(InputError, match="chmod 600"):
        read_or_make_key(path)


@pytest.mark.parametrize("content", ["", "00" * 31, "00" * 33, "zz" * 32, "ä" * 64])
def test_what_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)

    with pytest.raises(InputError, match="give the right file"):
        read_or_make_key(path)
