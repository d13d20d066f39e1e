"""One process at a time, and who waits says so."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from glioscope.core import OutputError
from glioscope.io.lock import exclusive


def test_who_has_to_wait_says_so_without_the_name_of_the_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    order: list[str] = []
    path = tmp_path / "JANE DOE" / "lock"

    def second() -> None:
        with exclusive(path):
            order.append("second")

    with caplog.at_level(logging.WARNING):
        with exclusive(path):
            other = threading.Thread(target=second)
            other.start()
            while not caplog.records:
                other.join(0.01)
            order.append("first")
        other.join()

    assert order == ["first", "second"]
    assert "waiting until it is done" in caplog.text
    assert "JANE" not in caplog.text


def test_nobody_waits_for_a_lock_that_is_free(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with exclusive(tmp_path / "lock"):
            pass

    assert not caplog.records


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with (
        pytest.raises(OutputError, match="choose another output folder"),
        exclusive(tmp_path / "file" / "lock"),
    ):
        pass
