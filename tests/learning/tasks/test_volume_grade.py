"""One box a patient tells the grade of phantoms, and a run is the same however it went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from glioscope.core import InputError, Silent
from glioscope.learning import phantom
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.plan import DrawPlan
from glioscope.learning.data.split import Split
from glioscope.learning.data.tumor_boxes import TumorBoxes
from glioscope.learning.phantom import brain_with_tumor, phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.metrics import last_value, read_figures
from glioscope.learning.runs.reading import config_from
from glioscope.learning.sample import Sample
from glioscope.learning.tasks.volume_grade import Volumes
from glioscope.networks.registry import load_any

NETWORK = {"name": "resnet_3d", "config": {"layers": [1, 1, 1, 1], "width": 0.0625}}
STAGE = {
    "regime": "volumes",
    "steps": 6,
    "every": 2,
    "batch": 2,
    "box": [32, 32, 32],
    "tumor_share": 1.0,
    "augmentation": "none",
    "lr": [0.01, 0.001],
}


def bright_if_grade_4(*, shape: tuple[int, int, int] = (20, 24, 20), seed: int = 0) -> Sample:
    """A tumor that shines in every third phantom, whose grade is 4."""
    sample = brain_with_tumor(shape=shape, seed=seed)
    if seed % 3 == 2:
        sample.image[:] += 3 * sample.regions[0]
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
    """Six patients to train, three to validate, in place of what a run gathers."""
    monkeypatch.setattr(phantom, "brain_with_tumor", bright_if_grade_4)
    cases, cache = phantom_cases(tmp_path / "cache", patients=9)
    ids = [case.case_id for case in cases]
    gathered = Gathered(
        cases={case.case_id: case for case in cases},
        split=Split(parts={"train": tuple(ids[:6]), "validation": tuple(ids[6:])}),
        unlabelled=frozenset(),
        cache=cache,
    )
    monkeypatch.setattr(training, "gather", lambda *_, **__: gathered)
    return gathered


def configured(**stage: Any) -> RunConfig:
    content = {
        "network": NETWORK,
        "precision": "32-true",
        "seed": 3,
        "stages": [{**STAGE, **stage}],
    }
    return config_from(content, where="test")


@pytest.mark.usefixtures("cohort")
def test_the_grade_of_phantoms_is_learned(tmp_path: Path) -> None:
    run = training.train(configured(steps=16, every=16, batch=4), tmp_path / "run")

    figures = read_figures(run.metrics)
    assert last_value(figures, "validation/auc") == 1.0
    likelihood = last_value(figures, "validation/log_likelihood")
    assert likelihood == pytest.approx(0.0, abs=0.4)


@pytest.mark.usefixtures("cohort")
def test_an_interrupted_run_ends_with_the_weights_of_an_undisturbed_one(tmp_path: Path) -> None:
    config = configured(augmentation="flips", keep_all=0.5, average=0.9)
    whole = training.train(config, tmp_path / "whole")

    with pytest.raises(KeyboardInterrupt):
        training.train(config, tmp_path / "cut", progress=Stop(4))
    resumed = training.train(config, tmp_path / "cut", resume=True)

    expected = load_any(whole.network).state_dict()
    for name, value in load_any(resumed.network).state_dict().items():
        assert torch.equal(value, expected[name]), name
    assert read_figures(resumed.metrics) == read_figures(whole.metrics)


@pytest.mark.usefixtures("cohort")
@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ({"box": []}, "give three multiples of 32"),
        ({"box": [32, 32, 40]}, "give three multiples of 32"),
        ({"tumor_share": 0.5}, "tumor_share = 0.5: a box without tumor"),
        ({"batch": 1}, "batch normalization needs"),
        ({"options": {"head": "grade"}}, "'grade' has 3 classes, the network 2 outputs"),
        ({"options": {"head": "size"}}, "no question is called 'size'"),
        ({"regime": "slices"}, "trains a ResNetShape, not a ResNet3D"),
    ],
)
def test_what_volumes_can_not_be_trained_with_is_refused(
    tmp_path: Path, stage: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        training.train(configured(**stage), tmp_path / "run")


def test_validation_patients_without_an_answer_are_refused(
    cohort: Gathered, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="are of 0 classes"):
        training.train(configured(options={"head": "mgmt"}), tmp_path / "run")
    task = _task(cohort)
    with pytest.raises(InputError, match="none of 3 validation cases has outlines and a known 'm"):
        task.validation_set(cohort.part("validation"), cohort.cache, DrawPlan(box=(32, 32, 32)))


def test_only_the_tumor_is_shown_unless_all_is_wanted(cohort: Gathered) -> None:
    plan = DrawPlan(box=(32, 32, 32))
    boxes = TumorBoxes(cohort.part("validation"), cohort.cache, plan)
    batch = Batch.of([boxes[0], boxes[1]])

    shown = _task(cohort, head="grade4").shown(batch)
    whole = _task(cohort, head="grade4", tumor_only=False).shown(batch)

    # 7 x 8 x 6 voxels of tumor, its middle in the middle of the box
    assert [int((case[0] != 0).sum()) for case in shown] == [7 * 8 * 6] * 2
    middle = torch.nonzero(shown[0, 0]).float().mean(dim=0)
    torch.testing.assert_close(middle, torch.full((3,), 16.0), atol=1.0, rtol=0)
    assert torch.equal(whole, batch.image)


def _task(cohort: Gathered, **options: Any) -> Volumes:
    config = configured(options=options or {"head": "mgmt"})
    network = training.initial_network(config)
    task = training._task(config, config.stages[0], network, cohort, number=0)
    assert isinstance(task, Volumes)
    return task
