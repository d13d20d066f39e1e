"""A network that saw all sequences learns to do with fewer."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from glioscope.core import InputError, Sequence
from glioscope.learning import phantom
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.plan import DrawPlan
from glioscope.learning.data.whole_cases import WholeCases
from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.metrics import read_figures
from glioscope.learning.sample import Sample
from glioscope.learning.tasks import Task
from glioscope.learning.tasks.distillation import left_out
from glioscope.learning.tasks.segmenter import segmentation_logits, segmentation_loss
from glioscope.learning.tasks.task import dice_scores
from glioscope.networks.gmmas import GmmasConfig
from glioscope.networks.registry import build
from glioscope.networks.resnet_shape import ResNetConfig

Configured = Callable[..., RunConfig]
MakeTask = Callable[..., Task]


def whole_cases(phantoms: Gathered, part: str, count: int) -> Batch:
    examples = WholeCases(phantoms.part(part)[:count], phantoms.cache, DrawPlan(stride=4))
    return Batch.of([examples[number] for number in range(count)])


def learned(task: Task, batch: Batch, *, steps: int) -> nn.Module:
    """Return the network after some steps on one batch."""
    optimizer = torch.optim.Adam(task.parameters(), lr=0.01)
    for step in range(steps):
        torch.manual_seed(step)
        optimizer.zero_grad()
        torch.autograd.backward(task.losses(batch)["loss"])
        optimizer.step()
    return task.network


def dice_with_two(network: nn.Module, batch: Batch) -> float:
    """Return the mean Dice of whole tumor and core over all pairs of sequences."""
    values = []
    for pair in itertools.combinations(range(4), 2):
        presence = torch.zeros(1, 4)
        presence[:, list(pair)] = 1.0
        shown = batch.image * presence[:, :, None, None, None]
        with torch.no_grad():
            scores = dice_scores(segmentation_logits(network, shown, presence), batch)
        values += scores["dice_WT"] + scores["dice_TC"]
    return sum(values) / len(values)


@pytest.fixture
def one_shows_it_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sequence shows the tumor, the first far better than all others."""

    def uneven(*, shape: tuple[int, int, int], seed: int) -> Sample:
        sample = brain_with_tumor(shape=shape, seed=seed)
        shown = torch.tensor([4.0, 0.8, 0.8, 0.8])[:, None, None, None]
        noise = torch.randn(4, *shape, generator=torch.Generator().manual_seed(50 + seed))
        image = noise + shown * (sample.regions[0] + sample.regions[1])
        return replace(sample, image=image * sample.brain)

    monkeypatch.setattr(phantom, "brain_with_tumor", uneven)


@pytest.mark.usefixtures("phantoms")
def test_interrupted_and_resumed_ends_with_the_same_weights(
    configured: Configured, interrupted_alike: Callable[[RunConfig], RunFolder]
) -> None:
    run = interrupted_alike(configured(regime="distillation"))

    names = {figure.metric for figure in read_figures(run.metrics)}
    assert names >= {"train/all_sequences", "train/fewer_sequences", "train/features"}


@pytest.mark.usefixtures("one_shows_it_best")
def test_two_sequences_serve_better_than_before_and_than_without_it(
    task: MakeTask, request: pytest.FixtureRequest
) -> None:
    phantoms: Gathered = request.getfixturevalue("phantoms")
    shown, other = (whole_cases(phantoms, part, n) for part, n in (("train", 2), ("validation", 1)))
    before = learned(task("supervised"), shown, steps=40)

    as_it_was = dice_with_two(before, other)
    more = learned(task("supervised", network=copy.deepcopy(before)), shown, steps=25)
    distilled = learned(task("distillation", network=copy.deepcopy(before)), shown, steps=25)

    assert dice_with_two(distilled, other) > as_it_was + 0.02
    assert dice_with_two(distilled, other) > dice_with_two(more, other)


def test_the_loss_is_that_of_both_pathways_and_of_their_features(
    task: MakeTask, phantoms: Gathered
) -> None:
    shown = whole_cases(phantoms, "train", 1)
    student = task("distillation", options={"most": 1, "features": 3.0})
    torch.manual_seed(0)
    fewer = left_out(shown.presence, most=1)
    torch.manual_seed(0)

    parts = student.losses(shown)

    lacking = replace(shown, presence=fewer, image=shown.image * fewer[:, :, None, None, None])
    full = segmentation_loss(student.logits(shown), shown, name="region").item()
    less = segmentation_loss(student.logits(lacking), lacking, name="region").item()
    assert parts["all_sequences"].item() == pytest.approx(full, rel=1e-5)
    assert parts["fewer_sequences"].item() == pytest.approx(less, rel=1e-5)
    assert parts["features"].item() > 0
    expected = full + less + 3.0 * parts["features"].item()
    assert parts["loss"].item() == pytest.approx(expected, rel=1e-5)


def test_gmmas_is_distilled_by_its_own_features(task: MakeTask, phantoms: Gathered) -> None:
    config = GmmasConfig(widths=(8, 8), global_widths=(4, 4), global_grid=(4, 4, 4))
    student = task("distillation", network=build("gmmas", config, seed=0))

    parts = student.losses(whole_cases(phantoms, "train", 1))

    assert parts["features"].item() > 0
    assert bool(torch.isfinite(parts["loss"]))


def test_one_to_most_of_those_there_are_left_out_and_one_stays() -> None:
    presence = torch.tensor([[1.0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 1, 0], [1, 1, 1, 0]])
    torch.manual_seed(0)

    draws = torch.stack([left_out(presence, most=2) for _ in range(300)])

    assert bool((draws <= presence).all())
    missing = (presence.sum(1) - draws.sum(2)).T.tolist()
    assert [set(each) for each in missing] == [{1, 2}, {1}, {0}, {1, 2}]
    # one as often as two, and each sequence as often as another: 1.5 of 4
    assert missing[0].count(1) == pytest.approx(150, abs=40)
    assert draws[:, 0].mean(0).tolist() == pytest.approx([0.625] * 4, abs=0.1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"options": {"most": 0}}, "most = 0, features = 1.0: give 1 or more"),
        ({"options": {"features": -1.0}}, "give 1 or more sequences and a weight of 0 or more"),
        ({"sequences": (Sequence.FLAIR,)}, "one sequence has none to leave out"),
        (
            {"network": build("resnet_3d", ResNetConfig(layers=(1, 1, 1, 1), width=0.05), seed=0)},
            "'distillation' compares features of a segmentation network, a ResNet3D gives none",
        ),
    ],
)
def test_what_can_not_be_distilled_is_refused(
    task: MakeTask, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        task("distillation", **changes)
