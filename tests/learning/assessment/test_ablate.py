"""Differences between runs are those of their cases, and only of cases that all have."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glioscope.core import InputError
from glioscope.learning.assessment.ablate import ablate, methods_of
from glioscope.learning.assessment.assess import assess
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.runs.folder import RunFolder

pytestmark = pytest.mark.usefixtures("_data_is_there")

Train = Callable[..., RunFolder]


def scores(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "evaluation-test" / "scores.json").read_text())
    return content


def change(folder: Path, values: dict[str, float]) -> None:
    """Write a Dice of the whole tumor into the scores of a run, and no other metric."""
    content = scores(folder)
    (first,) = content["cases"]
    content["cases"] = [
        {**first, "case_id": case, "patient": case, "metrics": {"Dice whole tumor": value}}
        for case, value in values.items()
    ]
    (folder / "evaluation-test" / "scores.json").write_text(json.dumps(content))


@pytest.fixture
def pair(trained: RunFolder, tmp_path: Path, quick: Settings) -> tuple[Path, Path]:
    """Two copies of a run, judged."""
    shutil.copytree(trained.path, tmp_path / "one")
    assess(tmp_path / "one", quick)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    ablate([tmp_path / "one", tmp_path / "two"], quick, output=tmp_path / "first")
    return tmp_path / "one", tmp_path / "two"


def test_the_same_run_twice_differs_by_nothing(pair: tuple[Path, Path], tmp_path: Path) -> None:
    content = json.loads((tmp_path / "first" / "ablation.json").read_text())
    (part,) = content["parts"]

    assert set(part["metrics"]) == {
        "Dice enhancing tumor",
        "Dice tumor core",
        "Dice whole tumor",
        "mean IoU",
    }
    for metric, (reference, other) in part["metrics"].items():
        assert reference["difference"] is None
        assert reference["score"]["mean"] == scores(pair[0])["cases"][0]["metrics"][metric]
        assert other["difference"]["difference"]["mean"] == 0
    assert {path.name for path in (tmp_path / "first").glob("*.png")} == {
        "ablation-dice-enhancing-tumor.png",
        "ablation-dice-tumor-core.png",
        "ablation-dice-whole-tumor.png",
        "ablation-mean-iou.png",
    }
    page = (tmp_path / "first" / "ablation.md").read_text()
    assert page.startswith("# Compared with one\n")
    assert "| less one |" in page


def test_the_difference_is_that_of_the_shared_cases(
    pair: tuple[Path, Path], tmp_path: Path, quick: Settings
) -> None:
    change(pair[0], {"A": 0.5, "B": 0.7, "C": 0.0})
    change(pair[1], {"A": 0.6, "B": 0.9, "D": 1.0})

    (part,) = ablate(pair, quick, output=tmp_path / "out").parts

    reference, other = part.metrics["Dice whole tumor"]
    assert part.cases == 2
    assert part.left_out == {"one": 1, "two": 1}
    assert reference.score.mean == pytest.approx(0.6)
    assert other.difference is not None
    assert other.difference.difference.mean == pytest.approx(0.15)
    assert other.difference.better


def test_scores_of_other_weights_are_made_anew(
    pair: tuple[Path, Path], tmp_path: Path, quick: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def watched(folder: Path, settings: Settings, **named: Any) -> Any:
        judged.append(folder.name)
        return assess(folder, settings, **named)

    monkeypatch.setattr("glioscope.learning.assessment.ablate.assess", watched)
    ablate(pair, quick, output=tmp_path / "again")
    assert judged == []

    content = scores(pair[1])
    content["runs"]["one"]["sha256"] = "0" * 64
    (pair[1] / "evaluation-test" / "scores.json").write_text(json.dumps(content))
    ablate(pair, quick, output=tmp_path / "again")
    assert judged == ["two"]


def test_a_folder_of_folds_is_one_method(
    pair: tuple[Path, Path], tmp_path: Path, quick: Settings
) -> None:
    change(pair[0], {"A": 0.5, "B": 0.7})
    change(pair[1], {"A": 0.6})
    (tmp_path / "folds").mkdir()
    shutil.copytree(pair[1], tmp_path / "folds" / "fold-0")
    shutil.copytree(pair[1], tmp_path / "folds" / "fold-1")
    with pytest.raises(InputError, match="folds, fold-1: patient A is tested in another fold too"):
        ablate([pair[0], tmp_path / "folds"], quick, output=tmp_path / "out")
    change(tmp_path / "folds" / "fold-1", {"B": 0.6})

    (part,) = ablate([pair[0], tmp_path / "folds"], quick, output=tmp_path / "out").parts

    assert [row.run for row in part.metrics["Dice whole tumor"]] == ["one", "folds"]
    assert part.metrics["Dice whole tumor"][1].score.mean == pytest.approx(0.6)


def test_cases_of_the_whole_tumor_alone_are_compared_on_that(
    pair: tuple[Path, Path], tmp_path: Path, quick: Settings
) -> None:
    for folder in pair:
        content = scores(folder)
        first = content["cases"][0]
        dice = {"Dice whole tumor": 0.5}
        content["cases"].append({**first, "case_id": "W", "patient": "W", "metrics": dice})
        (folder / "evaluation-test" / "scores.json").write_text(json.dumps(content))

    parts = ablate(pair, quick, output=tmp_path / "out").parts

    assert {tuple(part.metrics): part.cases for part in parts} == {
        ("Dice enhancing tumor", "Dice tumor core", "mean IoU"): 1,
        ("Dice whole tumor",): 2,
    }


def test_what_can_not_be_compared_is_refused(
    pair: tuple[Path, Path], tmp_path: Path, quick: Settings
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is no run and holds none called fold-"):
        ablate([pair[0], tmp_path / "empty"], quick, output=tmp_path / "out")
    with pytest.raises(InputError, match="give two or more"):
        methods_of([pair[0]])
    with pytest.raises(InputError, match="each once"):
        methods_of([pair[0], pair[0]])
    change(pair[1], {"elsewhere": 0.6})
    with pytest.raises(InputError, match="one, two share no case that is scored alike"):
        ablate(pair, quick, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()
