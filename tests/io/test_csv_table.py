"""Tables as people keep them."""

from __future__ import annotations

from pathlib import Path

import pytest

from glioscope.core import InputError
from glioscope.io import read_csv, read_records


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_usual_delimiter_is_read(tmp_path: Path, delimiter: str, mark: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{mark}id{delimiter} age \nA{delimiter}60\n\n", encoding="utf-8")

    assert read_records(path) == [{"id": "A", "age": "60"}]


def test_a_short_row_ends_in_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,age,sex\nA,60\n", encoding="utf-8")

    assert read_records(path) == [{"id": "A", "age": "60", "sex": ""}]


def test_a_quoted_cell_may_hold_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,center\nA,"(1.0, 2.0, 3.0)"\n', encoding="utf-8")

    assert read_csv(path)[1] == ["A", "(1.0, 2.0, 3.0)"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"id\n\xff\xfe", "no UTF-8 text"),
        (b"id\n\x00", "binary"),
        (b"id,age\nA,1,2\n", "row 2 has 3 cells"),
        (b"id,age,age\nA,1,2\n", "'age' stands twice"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)

    with pytest.raises(InputError, match=why):
        read_records(path)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nobody\.csv: can't be read"):
        read_csv(tmp_path / "nobody.csv")
