"""A split as a file, with what the leakage registry says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from glioscope.core import InputError
from glioscope.evaluation import LeakageRegistry, LeakageReport
from glioscope.io import write_atomically
from glioscope.learning.data.split import Split
from glioscope.learning.data.who import people, public_names

FORMAT: Final = "glioscope-split-1"

_NAMED: Final = 3


def verdicts(split: Split) -> Mapping[tuple[str, str], LeakageReport]:
    """Compare every two parts that hold cases, by the leakage registry.

    Returns:
        Per pair, in the order of the parts, what stays unknown or in doubt:
        ``LeakageReport.proven`` says whether anything does.

    Raises:
        InputError: If a patient is on two sides, under any of his or her names.
    """
    _check_people(split)
    registry = LeakageRegistry.load()
    names = {part: public_names(cases, split.patients) for part, cases in split.parts.items()}
    filled = [part for part in names if names[part]]
    return {
        (one, other): registry.check_disjoint(names[one], names[other])
        for one, other in combinations(filled, 2)
    }


def write_split(split: Split, path: Path) -> None:
    """Write a split as JSON, whole or not at all; the same split gives the same bytes.

    Args:
        split: With every case's patient.
        path: An older file of that name is replaced.

    Raises:
        InputError: If a patient is on two sides; nothing is written.
        OutputError: If it can't be written.
    """
    leakage = {f"{one}/{other}": found for (one, other), found in verdicts(split).items()}
    content = {
        "format": FORMAT,
        "parts": {
            part: [{"case": case, "patient": split.patient(case)} for case in cases]
            for part, cases in split.parts.items()
        },
        "proven_disjoint": all(found.proven for found in leakage.values()),
        "leakage": {pair: found.as_json() for pair, found in leakage.items()},
    }
    write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())


def read_split(path: Path) -> Split:
    """Read a split, and compare its parts again: the file may have been edited.

    Raises:
        InputError: If it is missing or no split, or a case or a patient is on two sides.
    """
    content = _content(path)
    try:
        parts = {
            str(part): tuple((_text(row, "case"), _text(row, "patient")) for row in rows)
            for part, rows in content["parts"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"{path.name}: is damaged (its parts can't be read); write the split again"
        raise InputError(msg) from error
    split = Split(
        parts={part: tuple(case for case, _ in rows) for part, rows in parts.items()},
        patients={case: patient for rows in parts.values() for case, patient in rows},
    )
    verdicts(split)
    return split


def _check_people(split: Split) -> None:
    """Refuse patients on two sides whom only their names in several data sets give away."""
    part_of = {case: part for part, cases in split.parts.items() for case in cases}
    mixed = [
        group
        for group in people({case: split.patient(case) for case in part_of})
        if len({part_of[case] for case in group}) > 1
    ]
    if mixed:
        told = "; ".join(
            " = ".join(f"{case} ({part_of[case]})" for case in group) for group in mixed[:_NAMED]
        )
        more = f" and {len(mixed) - _NAMED} more" if len(mixed) > _NAMED else ""
        msg = f"patients on two sides of the split: {told}{more}; split by patient again"
        raise InputError(msg)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path.name}: can't be read ({error.strerror}); give the file of a split"
        raise InputError(msg) from error
    except ValueError as error:
        msg = f"{path.name}: is no JSON ({error}); give the file of a split"
        raise InputError(msg) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        msg = f"{path.name}: is no split of the format {FORMAT}; write the split again"
        raise InputError(msg)
    return content


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str):
        msg = f"{key} is {value!r}"
        raise TypeError(msg)
    return value
