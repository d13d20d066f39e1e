"""Scans without outlines help, and what is hidden of them is never looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from glioscope.core import InputError
from glioscope.learning import phantom
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.plan import DrawPlan
from glioscope.learning.data.whole_cases import WholeCases
from glioscope.learning.losses import pseudo_label_loss
from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.runs.config import NetworkChoice, RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.metrics import read_figures
from glioscope.learning.runs.train import train
from glioscope.learning.sample import Sample
from glioscope.learning.tasks import Task
from glioscope.learning.tasks.mean_teacher import MeanTeacher, as_classes, disturbed
from glioscope.learning.tasks.segmenter import segmentation_loss

Configured = Callable[..., RunConfig]
MakeTask = Callable[..., Task]


@pytest.fixture
def batch(phantoms: Gathered) -> Batch:
    """A patient with outlines and one whose outlines are hidden."""
    examples = WholeCases(phantoms.part("train")[:2], phantoms.cache, DrawPlan(stride=4))
    return Batch.of([examples[0], replace(examples[1], labelled=False)])


@pytest.fixture
def only_one_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one patient with outlines has little noise, all others much."""

    def noisy(*, shape: tuple[int, int, int], seed: int) -> Sample:
        clean = brain_with_tumor(shape=shape, seed=seed)
        generator = torch.Generator().manual_seed(100 + seed)
        more = torch.randn(clean.image.shape, generator=generator) * clean.brain
        return replace(clean, image=clean.image + (2.0 * more if seed else 0.0))

    monkeypatch.setattr(phantom, "brain_with_tumor", noisy)


def last_dice(run: RunFolder) -> float:
    figures = read_figures(run.metrics)
    return [figure.value for figure in figures if figure.metric == "validation/dice"][-1]


@pytest.mark.usefixtures("phantoms")
def test_interrupted_and_resumed_ends_with_the_same_weights(
    configured: Configured, interrupted_alike: Callable[[RunConfig], RunFolder]
) -> None:
    run = interrupted_alike(configured(regime="mean_teacher", labelled_share=0.5))

    names = {figure.metric for figure in read_figures(run.metrics)}
    assert names >= {"train/consistency", "train/pseudo", "train/outlined", "validation/dice"}


@pytest.mark.usefixtures("only_one_is_clean", "phantoms")
def test_scans_without_outlines_make_it_better(configured: Configured, tmp_path: Path) -> None:
    tiny = NetworkChoice(config={"widths": [8, 8], "dropout": 0.2, "fold": 1})
    alone: dict[str, Any] = {"labelled_share": 1.0, "batch": 2, "box": [12, 12, 12]}
    first = train(
        replace(configured(steps=30, every=30, **alone), network=tiny), tmp_path / "first"
    )
    second = replace(tiny, start=str(first.network))
    options = {"decay": 0.9, "noise": 1.0, "confidence": 0.7, "ramp": 0.0, "pseudo": 5.0}
    taught = {
        **alone,
        "regime": "mean_teacher",
        "labelled_share": 0.5,
        "batch": 4,
        "options": options,
    }

    # the same number of outlines a step, and beside them as many scans without
    without, with_them = (
        last_dice(
            train(replace(configured(steps=20, every=20, **stage), network=second), tmp_path / name)
        )
        for name, stage in (("without", alone), ("with", taught))
    )

    assert with_them > without


def test_a_batch_without_any_outline_teaches_agreement_alone(task: MakeTask, batch: Batch) -> None:
    student = task("mean_teacher", options={"ramp": 0.0})
    nothing = replace(batch, known=torch.zeros_like(batch.known))

    losses = student.losses(nothing)
    torch.autograd.backward(losses["loss"])

    assert losses["outlined"].item() == 0.0
    assert losses["loss"].item() == pytest.approx(
        losses["consistency"].item() + 0.5 * losses["pseudo"].item()
    )
    for name, parameter in student.network.named_parameters():
        assert parameter.grad is not None, name
        assert bool(torch.isfinite(parameter.grad).all()), name


def test_hidden_outlines_never_change_the_loss(task: MakeTask, batch: Batch) -> None:
    student = task("mean_teacher", options={"ramp": 0.0})
    other = batch.regions.clone()
    other[1] = 1 - other[1]

    values = []
    for shown in (batch, replace(batch, regions=other)):
        torch.manual_seed(0)
        values.append(student.losses(shown)["loss"].item())

    assert values[0] == values[1]


def test_the_loss_is_the_outlines_alone_where_both_weights_are_zero(
    task: MakeTask, batch: Batch
) -> None:
    student = task(
        "mean_teacher", options={"consistency": 0.0, "pseudo": 0.0, "noise": 0.0, "gain": 0.0}
    )

    expected = segmentation_loss(student.logits(batch), batch, name="region")

    assert student.losses(batch)["loss"].item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_teacher_gets_no_gradient_and_follows_the_student(task: MakeTask, batch: Batch) -> None:
    student = task("mean_teacher", options={"decay": 0.1})
    assert isinstance(student, MeanTeacher)
    torch.autograd.backward(student.losses(batch)["loss"])
    before = student.teacher.state_dict()["head.bias"].clone()
    with torch.no_grad():
        student.network.get_parameter("head.bias").add_(1.0)

    student.on_train_batch_end(None, batch, 0)

    assert all(parameter.grad is None for parameter in student.teacher.parameters())
    assert not any(parameter.requires_grad for parameter in student.teacher.parameters())
    # at the first step one tenth of the old stays
    moved = student.teacher.state_dict()["head.bias"]
    torch.testing.assert_close(moved, before + 0.9)
    assert student.kept() is student.teacher


def test_a_region_is_two_classes_with_the_probability_of_its_sigmoid() -> None:
    logits = torch.linspace(-4, 4, 2 * 3 * 8).reshape(2, 3, 2, 2, 2)
    known = torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]])

    classes, told = as_classes(logits, known)

    probs = classes.softmax(dim=1)[:, 1].reshape(logits.shape)
    torch.testing.assert_close(probs, torch.sigmoid(logits))
    assert told.tolist() == [True, False, False, True, True, True]


def test_classes_of_a_softmax_stay_and_are_told_where_all_regions_are() -> None:
    logits = torch.randn(2, 4, 2, 2, 2)

    classes, told = as_classes(logits, torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))

    assert classes is logits
    assert told.tolist() == [False, True]


def test_unsure_voxels_are_not_believed() -> None:
    sure, unsure = math.log(0.95 / 0.05), math.log(0.8 / 0.2)
    teacher = (
        torch.tensor([sure, unsure, -sure, -unsure]).reshape(1, 1, 1, 2, 2).expand(1, 3, -1, -1, -1)
    )
    student = torch.zeros(1, 3, 1, 2, 2, requires_grad=True)
    nothing = torch.zeros(1, 3)

    loss = pseudo_label_loss(
        as_classes(student, nothing)[0], as_classes(teacher, nothing)[0], confidence=0.9
    )
    torch.autograd.backward(loss)

    assert loss.item() == pytest.approx(math.log(2))
    assert student.grad is not None
    # two sure voxels of three regions: a half, as the sigmoid's error is, over six
    assert student.grad[0, 0, 0].flatten().tolist() == pytest.approx([-1 / 12, 0, 1 / 12, 0])


def test_a_view_is_disturbed_where_there_is_brain_and_a_sequence(batch: Batch) -> None:
    presence = torch.tensor([[1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    image = batch.image * presence[:, :, None, None, None]
    shown = replace(batch, image=image, presence=presence)
    torch.manual_seed(0)

    seen, again = disturbed(shown, noise=0.5, gain=0.0), disturbed(shown, noise=0.5, gain=0.0)
    brighter = disturbed(shown, noise=0.0, gain=0.2)

    inside = (shown.brain > 0.5).expand_as(image) & (presence[:, :, None, None, None] > 0)
    assert not (seen - image)[~inside].any()
    assert (seen - image)[inside].std().item() == pytest.approx(0.5, rel=0.02)
    assert not torch.equal(seen, again)
    factors = (brighter * image).sum((2, 3, 4)) / (image * image).sum((2, 3, 4)).clamp_min(1e-9)
    assert bool(((factors - 1).abs()[presence > 0] <= 0.2).all())
    assert float(factors[presence > 0].std()) > 0.02
    torch.testing.assert_close(brighter, image * factors[:, :, None, None, None])


def test_both_agree_at_first_but_for_their_views(task: MakeTask, batch: Batch) -> None:
    still = task("mean_teacher", options={"noise": 0.0, "gain": 0.0})
    moved = task("mean_teacher")

    assert still.losses(batch)["consistency"].item() == pytest.approx(0.0, abs=1e-12)
    assert moved.losses(batch)["consistency"].item() > 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"decay": 1.0}, "decay = 1.0: give 0 or more and less than 1"),
        ({"confidence": 0.5}, "confidence = 0.5: give more than 0.5"),
        ({"consistency": -1.0}, "consistency = -1.0, pseudo = 0.5: give weights"),
        ({"ramp": 2.0}, "ramp = 2.0: give a share"),
        ({"gain": 1.0}, "gain = 1.0: give 0 or more"),
        ({"keep": "pupil"}, "keep 'pupil' is not known; known: teacher, student"),
    ],
)
def test_options_that_can_not_be_are_refused(
    task: MakeTask, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        task("mean_teacher", options=options)


def test_two_averages_are_refused_and_the_student_may_have_his_own(task: MakeTask) -> None:
    with pytest.raises(InputError, match="the teacher is an average already; give average = 0"):
        task("mean_teacher", average=0.9)

    student = task("mean_teacher", average=0.9, options={"keep": "student"})
    assert student.kept() is student.averaged
