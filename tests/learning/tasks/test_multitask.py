"""Outline, subtype, IDH and 1p/19q learn together; who has no label punishes nobody."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from glioscope.core import InputError
from glioscope.learning.augmentation import augmentation
from glioscope.learning.data.batch import HEADS, Batch
from glioscope.learning.data.drawing import Examples
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.losses import region_loss
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.checkpoints import SafetensorsCheckpoints
from glioscope.learning.runs.config import NetworkChoice, RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.metrics import read_figures
from glioscope.learning.tasks import Task
from glioscope.learning.tasks.multitask import ANSWERED, head_hits
from glioscope.networks.gmmas import GmmasConfig
from glioscope.networks.registry import build, load_any

TINY: dict[str, Any] = {
    "widths": (8, 8),
    "global_widths": (4, 4),
    "global_grid": (4, 4, 4),
    "heads": 2,
    "layers": 1,
}
TASKS = ("segmentation", *ANSWERED)

Configured = Callable[..., RunConfig]
Tasks = Callable[..., Task]


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """Two boxes, each with the whole image beside it."""
    cases, cache = phantom_cases(tmp_path / "cache", patients=3)
    plan = DrawPlan(box=(16, 16, 16), examples=2, whole=(4, 4, 4), tumor_share=1.0)
    examples = Examples(Pool(cases=cases), cache, plan, augmentation("none", spacing_mm=2.0))
    return Batch.of([examples[0], examples[1]])


@pytest.fixture
def multitask(task: Tasks) -> Callable[..., Any]:
    def make(**options: Any) -> Task:
        network = build("gmmas", GmmasConfig(**TINY), seed=1)
        return task("multitask", network=network, options=options)

    return make


def gmmas(config: RunConfig) -> RunConfig:
    return dataclasses.replace(config, network=NetworkChoice(name="gmmas", config=TINY))


def unknown(batch: Batch, *heads: str) -> Batch:
    nothing = {head: torch.zeros(2, HEADS[head]) for head in heads}
    return dataclasses.replace(batch, targets={**batch.targets, **nothing})


def test_the_loss_is_the_sum_of_cross_entropies_and_dice_at_first(
    multitask: Callable[..., Any], batch: Batch
) -> None:
    made = multitask().eval()
    mixed = {
        "tumor_type": torch.tensor([[0.6, 0.4, 0.0], [0.0, 0.0, 1.0]]),
        "idh": torch.tensor([[0.3, 0.7], [0.0, 0.0]]),
        "codeletion": torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
    }
    batch = dataclasses.replace(batch, targets={**batch.targets, **mixed})

    parts = made.losses(batch)

    output = made.network(batch.image, batch.presence, batch.whole, batch.patch_box)
    bce = functional.binary_cross_entropy_with_logits
    expected = {
        "segmentation": region_loss(output.segmentation, batch.regions, batch.known),
        "tumor_type": functional.cross_entropy(output.subtype, mixed["tumor_type"]),
        "idh": bce(output.idh[:1], mixed["idh"][:1, 1]),
        "codeletion": bce(output.codeletion, mixed["codeletion"][:, 1]),
    }
    for name, value in expected.items():
        torch.testing.assert_close(parts[name], value, msg=name)
    torch.testing.assert_close(parts["loss"], sum(expected.values()))


def test_a_task_without_a_label_gets_a_gradient_of_exactly_zero(
    multitask: Callable[..., Any], batch: Batch
) -> None:
    made = multitask()

    parts = made.losses(unknown(batch, "idh"))
    parts["loss"].backward()

    assert "idh" not in parts
    slopes = dict(zip(TASKS, made.weighting.log_variance.grad.tolist(), strict=True))
    assert slopes["idh"] == 0
    assert slopes["tumor_type"] != 0
    heads = [p for p in made.network.trunk.classifier.parameters() if p.shape[:1] == (5,)]
    assert heads
    for parameter in heads:
        # three subtypes, then IDH, then 1p/19q
        assert not parameter.grad[3].any()
        assert parameter.grad[4].any()


def test_a_batch_without_any_label_has_loss_0_and_gradients_of_0(
    multitask: Callable[..., Any], batch: Batch
) -> None:
    made = multitask()
    nobody = dataclasses.replace(unknown(batch, *HEADS), known=torch.zeros(2, 3))

    parts = made.losses(nobody)
    parts["loss"].backward()

    assert float(parts["loss"].detach()) == 0
    assert made.weighting.log_variance.grad is not None
    for parameter in made.parameters():
        assert parameter.grad is None or not parameter.grad.any()


def test_heads_that_are_left_out_do_not_learn(multitask: Callable[..., Any], batch: Batch) -> None:
    assert set(multitask(heads=["idh"]).losses(batch)) == {"loss", "segmentation", "idh"}


def test_the_whole_image_changes_the_answer(multitask: Callable[..., Any], batch: Batch) -> None:
    made = multitask().eval()
    assert batch.whole is not None
    elsewhere = dataclasses.replace(batch, whole=batch.whole.flip(2))

    assert not torch.equal(made.losses(batch)["loss"], made.losses(elsewhere)["loss"])
    # and so it does where only outlines are learned from
    assert not torch.equal(made.logits(batch), made.logits(elsewhere))


def test_hits_count_those_whose_label_is_known() -> None:
    logits = torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 0.0]])
    targets = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])

    assert head_hits(logits, targets) == [1.0, 0.0]


def test_every_task_learns(multitask: Callable[..., Any], batch: Batch) -> None:
    made = multitask().eval()
    before = made.losses(batch)
    optimizer = torch.optim.Adam(made.parameters(), lr=0.01)

    for _ in range(20):
        optimizer.zero_grad()
        made.losses(batch)["loss"].backward()
        optimizer.step()

    after = made.losses(batch)
    for name in TASKS:
        assert float(after[name].detach()) < 0.8 * float(before[name].detach()), name


@pytest.mark.usefixtures("phantoms")
def test_a_run_measures_heads_and_keeps_the_weights_of_its_tasks(
    configured: Configured, tmp_path: Path
) -> None:
    config = gmmas(configured(regime="multitask", whole=True, average=0.5, labelled_share=0.5))

    run = training.train(config, tmp_path / "run")

    figures = read_figures(run.metrics)
    measured = {f.metric for f in figures if f.metric.startswith("validation/")}
    assert {f"validation/accuracy_{head}" for head in ANSWERED} < measured
    assert "validation/dice_WT" in measured
    checkpoint = SafetensorsCheckpoints().load_checkpoint(run.path / "train" / "last.ckpt")
    assert checkpoint["state_dict"]["weighting.log_variance"].any()
    kept: Any = load_any(run.network)
    assert kept.config == GmmasConfig(**TINY)


@pytest.mark.usefixtures("phantoms")
def test_it_goes_on_after_an_interruption_as_if_there_had_been_none(
    configured: Configured, interrupted_alike: Callable[[RunConfig], RunFolder]
) -> None:
    interrupted_alike(
        gmmas(configured(regime="multitask", whole=True, keep_all=0.5, labelled_share=0.7))
    )


def test_another_network_or_head_is_refused(task: Tasks) -> None:
    with pytest.raises(InputError, match="trains a Gmmas, not a UNet"):
        task("multitask")
    with pytest.raises(InputError, match=r"heads = \['mgmt'\]: give some of tumor_type, idh"):
        task("multitask", options={"heads": ["mgmt"]})
    two = build("gmmas", GmmasConfig(**TINY, subtypes=2), seed=1)
    with pytest.raises(InputError, match=r"set network\.config\.subtypes = 3"):
        task("multitask", network=two)


@pytest.mark.usefixtures("phantoms")
def test_a_network_without_a_global_branch_is_refused_the_whole(
    configured: Configured, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="'unet' has no global branch"):
        training.train(configured(whole=True), tmp_path / "run")
