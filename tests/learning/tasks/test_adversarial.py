"""The gradient of who tells the data sets apart comes back reversed."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from glioscope.core import InputError
from glioscope.learning.augmentation import augmentation
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.drawing import Examples
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.tasks import Task
from glioscope.learning.tasks.adversarial import (
    Adversarial,
    adversarial_weight,
    reversed_gradient,
)
from glioscope.learning.tasks.segmenter import segmentation_loss
from glioscope.networks.registry import load_any
from glioscope.networks.unet import UNet

Configured = Callable[..., RunConfig]
Tasks = Callable[..., Task]


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """A labelled box of one data set and a box without labels of the other."""
    cases, cache = phantom_cases(tmp_path / "cache", patients=3)
    plan = DrawPlan(box=(16, 16, 16), examples=8, tumor_share=1.0)
    pool = Pool(cases=cases, unlabelled=frozenset({"PHANTOM-02"}))
    drawn = Examples(pool, cache, plan, augmentation("none", spacing_mm=2.0))
    examples = [drawn[number] for number in range(8)]
    one = next(example for example in examples if example.domain == 0)
    other = next(example for example in examples if example.domain == 1)
    return Batch.of([one, other])


def gradients(network: torch.nn.Module) -> list[torch.Tensor]:
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


@pytest.mark.parametrize("weight", [0.0, 0.3, 2.0])
def test_the_gradient_is_that_without_reversal_times_minus_the_weight(weight: float) -> None:
    torch.manual_seed(0)
    plain = torch.randn(4, 3, requires_grad=True)
    turned = plain.detach().clone().requires_grad_()
    head = torch.nn.Linear(3, 2)
    labels = torch.tensor([0, 1, 0, 1])

    functional.cross_entropy(head(plain), labels).backward()  # type: ignore[no-untyped-call]  # torch's
    own = gradients(head)
    head.zero_grad()
    shown = reversed_gradient(turned, weight)
    functional.cross_entropy(head(shown), labels).backward()  # type: ignore[no-untyped-call]  # torch's

    assert torch.equal(shown, turned)
    assert plain.grad is not None
    assert turned.grad is not None
    torch.testing.assert_close(turned.grad, -weight * plain.grad)
    # the discriminator itself learns as ever
    torch.testing.assert_close(gradients(head), own)


def test_the_weight_rises_as_in_the_paper() -> None:
    assert adversarial_weight(0.0) == 0
    assert adversarial_weight(0.1) == pytest.approx(math.tanh(0.5))
    assert adversarial_weight(1.0) == pytest.approx(math.tanh(5.0))


def test_the_segmentation_learns_its_outline_minus_the_domain(
    task: Tasks, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Adversarial, "progress", 0.1)
    made: Any = task("adversarial", options={"weight": 3.0})
    parts = made.losses(batch)
    parts["loss"].backward()
    found = gradients(made.network)
    told = gradients(made.discriminator)

    apart = []
    for name in ("segmentation", "domain"):
        made.zero_grad()
        # the domain's own gradient, without any reversal
        monkeypatch.setattr("glioscope.learning.tasks.adversarial.reversed_gradient", _as_is)
        made.losses(batch)[name].backward()
        apart.append({n: p.grad for n, p in made.network.named_parameters()})
        apart[-1] = {n: g.clone() for n, g in apart[-1].items() if g is not None}
    outline, domain = apart
    factor = 3.0 * math.tanh(0.5)
    expected = [value - factor * domain.get(n, torch.zeros(1)) for n, value in outline.items()]

    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(told, gradients(made.discriminator))
    torch.testing.assert_close(parts["loss"], parts["segmentation"] + parts["domain"])


def _as_is(features: torch.Tensor, weight: float) -> torch.Tensor:
    del weight
    return features


def test_a_data_set_without_labels_counts_by_its_images_alone(task: Tasks, batch: Batch) -> None:
    made: Any = task("adversarial")
    assert batch.known.tolist() == [[1.0] * 3, [0.0] * 3]

    parts = made.losses(batch)

    alone = dataclasses.replace(batch, regions=batch.regions[:1], known=batch.known[:1])
    logits = made.network(batch.image[:1], batch.presence[:1])
    expected = segmentation_loss(logits, alone, name="region")
    torch.testing.assert_close(parts["segmentation"], expected)


def test_reversal_takes_from_features_what_tells_the_domains_apart() -> None:
    """One feature is the task's, the other the domain's; only a reversed gradient drops it."""

    def domain_weight(strength: float) -> float:
        torch.manual_seed(0)
        labels = torch.arange(200) % 2
        domains = (torch.arange(200) // 2) % 2
        signs = torch.stack([labels, domains], dim=1) * 2.0 - 1
        encoder = torch.nn.Linear(2, 1, bias=False)
        torch.nn.init.constant_(encoder.weight, 1.0)
        answer, judge = torch.nn.Linear(1, 2), torch.nn.Linear(1, 2)
        parameters = [p for part in (encoder, answer, judge) for p in part.parameters()]
        optimizer = torch.optim.SGD(parameters, lr=0.1)
        for _ in range(150):
            optimizer.zero_grad()
            features = encoder(signs)
            loss = functional.cross_entropy(answer(features), labels)
            turned = reversed_gradient(features, strength)
            (loss + functional.cross_entropy(judge(turned), domains)).backward()  # type: ignore[no-untyped-call]  # torch's
            optimizer.step()
        task_, domain = encoder.weight.detach().abs()[0].tolist()
        return float(domain / task_)

    assert domain_weight(1.0) < 0.3 * domain_weight(-1.0)
    assert domain_weight(1.0) < 0.5 * domain_weight(0.0)


@pytest.mark.usefixtures("phantoms")
def test_it_goes_on_after_an_interruption_as_if_there_had_been_none(
    configured: Configured, interrupted_alike: Callable[[RunConfig], RunFolder]
) -> None:
    run = interrupted_alike(configured(regime="adversarial", average=0.9, labelled_share=0.5))

    # the discriminator stays in the checkpoint, the network is as it was
    assert isinstance(load_any(run.network), UNet)


def test_the_discriminator_s_weights_depend_on_the_seed_alone(task: Tasks) -> None:
    torch.manual_seed(1)
    one: Any = task("adversarial")
    state = copy.deepcopy(torch.get_rng_state())
    other: Any = task("adversarial")

    torch.testing.assert_close(one.discriminator.state_dict(), other.discriminator.state_dict())
    assert torch.equal(torch.get_rng_state(), state)
    # the mean and the maximum of each of eight channels
    assert one.discriminator[0].in_features == 16


def test_another_number_of_data_sets_or_network_is_refused(task: Tasks, tmp_path: Path) -> None:
    cases, cache = phantom_cases(tmp_path / "cache", patients=2)
    with pytest.raises(InputError, match=r"1 data sets \(phantoms A\) for options\.domains = 2"):
        task("adversarial").training_set(Pool(cases=cases), cache, DrawPlan())
    with pytest.raises(InputError, match="a Linear gives none"):
        task("adversarial", network=torch.nn.Linear(1, 1))
    with pytest.raises(InputError, match="two data sets or more"):
        task("adversarial", options={"domains": 1})
