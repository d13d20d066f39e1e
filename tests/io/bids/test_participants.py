from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from glioscope.io.bids.participants import add_participant, check_participant
from glioscope.io.bids.table import cell, read_table, table_bytes
from glioscope.io.results.folder import WrittenResult

CELLS = st.text(
    st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"]), min_size=1, max_size=8
)
LABELS = st.text("abcXYZ019", min_size=1, max_size=6).map("sub-{}".format)


@given(
    columns=st.lists(
        CELLS.filter(lambda name: name not in {"participant_id", "age", "sex", "case_id"}),
        unique=True,
        max_size=3,
    ),
    cells=st.dictionaries(LABELS, st.lists(CELLS, min_size=3, max_size=3), max_size=5),
)
def test_whatever_others_wrote_is_there_after_any_number_of_exports(
    columns: list[str], cells: dict[str, list[str]], written_result: WrittenResult
) -> None:
    rows = [
        {"participant_id": label, **dict(zip(columns, values, strict=False))}
        for label, values in cells.items()
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "participants.tsv"
        path.write_bytes(table_bytes(["participant_id", *columns], rows))

        for case_id in ("new-one", "new-two", "new-one"):
            result = replace(written_result, content={**written_result.content, "case_id": case_id})
            check_participant(Path(folder), result)
            add_participant(Path(folder), result)

        header, found = read_table(path)

    by_name = {row["participant_id"]: row for row in found}
    assert header == ["participant_id", *columns, "age", "sex", "case_id"]
    assert list(by_name) == sorted([*cells, "sub-newone", "sub-newtwo"])
    assert [{name: by_name[row["participant_id"]][name] for name in row} for row in rows] == rows


@given(value=st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.text()))
def test_a_cell_never_breaks_a_table(value: float | str) -> None:
    assert not set(cell(value)) & set("\t\r\n")
