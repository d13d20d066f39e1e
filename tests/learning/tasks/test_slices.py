"""Slices and shapes tell the grade of phantoms, and a run of them is the same however it went."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glioscope.core import InputError, Sequence, Silent
from glioscope.learning import phantom
from glioscope.learning.data.split import Split
from glioscope.learning.phantom import brain_with_tumor, phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.config import DataConfig, RunConfig
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.loaders import Loaders
from glioscope.learning.runs.machine import Machine
from glioscope.learning.runs.metrics import last_value, read_figures
from glioscope.learning.runs.reading import config_from
from glioscope.learning.sample import Sample
from glioscope.learning.tasks.grading import patient_scores
from glioscope.learning.tasks.slices import Slices
from glioscope.networks.registry import load_any
from glioscope.networks.resnet_shape import ResNetShape

SMALL = {
    "layers": [1, 1, 1, 1],
    "width": 0.0625,
    "shape_names": ["MeshVolume", "Maximum3DDiameter"],
}
STAGE = {
    "regime": "slices",
    "steps": 6,
    "every": 2,
    "batch": 4,
    "lr": [0.01, 0.001],
    "options": {"edge": 32},
}


def tumor_of_its_grade(*, shape: tuple[int, int, int] = (20, 24, 20), seed: int = 0) -> Sample:
    """A tumor that is longer in every third phantom, whose grade is 4; each slice looks alike."""
    sample = brain_with_tumor(shape=shape, seed=seed)
    end = (14 if seed % 3 == 2 else 10) + seed % 2
    sample.regions[:] = 0
    sample.regions[0, 5:12, 6:14, 5:end] = 1
    sample.regions[1, 6:10, 7:12, 6:8] = 1
    return sample


class Stop(Silent):
    """Stops a run as Ctrl-C does, at a step."""

    def __init__(self, at: int) -> None:
        self._at = at

    def step(self, done: int, total: int) -> None:
        del total
        if done == self._at:
            raise KeyboardInterrupt


@pytest.fixture
def cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gathered:
    """Nine patients to train, three to validate, in place of what a run gathers."""
    monkeypatch.setattr(phantom, "brain_with_tumor", tumor_of_its_grade)
    cases, cache = phantom_cases(tmp_path / "cache", patients=12)
    ids = [case.case_id for case in cases]
    gathered = Gathered(
        cases={case.case_id: case for case in cases},
        split=Split(parts={"train": tuple(ids[:9]), "validation": tuple(ids[9:])}),
        unlabelled=frozenset(),
        cache=cache,
    )
    monkeypatch.setattr(training, "gather", lambda *_, **__: gathered)
    return gathered


def configured(stage: dict[str, Any] | None = None, **network: Any) -> RunConfig:
    content = {
        "network": {"name": "resnet_shape", "config": {**SMALL, **network}},
        "precision": "32-true",
        "seed": 3,
        "stages": [{**STAGE, **(stage or {})}],
    }
    return config_from(content, where="test")


@pytest.mark.usefixtures("cohort")
def test_what_only_the_shape_tells_is_learned_from_the_shape(tmp_path: Path) -> None:
    stage: dict[str, Any] = {"steps": 20, "every": 20, "lr": [0.02, 0.005]}
    stage["options"] = {"edge": 32, "augment": "none"}
    likelihoods = {}
    for names in ([], ["MeshVolume", "Maximum3DDiameter"]):
        run = training.train(configured(stage, shape_names=names), tmp_path / f"{len(names)}")
        figures = read_figures(run.metrics)
        likelihoods[len(names)] = last_value(figures, "validation/log_likelihood")
    assert last_value(figures, "validation/auc") == 1.0
    assert last_value(figures, "validation/apca") == 1.0
    # of one patient in three the grade is 4: who knows no more than that reaches -0.64
    assert likelihoods[2] == pytest.approx(0.0, abs=0.4)
    assert likelihoods[0] == pytest.approx(-0.64, abs=0.1)


@pytest.mark.usefixtures("cohort")
def test_an_interrupted_run_ends_with_the_weights_of_an_undisturbed_one(tmp_path: Path) -> None:
    config = configured({"average": 0.9})
    whole = training.train(config, tmp_path / "whole")

    with pytest.raises(KeyboardInterrupt):
        training.train(config, tmp_path / "cut", progress=Stop(4))
    resumed = training.train(config, tmp_path / "cut", resume=True)

    expected = load_any(whole.network).state_dict()
    for name, value in load_any(resumed.network).state_dict().items():
        assert torch.equal(value, expected[name]), name
    assert read_figures(resumed.metrics) == read_figures(whole.metrics)


@pytest.mark.usefixtures("cohort")
@pytest.mark.parametrize(("head", "outputs"), [("grade", 3), ("idh", 2)])
def test_other_questions_are_answered_from_a_single_sequence(
    tmp_path: Path, head: str, outputs: int
) -> None:
    config = configured({"steps": 2, "options": {"edge": 32, "head": head}}, outputs=outputs)
    single = dataclasses.replace(config, data=DataConfig(sequences=(Sequence.FLAIR,)))

    run = training.train(single, tmp_path / "run")

    network = load_any(run.network)
    assert isinstance(network, ResNetShape)
    assert (network.config.in_channels, network.config.outputs) == (1, outputs)
    auc = last_value(read_figures(run.metrics), "validation/auc")
    assert auc is not None
    assert 0 <= auc <= 1


def test_shapes_are_standardized_by_the_training_patients_alone(
    cohort: Gathered, tmp_path: Path
) -> None:
    run = training.train(configured({"steps": 1}, shape_names=["VoxelVolume"]), tmp_path / "run")

    volumes_mm3 = []
    for case in cohort.part("train"):
        truth = cohort.cache.open(case.case_id).truth
        assert truth is not None
        volumes_mm3.append(8.0 * np.count_nonzero(truth.data))
    network = load_any(run.network)
    assert isinstance(network, ResNetShape)
    assert network.shape_scale is not None
    assert float(network.shape_scale.mean) == pytest.approx(np.mean(volumes_mm3))
    assert float(network.shape_scale.std) == pytest.approx(np.std(volumes_mm3))


@pytest.mark.usefixtures("cohort")
@pytest.mark.parametrize(
    ("stage", "network", "told"),
    [
        ({}, {"name": "unet", "config": {"widths": [8, 8]}}, "trains a ResNetShape, not a UNet"),
        ({"options": {"head": "grade"}}, None, "'grade' has 3 classes, the network 2 outputs"),
        ({"options": {"head": "age"}}, None, "no question is called 'age'"),
        ({"options": {"augment": "most"}}, None, "augment 'most' is not known"),
        ({"options": {"without": ["turns"]}}, None, "without 'turns' is not known"),
        ({"options": {"edge": 100}}, None, "give a multiple of 32"),
        ({"batch": 1}, None, "batch normalization needs"),
        ({"keep_all": 0.5}, None, "keep_all = 0.5 has no meaning for regime 'slices'"),
        ({"box": [32, 32, 32]}, None, "box = .* has no meaning"),
    ],
)
def test_what_slices_can_not_be_trained_with_is_refused(
    tmp_path: Path, stage: dict[str, Any], network: dict[str, Any] | None, told: str
) -> None:
    content = {
        "network": network or {"name": "resnet_shape", "config": SMALL},
        "stages": [{**STAGE, **stage}],
    }
    with pytest.raises(InputError, match=told):
        training.train(config_from(content, where="test"), tmp_path / "run")


def test_one_class_alone_is_refused(
    cohort: Gathered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    low = [case_id for case_id, case in cohort.cases.items() if case.facts.grade != 4]
    one = Gathered(
        cases=cohort.cases,
        split=Split(parts={"train": tuple(low)}),
        unlabelled=frozenset(),
        cache=cohort.cache,
    )
    monkeypatch.setattr(training, "gather", lambda *_, **__: one)

    with pytest.raises(InputError, match="are of 1 classes"):
        training.train(configured(), tmp_path / "run")


def test_a_patient_is_the_mean_softmax_of_the_slices(
    cohort: Gathered, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured({"options": {"edge": 32}}, shape_names=["VoxelVolume"])
    network = training.initial_network(config)
    task = training._task(config, config.stages[0], network, cohort, number=0)
    assert isinstance(task, Slices)
    task.eval()
    case = cohort.part("validation")[0]
    plan = _plan_of(task, cohort)
    patient = task.collate([task.validation_set((case,), cohort.cache, plan)[0]])
    sums = {"forward": lambda _, x, __: torch.stack([x.mean((1, 2, 3)), x.amax((1, 2, 3))], 1)}
    monkeypatch.setattr(ResNetShape, "forward", sums["forward"])

    probs, target = task.patient_probabilities(patient)

    first = [1 / (1 + np.exp(float(image.max() - image.mean()))) for image in patient.image]
    assert float(probs[0, 0]) == pytest.approx(np.mean(first), abs=1e-5)
    assert target.tolist() == [[1.0, 0.0]]


def _plan_of(task: Slices, cohort: Gathered) -> Any:
    return Loaders(task, cohort, machine=Machine(), every=1, workers=0).plan()


def test_scores_of_patients_are_those_of_the_formulas() -> None:
    found = {
        "truth": [0.0, 0.0, 1.0, 1.0],
        "probability_0": [0.9, 0.4, 0.45, 0.2],
        "probability_1": [0.1, 0.6, 0.55, 0.8],
    }
    scores = patient_scores(found)

    # of the four pairs one is the wrong way round
    assert scores["auc"] == 0.75
    assert scores["accuracy"] == 0.75
    assert scores["apca"] == 0.75
    expected = np.log([0.9, 0.4, 0.55, 0.8]).mean()
    assert scores["log_likelihood"] == pytest.approx(expected)


def test_without_patients_of_both_classes_there_is_no_auc() -> None:
    scores = patient_scores({"truth": [1.0], "probability_0": [0.3], "probability_1": [0.7]})

    assert scores == {"log_likelihood": pytest.approx(np.log(0.7)), "accuracy": 1.0}


def test_of_three_classes_the_auc_is_the_mean_one_vs_rest() -> None:
    truth: Callable[[int], list[float]] = lambda c: [0.8 if c == t else 0.1 for t in (0, 1, 2)]  # noqa: E731
    found = {"truth": [0.0, 1.0, 2.0]} | {f"probability_{c}": truth(c) for c in range(3)}

    assert patient_scores(found)["auc"] == 1.0
