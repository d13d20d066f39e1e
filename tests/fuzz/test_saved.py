"""Cases that once went wrong, as small as they can be: they end well now."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz.cases import FuzzCase
from tests.fuzz.judge import judge
from tests.fuzz.shrink import SAVED, saved, shrunk


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.json")), ids=lambda path: path.stem)
def test_a_case_that_once_went_wrong_ends_well(path: Path) -> None:
    assert judge(saved(path)).fault is None


def test_a_case_is_made_small_without_losing_what_is_wrong() -> None:
    case = FuzzCase(kind="nifti", files={"a": b"x" * 500 + b"BAD" + b"y" * 900, "b": b"other"})

    small = shrunk(case, lambda one: any(b"BAD" in content for content in one.files.values()))

    assert small.files == {"a": b"BAD"}
