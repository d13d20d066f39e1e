"""The list of patients of a dataset, to which each export adds its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from glioscope.core import OutputError
from glioscope.io.atomic import write_atomically
from glioscope.io.bids.table import UNKNOWN, cell, json_bytes, read_table, table_bytes
from glioscope.io.results.folder import WrittenResult

PARTICIPANTS: Final = "participants.tsv"

_OLDEST: Final = 89
"""BIDS asks for ages to be capped here: few people are older, and those can be found again."""

_COLUMNS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "age": {"Description": "Age at the scan, 89 at most", "Units": "year"},
        "sex": {"Description": "Sex", "Levels": {"F": "female", "M": "male"}},
        "case_id": {"Description": "Pseudonym under which Glioscope analyzed the images"},
    }
)


def participant_of(case_id: str) -> str:
    """Return the participant_id of a case: its letters and digits, all that BIDS allows.

    Raises:
        OutputError: If it has none.
    """
    label = re.sub(r"[^A-Za-z0-9]", "", re.sub(r"^sub-", "", case_id))
    if not label:
        msg = f"case {case_id!r} has no letter or digit, of which BIDS makes names; rename the case"
        raise OutputError(msg)
    return f"sub-{label}"


def check_participant(dataset: Path, result: WrittenResult) -> None:
    """Refuse a case whose name in the dataset is that of another case.

    Raises:
        OutputError: If it is, or if the list is damaged.
    """
    wanted = participant_of(result.case_id)
    for row in _listed(dataset)[1]:
        held, holder = row["participant_id"], row.get("case_id", UNKNOWN)
        if held.lower() != wanted.lower():
            continue
        if held != wanted or holder not in (UNKNOWN, cell(result.case_id)):
            msg = (
                f"{dataset.name} holds another case as {held}, the name of case"
                f" {result.case_id} in BIDS; give one of them another --case-id"
            )
            raise OutputError(msg)


def add_participant(dataset: Path, result: WrittenResult) -> None:
    """Add a case to the list, or bring its line up to date; all else stays as it is.

    Raises:
        OutputError: If the list is damaged or can't be written.
    """
    columns, rows = _listed(dataset)
    row = _row(result)
    others = [one for one in rows if one["participant_id"] != row["participant_id"]]
    mine = next((one for one in rows if one not in others), {})
    columns += [name for name in row if name not in columns]
    merged = sorted([*others, mine | row], key=lambda one: one["participant_id"])
    write_atomically(dataset / PARTICIPANTS, table_bytes(columns, merged))
    _describe(dataset / "participants.json")


def _row(result: WrittenResult) -> dict[str, str]:
    patient = result.content["patient"]
    age = patient["age"]["value"] if patient["age"] else None
    return {
        "participant_id": participant_of(result.case_id),
        "age": cell(None if age is None else min(age, _OLDEST)),
        "sex": cell(patient["sex"]),
        "case_id": cell(result.case_id),
    }


def _listed(dataset: Path) -> tuple[list[str], list[dict[str, str]]]:
    path = dataset / PARTICIPANTS
    if not path.exists():
        return ["participant_id"], []
    columns, rows = read_table(path)
    if columns[0] != "participant_id":
        msg = f"{PARTICIPANTS} does not begin with the column participant_id; mend or remove it"
        raise OutputError(msg)
    return columns, rows


def _describe(path: Path) -> None:
    known: dict[str, Any] = {}
    if path.exists():
        try:
            known = dict(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            msg = f"{path.name} is damaged (no JSON object); mend or remove it"
            raise OutputError(msg) from error
    write_atomically(path, json_bytes({**_COLUMNS, **known}))
