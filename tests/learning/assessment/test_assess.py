"""What is told of a run agrees with what its training measured, and no one seen is tested."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glioscope.core import InputError, Region, Sequence
from glioscope.io import read_labels
from glioscope.learning.assessment.assess import assess, assess_folds
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.data.split import Split
from glioscope.learning.data.split_file import write_split
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.metrics import read_figures

pytestmark = pytest.mark.usefixtures("_data_is_there")

Train = Callable[..., RunFolder]

WITHOUT_DROPOUT = {"name": "unet", "config": {"widths": [8, 8]}}


def test_the_best_checkpoint_scores_what_its_validation_said(
    run: RunFolder, quick: Settings
) -> None:
    scores = assess(run.path, dataclasses.replace(quick, part="validation", best=True))

    said = [f.value for f in read_figures(run.metrics) if f.metric == "validation/dice"]
    assert scores.cohort is not None
    found = [metrics["dice"].mean for metrics in scores.cohort.regions.values()]
    # the phantoms' own grid is the training grid, so that nothing is lost on the way back
    assert sum(found) / 3 == pytest.approx(max(said), abs=1e-6)
    assert scores.notes == (
        "validation cases: checkpoints may have been chosen by these very patients",
    )
    assert (run.path / "evaluation-validation-best" / "scores.json").is_file()


def test_the_last_weights_score_what_the_last_validation_said(
    run: RunFolder, quick: Settings
) -> None:
    scores = assess(run.path, dataclasses.replace(quick, part="validation"))

    said = [f.value for f in read_figures(run.metrics) if f.metric == "validation/dice_WT"]
    assert scores.cohort is not None
    assert scores.cohort.regions[Region.WT]["dice"].mean == pytest.approx(said[-1], abs=1e-6)


def test_the_folder_holds_all_that_was_asked_for_and_the_files_agree(run: RunFolder) -> None:
    scores = assess(run.path, Settings(resamples=50, draws=2), save_labels=True)

    folder = run.path / "evaluation-test"
    content = json.loads((folder / "scores.json").read_text())
    (row,) = csv.DictReader((folder / "cases.csv").read_text().splitlines())
    assert content["patients"] == 1
    assert content["settings"]["part"] == "test"
    assert content["seconds_per_case"] > 0
    assert scores.notes == ()
    dice = content["scores"]["regions"]["whole_tumor"]["dice"]["mean"]
    assert float(row["whole_tumor dice"]) == pytest.approx(dice, abs=1e-6)
    assert content["cases"][0]["metrics"]["Dice whole tumor"] == dice
    assert len(content["cases"][0]["subsets"]) == 15
    full = content["subsets"]["whole_tumor"]["full"]["mean"]
    assert full == content["cases"][0]["subsets"]["t1+t1c+t2+flair"]["whole_tumor"] == dice
    shares = [one["shapley"]["mean"] for one in content["subsets"]["mean"]["values"]]
    assert sum(shares) == pytest.approx(content["subsets"]["mean"]["full"]["mean"])
    assert set(content["calibration"]["enhancing_tumor"]) == {"brain", "near the tumor"}
    assert content["uncertainty"]["whole_tumor"]["brain"]["error_auc"] is not None
    assert {path.name for path in folder.glob("*.png")} == {
        "training.png",
        *(f"subsets-{n}.png" for n in ("mean", "whole-tumor", "tumor-core", "enhancing-tumor")),
        *(
            f"{kind}-{region}-{place}.png"
            for kind in ("reliability", "uncertainty")
            for region in ("whole-tumor", "tumor-core", "enhancing-tumor")
            for place in ("brain", "near-the-tumor")
        ),
    }
    page = (folder / "table.md").read_text()
    assert page.startswith("# run: test part\n")
    assert f"| whole tumor | {dice:.3f} [" in page
    labels = read_labels(folder / "labels" / "PHANTOM-05.nii.gz")
    whole_ml = (labels.data > 0).sum() * labels.voxel_volume_ml
    assert whole_ml == pytest.approx(float(row["whole_tumor prediction_ml"]))


def test_the_same_scores_come_twice(run: RunFolder, tmp_path: Path) -> None:
    one, two = (
        assess(run.path, Settings(resamples=20, draws=2, subsets=False), output=tmp_path / name)
        for name in ("one", "two")
    )

    assert one.calibration == two.calibration
    assert one.uncertainty == two.uncertainty
    assert one.cohort == two.cohort


def test_training_cases_are_scored_under_a_warning_on_top(run: RunFolder, quick: Settings) -> None:
    assess(run.path, dataclasses.replace(quick, part="train"))

    page = (run.path / "evaluation-train" / "table.md").read_text()
    assert page.splitlines()[:3] == [
        "# run: train part",
        "",
        "> **TRAINING CASES: the network has learned from these very patients**",
    ]


def test_a_patient_who_was_trained_on_is_no_test(run: RunFolder, quick: Settings) -> None:
    content = json.loads(run.split.read_text())
    content["parts"]["test"].append({"case": "PHANTOM-00-later", "patient": "PHANTOM-00"})
    run.split.write_text(json.dumps(content))

    with pytest.raises(InputError, match="PHANTOM-00 is in train and in test"):
        assess(run.path, quick)


def test_nor_is_one_whom_the_weights_it_began_with_have_seen(
    train: Train, trained: RunFolder, tmp_path: Path, quick: Settings
) -> None:
    network = {"name": "unet", "config": {"widths": [8, 8], "dropout": 0.2}}
    parts = {"learns": (2, 3, 5), "tests": (0, 1)}
    begun = train(tmp_path / "a", **parts, network={**network, "start": str(trained.path)})
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(trained.network.read_bytes())
    unknown = train(tmp_path / "b", **parts, network={**network, "start": str(alone)})

    with pytest.raises(InputError, match="weights of reference, which learned from patients of"):
        assess(begun.path, quick)
    assert assess(unknown.path, quick).notes == (
        "the run used the weights alone.safetensors: who trained them is not known",
    )


def test_without_dropout_no_uncertainty_is_made_up(
    train: Train, tmp_path: Path, quick: Settings
) -> None:
    run = train(tmp_path / "run", network=WITHOUT_DROPOUT)

    scores = assess(run.path, dataclasses.replace(quick, draws=2))

    assert scores.uncertainty == {}
    assert scores.calibration[Region.WT]["brain"].voxels > 0
    assert scores.notes == (
        "the network has no dropout, so its epistemic uncertainty is not known",
    )


def test_two_sequences_have_three_subsets(train: Train, tmp_path: Path, quick: Settings) -> None:
    run = train(tmp_path / "run", network=WITHOUT_DROPOUT, data={"sequences": ["flair", "t1c"]})

    scores = assess(run.path, dataclasses.replace(quick, subsets=True))

    subsets = {"+".join(part.sequences): part for part in scores.subsets["whole_tumor"].subsets}
    (case,) = scores.cases
    assert set(subsets) == {"t1c", "flair", "t1c+flair"}
    assert subsets["t1c+flair"].score.mean == case.metrics["Dice whole tumor"]
    assert subsets["t1c+flair"].loss.mean == 0
    alone = case.subsets[frozenset({Sequence.T1C})][Region.WT]
    assert subsets["t1c"].loss.mean == pytest.approx(case.metrics["Dice whole tumor"] - alone)


def test_folds_are_pooled_and_each_counts_once(
    train: Train, tmp_path: Path, quick: Settings
) -> None:
    folds = [
        train(
            tmp_path / f"fold-{fold}",
            learns=(1 - fold, 2, 3),
            tests=(fold, 5 if fold else 4),
            validates=(),
            split={"folds": 2, "fold": fold},
            steps=16,
        ).path
        for fold in (0, 1)
    ]
    pooled = assess_folds(folds, quick, output=tmp_path / "pooled")
    alone = [assess(folder, quick) for folder in folds]

    metric = "Dice whole tumor"
    each = [[case.metrics[metric] for case in scores.cases] for scores in alone]
    means = [sum(values) / 2 for values in each]
    assert [part.mean for part in pooled.folds[metric].folds] == pytest.approx(means)
    assert pooled.folds[metric].pooled.mean == pytest.approx(sum(means) / 2)
    assert pooled.patients == 4
    assert {case.run for case in pooled.cases} == {"fold-0", "fold-1"}
    assert (tmp_path / "pooled" / "training-fold-1.png").is_file()
    with pytest.raises(InputError, match="give each run once"):
        assess_folds([folds[0], folds[0]], quick, output=tmp_path / "twice")


def test_runs_that_are_no_folds_of_one_are_not_pooled(
    run: RunFolder, train: Train, tmp_path: Path, quick: Settings
) -> None:
    same = train(tmp_path / "same", steps=24, network=WITHOUT_DROPOUT)
    record = run.read()
    record["config"]["network"] = same.read()["config"]["network"]

    with pytest.raises(InputError, match=r"something else than run \(network\)"):
        assess_folds([run.path, same.path], quick, output=tmp_path / "out")
    run.write(record)
    with pytest.raises(InputError, match="PHANTOM-05 is tested in run and same"):
        assess_folds([run.path, same.path], quick, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_said(run: RunFolder, quick: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no run"):
        assess(tmp_path / "nothing", quick)
    write_split(Split(parts={"train": ("PHANTOM-00",)}), run.split)
    with pytest.raises(InputError, match=r"'test' holds no case; those that do: train"):
        assess(run.path, quick)
    write_split(Split(parts={"train": ("PHANTOM-00",), "test": ("GONE",)}), run.split)
    with pytest.raises(InputError, match="1 of 1 cases are not in the data any more, such as GONE"):
        assess(run.path, quick)
    run.network.unlink()
    with pytest.raises(InputError, match="not finished; go on with glioscope train --resume"):
        assess(run.path, quick)
    run.split.unlink()
    with pytest.raises(InputError, match=r"no split\.json"):
        assess(run.path, quick)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"part": "tests"}, "known: train, validation, test"),
        ({"draws": 1}, "give 2 or more"),
        ({"near_mm": -1.0}, "distance of 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        dataclasses.replace(Settings(), **change)
