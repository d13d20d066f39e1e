"""Questions about whole cases: what a network says, and what its training measured, is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glioscope.core import InputError, ModelError
from glioscope.evaluation import auc
from glioscope.learning.assessment.answers import CLASSES, Shown, answers_of, can_answer, truth_of
from glioscope.learning.assessment.assess import assess
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.data.listing import Facts
from glioscope.learning.data.question import QUESTIONS
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.metrics import last_value, read_figures
from glioscope.networks.gmmas import Gmmas, GmmasConfig
from glioscope.networks.registry import build
from glioscope.networks.unet import UNetConfig
from glioscope.networks.visual_pathway import VisualPathwayConfig
from glioscope.networks.visual_pathway_classifier import (
    VisualPathwayClassifier,
    VisualPathwayClassifierConfig,
)

Train = Callable[..., RunFolder]

SLICES = {
    "name": "resnet_shape",
    "config": {"layers": [1, 1, 1, 1], "width": 0.0625, "shape_names": []},
}
SLICE_STAGE = {
    "regime": "slices",
    "steps": 2,
    "every": 2,
    "batch": 4,
    "lr": [0.01, 0.001],
    "options": {"edge": 32},
}
TINY_GMMAS = {
    "widths": [4, 8],
    "global_widths": [4, 8],
    "global_grid": [4, 4, 4],
    "heads": 2,
    "layers": 1,
}


def shown(channels: int, edge: int, facts: Facts) -> Shown:
    image = torch.randn(1, channels, edge, edge, edge, generator=torch.Generator().manual_seed(0))
    return Shown(image=image, presence=torch.ones(1, channels), facts=facts)


def test_every_question_has_a_name_for_each_class() -> None:
    assert {head: len(names) for head, names in CLASSES.items()} == dict(QUESTIONS)


@pytest.mark.parametrize(
    ("facts", "head", "place"),
    [
        (Facts(grade=4), "grade4", 1),
        (Facts(grade=2), "grade4", 0),
        (Facts(grade=3), "grade", 1),
        (Facts(idh_mutant=True), "idh", 1),
        (Facts(), "idh", None),
    ],
)
def test_the_truth_is_the_place_of_the_class(facts: Facts, head: str, place: int | None) -> None:
    assert truth_of(facts, head) == place


def test_gmmas_answers_type_idh_and_codeletion_by_its_own_logits() -> None:
    config = GmmasConfig(widths=(4, 8), global_widths=(4, 8), global_grid=(4, 4, 4), heads=2)
    network = Gmmas(config).eval()
    case = shown(4, 8, Facts())
    with torch.no_grad():
        output = network(case.image, case.presence)
        said = answers_of(network, case)

    assert set(said) == {"tumor_type", "idh", "codeletion"}
    assert said["tumor_type"] == pytest.approx(output.subtype.softmax(1)[0].tolist())
    assert said["idh"][1] == pytest.approx(torch.sigmoid(output.idh).item())
    assert sum(said["codeletion"]) == pytest.approx(1)


def test_an_unknown_age_is_the_mean_of_the_training_patients() -> None:
    config = VisualPathwayClassifierConfig(
        pathway=VisualPathwayConfig(in_channels=2, width=0.0625), dense=(8,)
    )
    network = VisualPathwayClassifier(config).eval()
    network.clinical_scale.fit(torch.tensor([[40.0, 1.0], [60.0, -1.0]]))
    edge = config.stride
    with torch.no_grad():
        unknown = answers_of(network, shown(2, edge, Facts()))
        mean = answers_of(network, shown(2, edge, Facts(age_years=50.0)))
        older = answers_of(network, shown(2, edge, Facts(age_years=90.0)))

    assert set(unknown) == {"tumor_type", "grade", "idh", "mgmt"}
    assert unknown == mean
    assert unknown != older


def test_a_network_that_segments_only_has_no_answers() -> None:
    network = build("unet", UNetConfig(widths=(4, 4)))

    assert not can_answer(network)
    with pytest.raises(ModelError, match="UNet answers nothing about a whole case"):
        answers_of(network, shown(4, 8, Facts()))


@pytest.mark.usefixtures("_data_is_there")
def test_grades_of_slices_are_those_of_the_last_validation(
    train: Train, tmp_path: Path, quick: Settings
) -> None:
    run = train(
        tmp_path / "run",
        learns=(0, 2),
        validates=(1, 3, 4, 5),
        tests=(),
        network=SLICES,
        stages=[SLICE_STAGE],
    )

    scores = assess(run.path, replace(quick, part="validation"))

    figures = read_figures(run.metrics)
    told = [case.answers["grade4"] for case in scores.cases]
    likelihood = np.mean([math.log(a.probs[a.truth or 0]) for a in told])
    assert likelihood == pytest.approx(last_value(figures, "validation/log_likelihood"), abs=1e-6)
    assert [answer.truth for answer in told] == [0, 0, 0, 1]
    found = scores.answers["grade4"]
    assert found.accuracy.mean == last_value(figures, "validation/accuracy")
    assert found.auc is not None
    truth, high = [a.truth == 1 for a in told], [a.probs[1] for a in told]
    assert found.auc.mean == auc(truth, high)
    assert scores.cohort is None
    folder = run.path / "evaluation-validation"
    assert {path.name for path in folder.glob("*.png")} == {
        "confusion-grade4.png",
        "roc-grade4.png",
    }
    assert "| grade4 | 4 | " in (folder / "table.md").read_text()


@pytest.mark.usefixtures("_data_is_there")
def test_gmmas_is_judged_by_outlines_and_by_the_heads_that_learned(
    train: Train, tmp_path: Path, quick: Settings
) -> None:
    def gmmas(name: str, *regimes: str, **changes: Any) -> RunFolder:
        stages = [
            {"name": regime, "regime": regime, "steps": 1, "batch": 2, "box": [8, 8, 8]}
            for regime in regimes
        ]
        stages[0] |= changes
        network = {"name": "gmmas", "config": TINY_GMMAS}
        parts: Any = {"tests": (4, 5), "validates": ()}
        return train(tmp_path / name, network=network, stages=stages, **parts)

    both = gmmas("both", "multitask", "supervised", options={"heads": ["idh"]})
    outlines = gmmas("outlines", "supervised")

    scores = assess(both.path, replace(quick, draws=2))

    assert scores.cohort is not None
    assert len(scores.uncertainty) == 3
    assert set(scores.answers) == {"idh"}
    assert "accuracy idh" in scores.cases[0].metrics
    assert sum(map(sum, scores.answers["idh"].confusion)) == 2
    # heads that nobody taught would answer by chance
    assert assess(outlines.path, quick).answers == {}


@pytest.mark.usefixtures("_data_is_there")
def test_a_network_that_fills_in_images_is_not_taken_for_one_that_outlines_tumors(
    train: Train, tmp_path: Path, quick: Settings
) -> None:
    run = train(
        tmp_path / "run",
        network={"name": "unet", "config": {"widths": [8, 8]}},
        stages=[{"regime": "reconstruction", "steps": 1, "batch": 2, "box": [16, 16, 16]}],
    )

    with pytest.raises(InputError, match="regime 'reconstruction', whose network outlines no"):
        assess(run.path, quick)


@pytest.mark.usefixtures("_data_is_there")
def test_a_part_of_which_nothing_can_be_said_is_refused(
    train: Train, tmp_path: Path, quick: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(tmp_path / "run", learns=(0, 2), validates=(), network=SLICES, stages=[SLICE_STAGE])
    monkeypatch.setattr("glioscope.learning.assessment.grades.target_of", lambda *_: torch.zeros(2))

    with pytest.raises(InputError, match=r"no case of run could be judged.*nobody knows 'grade4'"):
        assess(run.path, quick)
