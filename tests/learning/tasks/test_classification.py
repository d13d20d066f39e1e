"""Five answers from a trained encoder; scales and weights come from the training cases alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from glioscope.core import InputError, Sequence
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.listing import Facts
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.losses import focal_loss
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.config import DataConfig, NetworkChoice, RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.metrics import read_figures
from glioscope.learning.tasks import Task
from glioscope.learning.tasks.classification import ANSWERED, class_weights
from glioscope.networks.registry import build, load_any
from glioscope.networks.visual_pathway import VisualPathwayConfig
from glioscope.networks.visual_pathway_classifier import VisualPathwayClassifier

TINY: dict[str, Any] = {"width": 1 / 32, "attention_kernel": 3}
SEQUENCES = (Sequence.T1C, Sequence.FLAIR)
OPTIONS = {"dense": [8, 8]}

Configured = Callable[..., RunConfig]
Tasks = Callable[..., Task]


def pathway(config: RunConfig) -> RunConfig:
    return dataclasses.replace(
        config,
        data=DataConfig(sequences=SEQUENCES),
        network=NetworkChoice(name="visual_pathway", config=TINY),
    )


@pytest.fixture
def classification(task: Tasks) -> Callable[..., Any]:
    def make(*, network: Any = None, average: float = 0.0, **options: Any) -> Task:
        chosen = network or build("visual_pathway", VisualPathwayConfig(**TINY), seed=1)
        return task(
            "classification",
            network=chosen,
            sequences=SEQUENCES,
            average=average,
            options={**OPTIONS, **options},
            augmentation="none",
        )

    return make


def examples(made: Any, tmp_path: Path, **hidden: Any) -> Any:
    cases, cache = phantom_cases(tmp_path / "cache", patients=4)
    plan = DrawPlan(sequences=SEQUENCES, examples=8, box=(16, 16, 16), tumor_share=1.0)
    return made.training_set(Pool(cases=cases, **hidden), cache, plan)


def test_the_encoder_is_that_of_the_segmentation(classification: Callable[..., Any]) -> None:
    network: Any = build("visual_pathway", VisualPathwayConfig(**TINY), seed=4)

    made = classification(network=network)

    assert isinstance(made.kept(), VisualPathwayClassifier)
    for name, value in network.encoder.state_dict().items():
        assert torch.equal(made.network.encoder.state_dict()[name], value), name


def test_scales_come_from_the_training_patients(
    classification: Callable[..., Any], tmp_path: Path
) -> None:
    made = classification(average=0.9)

    examples(made, tmp_path, unlabelled=frozenset({"PHANTOM-03"}))

    # ages 40 to 43; survival 300, 600, 900 days, and 1200 that may not be used
    for network in (made.network, made.averaged):
        assert network.clinical_scale.mean.tolist() == [41.5, 0.0]
        assert float(network.clinical_scale.std[0]) == pytest.approx(1.25**0.5)
        assert network.survival_range_days.tolist() == [300.0, 900.0]


def test_a_classifier_of_a_stage_before_keeps_its_scales(
    classification: Callable[..., Any], tmp_path: Path
) -> None:
    before = classification()
    before.network.clinical_scale.fit(torch.tensor([[50.0, 0.0], [70.0, 0.0]]))

    made = classification(network=before.kept())
    examples(made, tmp_path)

    assert made.network.clinical_scale.mean.tolist() == [60.0, 0.0]


def test_classes_weigh_the_inverse_of_how_often_they_are() -> None:
    facts = [Facts(grade=4), Facts(grade=4), Facts(grade=4), Facts(grade=2, idh_mutant=True)]

    weights = class_weights(facts)

    assert weights == {
        "grade": (pytest.approx(4 / 3), 0.0, pytest.approx(4 / 9)),
        "idh": (0.0, 0.5),
    }


def test_the_loss_is_that_of_four_heads_and_survival(
    classification: Callable[..., Any], tmp_path: Path
) -> None:
    made = classification(gamma=0.0, survival=0.5).eval()
    batch = Batch.of([examples(made, tmp_path)[number] for number in range(3)])

    parts = made.losses(batch)

    answers = made.network(batch.image, batch.clinical, batch.presence)
    days, _ = batch.survival.unbind(dim=1)
    expected = functional.huber_loss(answers.survival, (days - 300) / 900)
    torch.testing.assert_close(parts["survival"], expected)
    # two of four phantoms are of grade 2, one of 3, one of 4
    grade = focal_loss(
        answers.grade, batch.targets["grade"], torch.ones(3), weights=(2 / 3, 4 / 3, 4 / 3), gamma=0
    )
    torch.testing.assert_close(parts["grade"], grade)
    # nobody knows the MGMT status of a phantom
    assert float(parts["mgmt"].detach()) == 0
    total = sum(parts[head] for head in ANSWERED) + 0.5 * parts["survival"]
    torch.testing.assert_close(parts["loss"], total)


def test_hidden_labels_teach_nothing(classification: Callable[..., Any], tmp_path: Path) -> None:
    made = classification()
    drawn = examples(made, tmp_path)
    hidden = [dataclasses.replace(drawn[number], labelled=False) for number in range(2)]

    loss = made.losses(Batch.of(hidden))["loss"]
    loss.backward()

    assert float(loss.detach()) == 0
    assert not any(p.grad is not None and p.grad.any() for p in made.parameters())


def test_an_unknown_age_counts_as_the_mean(
    classification: Callable[..., Any], tmp_path: Path
) -> None:
    made = classification().eval()
    batch = Batch.of([examples(made, tmp_path)[0]])
    unknown, mean = (
        dataclasses.replace(batch, clinical=torch.tensor([[age, 1.0]]))
        for age in (float("nan"), 41.5)
    )

    assert torch.equal(made.losses(unknown)["loss"], made.losses(mean)["loss"])


def test_a_frozen_encoder_does_not_move_and_heads_learn(
    classification: Callable[..., Any], tmp_path: Path
) -> None:
    made = classification(freeze=True).train()
    drawn = examples(made, tmp_path)
    batch = Batch.of([drawn[number] for number in range(4)])
    before = {name: value.clone() for name, value in made.network.encoder.state_dict().items()}
    first = float(made.losses(batch)["loss"].detach())
    optimizer = made.configure_optimizers()["optimizer"]
    for group in optimizer.param_groups:
        group["lr"] = 0.01
    for _ in range(25):
        optimizer.zero_grad()
        made.losses(batch)["loss"].backward()
        optimizer.step()

    assert float(made.losses(batch)["loss"].detach()) < 0.7 * first
    for name, value in made.network.encoder.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_run_segments_first_and_classifies_then(
    phantoms: Gathered, configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = dataclasses.replace(phantoms, unlabelled=frozenset())
    monkeypatch.setattr(training, "gather", lambda *_, **__: labelled)
    small = {"steps": 1, "every": 1}
    first = configured(name="outline", loss="dice+focal", **small)
    second = configured(
        name="answers", regime="classification", options=OPTIONS, average=0.9, **small
    )
    config = pathway(dataclasses.replace(first, stages=(*first.stages, *second.stages)))

    run = training.train(config, tmp_path / "run")

    classifier: Any = load_any(run.network)
    assert isinstance(classifier, VisualPathwayClassifier)
    assert classifier.clinical_scale.mean.tolist() == [42.0, 0.0]
    assert classifier.survival_range_days.tolist() == [300.0, 1500.0]
    measured = {f.metric for f in read_figures(run.metrics) if f.stage == "answers"}
    assert measured >= {
        "validation/accuracy",
        "validation/accuracy_grade",
        "validation/mae_survival",
    }
    # an outline can't be learned by what has no decoder any more
    with pytest.raises(InputError, match="'outline' can't go on from the one before"):
        training.for_stage(config, config.stages[0], classifier)


def test_without_a_scale_survival_teaches_nothing(
    classification: Callable[..., Any], tmp_path: Path
) -> None:
    made = classification()
    one = frozenset({"PHANTOM-01", "PHANTOM-02", "PHANTOM-03"})
    drawn = examples(made, tmp_path, unlabelled=one)
    told = dataclasses.replace(drawn[0], labelled=True)

    assert float(made.losses(Batch.of([told, told]))["survival"].detach()) == 0


@pytest.mark.usefixtures("phantoms")
def test_it_goes_on_after_an_interruption_as_if_there_had_been_none(
    configured: Configured, interrupted_alike: Callable[[RunConfig], RunFolder]
) -> None:
    stage = configured(
        regime="classification", options=OPTIONS, average=0.9, steps=4, labelled_share=0.7
    )
    interrupted_alike(pathway(stage))


def test_other_networks_and_cases_without_ages_are_refused(
    classification: Callable[..., Any], task: Tasks, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="trains a VisualPathway, not a UNet"):
        task("classification")
    late = build("visual_pathway", VisualPathwayConfig(**TINY, fusion="late"))  # type: ignore[arg-type]  # named
    with pytest.raises(InputError, match="late fusion joins the logits"):
        classification(network=late)
    with pytest.raises(InputError, match=r"gamma = 0\.5"):
        classification(gamma=0.5)
    cases, cache = phantom_cases(tmp_path / "one", patients=1)
    with pytest.raises(InputError, match="the ages of 1 training patients can't be"):
        classification().training_set(Pool(cases=cases), cache, DrawPlan(sequences=SEQUENCES))
