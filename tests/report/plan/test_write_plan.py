from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from glioscope.core import CaseResult, InputError, OutputError, Passage, Plan
from glioscope.report import plan_from_json, result_to_json, write_plan

NAMES = ["plan.html", "plan.pdf", "plan.json", "patient.html"]


def test_four_files_are_written_and_named(plan: Plan, tmp_path: Path) -> None:
    written = write_plan(plan, tmp_path / "new")

    assert [path.name for path in written] == NAMES
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(NAMES)
    assert plan_from_json(json.loads((tmp_path / "new" / "plan.json").read_bytes())) == plan


def test_twice_the_same_bytes(plan: Plan, result: CaseResult, tmp_path: Path) -> None:
    told = result_to_json(result)
    first = write_plan(plan, tmp_path / "a", language="zh", result=told)
    second = write_plan(plan, tmp_path / "b", language="zh", result=told)

    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_every_kind_of_plan_is_written(plans: dict[str, Plan], tmp_path: Path) -> None:
    for name, plan in plans.items():
        for path in write_plan(plan, tmp_path / name):
            assert path.stat().st_size > 400


def test_only_the_page_for_the_patient_is_translated(plan: Plan, tmp_path: Path) -> None:
    written = {
        path.name: path.read_text()
        for path in write_plan(plan, tmp_path, language="es")
        if path.suffix == ".html"
    }

    assert '<html lang="es">' in written["patient.html"]
    assert "Preguntas que puede hacer" in written["patient.html"]
    assert '<html lang="en-US">' in written["plan.html"]
    assert "The plan for professionals is written in English only" in written["plan.html"]
    assert "Questions" not in written["patient.html"]


def test_an_unknown_language_leaves_nothing(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose en, zh or es"):
        write_plan(plan, tmp_path / "new", language="de")

    assert not (tmp_path / "new").exists()


def test_text_that_no_file_can_hold_does_not_stop_it(plan: Plan, tmp_path: Path) -> None:
    passage = Passage(text="a\ud800b\x00\u202ec", file="f\udcff.pdf", page=1, score=0.5)

    write_plan(replace(plan, passages=(passage, passage)), tmp_path)

    read = plan_from_json(json.loads((tmp_path / "plan.json").read_bytes()))
    assert (read.passages[0].text, read.passages[0].file) == ("abc", "f.pdf")


def test_a_full_disk_leaves_the_old_plan_whole(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plan.html").write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"plan of case case-007.*No space left on device"):
        write_plan(plan, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["plan.html"]
    assert (tmp_path / "plan.html").read_bytes() == b"old"
