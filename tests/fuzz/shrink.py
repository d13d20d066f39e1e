"""A case made as small as it can be without losing what is wrong with it, and kept as a file."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.fuzz.cases import FuzzCase

SAVED = Path(__file__).with_name("saved")
_MOST_TRIES = 400


def shrunk(case: FuzzCase, fails: Callable[[FuzzCase], bool]) -> FuzzCase:
    """Leave out files, then parts of files, for as long as the case still fails.

    Args:
        case: One that fails.
        fails: Whether a smaller one does so in the same way.
    """
    for name in list(case.files):
        fewer = {other: content for other, content in case.files.items() if other != name}
        if fewer and fails(smaller := replace(case, files=fewer)):
            case = smaller
    for name in list(case.files):
        case = _shorter(case, name, fails)
    return case


def _shorter(case: FuzzCase, name: str, fails: Callable[[FuzzCase], bool]) -> FuzzCase:
    size, tries = len(case.files[name]) // 2, 0
    while size >= 1 and tries < _MOST_TRIES:
        place = 0
        while place < len(case.files[name]) and tries < _MOST_TRIES:
            content = case.files[name]
            smaller = replace(
                case, files={**case.files, name: content[:place] + content[place + size :]}
            )
            tries += 1
            if fails(smaller):
                case = smaller
            else:
                place += size
        size //= 2
    return case


def save(case: FuzzCase, name: str) -> Path:
    """Keep a case among those that every run of the tests reads again."""
    if case.deed is not None:
        msg = "what is done to a folder can't be saved; write a test of its own"
        raise ValueError(msg)
    files = {path: base64.b64encode(content).decode() for path, content in case.files.items()}
    path = SAVED / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    content = {"kind": case.kind, "given": case.given, "files": files}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def saved(path: Path) -> FuzzCase:
    """Read a case that was kept."""
    content = json.loads(path.read_text(encoding="utf-8"))
    files = {name: base64.b64decode(text) for name, text in content["files"].items()}
    return FuzzCase(kind=content["kind"], files=files, given=content["given"])
