"""Sequences of a patient come together, patients apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from glioscope.core import InputError, Sequence
from glioscope.learning import phantom
from glioscope.learning.data.batch import Batch
from glioscope.learning.data.plan import DrawPlan
from glioscope.learning.data.whole_cases import WholeCases
from glioscope.learning.phantom import brain_with_tumor, phantom_cases
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.metrics import read_figures
from glioscope.learning.sample import Sample
from glioscope.learning.tasks import Task
from glioscope.learning.tasks.contrast import Contrast, sequence_features, two_sequences
from glioscope.learning.tasks.features import observe, pooled
from glioscope.learning.tasks.segmenter import segmentation_loss
from glioscope.networks.gmmas import GmmasConfig
from glioscope.networks.registry import build
from glioscope.networks.resnet_shape import ResNetConfig
from glioscope.networks.visual_pathway import VisualPathwayConfig

Configured = Callable[..., RunConfig]
MakeTask = Callable[..., Task]


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """Four patients, whose tumors have places and sizes of their own, seen by every sequence."""

    def own_tumor(*, shape: tuple[int, int, int], seed: int) -> Sample:
        base = brain_with_tumor(shape=shape, seed=seed)
        generator = torch.Generator().manual_seed(50 + seed)
        first = torch.randint(3, 7, (3,), generator=generator).tolist()
        edges = torch.randint(4, 9, (3,), generator=generator).tolist()
        tumor = torch.zeros(shape)
        tumor[tuple(slice(a, a + n) for a, n in zip(first, edges, strict=True))] = 1
        shown = torch.tensor([5.0, -5.0, 4.0, -4.0])[:, None, None, None]
        noise = torch.randn(4, *shape, generator=generator)
        return replace(base, image=(noise + shown * tumor) * base.brain)

    monkeypatch.setattr(phantom, "brain_with_tumor", own_tumor)
    cases, cache = phantom_cases(tmp_path / "own", patients=4)
    examples = WholeCases(cases, cache, DrawPlan(stride=4))
    return Batch.of([examples[number] for number in range(4)])


def each_sequence(network: nn.Module, batch: Batch) -> Tensor:
    """Return the features of every sequence alone, shape ``(B, 4, F)``."""
    features = []
    with torch.no_grad():
        for place in range(4):
            alone = torch.zeros_like(batch.presence)
            alone[:, place] = 1.0
            shown = batch.image * alone[:, :, None, None, None]
            features.append(pooled(observe(network, shown, alone).levels[-1]))
    return torch.stack(features, dim=1)


def alike(features: Tensor) -> tuple[float, float]:
    """Return the mean cosine of two sequences of the same patient, and of different patients."""
    centered = features - features.mean(dim=(0, 1))
    unit = functional.normalize(centered, dim=-1)
    cosines = torch.einsum("asf,btf->abst", unit, unit)
    patients, sequences = (torch.eye(count, dtype=torch.bool) for count in features.shape[:2])
    same = cosines[patients][:, ~sequences].mean()
    return float(same), float(cosines[~patients].mean())


@pytest.mark.usefixtures("phantoms")
def test_interrupted_and_resumed_ends_with_the_same_weights(
    configured: Configured, interrupted_alike: Callable[[RunConfig], RunFolder]
) -> None:
    run = interrupted_alike(configured(regime="contrast"))

    names = {figure.metric for figure in read_figures(run.metrics)}
    assert names >= {"train/contrast", "train/segmentation"}


def test_sequences_of_a_patient_come_together_and_patients_apart(
    task: MakeTask, batch: Batch
) -> None:
    siamese = task("contrast", options={"segmentation": 0.0})
    same, other = alike(each_sequence(siamese.network, batch))
    optimizer = torch.optim.Adam(siamese.parameters(), lr=0.01)

    for step in range(25):
        torch.manual_seed(step)
        optimizer.zero_grad()
        torch.autograd.backward(siamese.losses(batch)["loss"])
        optimizer.step()

    same_then, other_then = alike(each_sequence(siamese.network, batch))
    assert abs(same - other) < 0.3
    assert same_then - other_then > same - other + 0.3


def test_the_stage_s_loss_is_part_of_it_by_its_weight(task: MakeTask, batch: Batch) -> None:
    siamese = task("contrast", options={"contrast": 2.0, "segmentation": 0.5})

    parts = siamese.losses(batch)

    outlined = segmentation_loss(siamese.logits(batch), batch, name="region").item()
    assert parts["segmentation"].item() == pytest.approx(outlined, rel=1e-5)
    expected = 2.0 * parts["contrast"].item() + 0.5 * outlined
    assert parts["loss"].item() == pytest.approx(expected, rel=1e-5)


def test_two_sequences_are_drawn_among_those_there() -> None:
    presence = torch.tensor([[1.0, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 0]])
    torch.manual_seed(0)

    draws = [two_sequences(presence) for _ in range(200)]

    pairs = {tuple(pair[0].tolist()) for pair, _ in draws}
    assert len(pairs) == 12
    assert {tuple(sorted(pair[1].tolist())) for pair, _ in draws} == {(1, 3)}
    assert all(known.tolist() == [1.0, 1.0, 0.0] for _, known in draws)


def test_each_sequence_is_seen_as_if_there_was_no_other(task: MakeTask, batch: Batch) -> None:
    network = task("contrast").network.eval()
    pair = torch.tensor([[0, 1], [2, 3], [3, 0], [1, 2]])
    expected = each_sequence(network, batch)
    seen = observe(network, batch.image, batch.presence)

    one, other = sequence_features(network, batch, pair, seen)

    rows = torch.arange(4)
    torch.testing.assert_close(one, expected[rows, pair[:, 0]], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(other, expected[rows, pair[:, 1]], atol=1e-4, rtol=1e-4)


def test_gmmas_gives_the_features_of_its_own_encoders(task: MakeTask, batch: Batch) -> None:
    config = GmmasConfig(widths=(8, 8), global_widths=(4, 4), global_grid=(4, 4, 4))
    siamese = task("contrast", network=build("gmmas", config, seed=0))
    assert isinstance(siamese, Contrast)
    seen = observe(siamese.network, batch.image, batch.presence)

    one, _ = sequence_features(siamese.network, batch, torch.tensor([[1, 2]] * 4), seen)

    assert seen.by_sequence is not None
    assert torch.equal(one, seen.by_sequence[:, 1])
    assert siamese.head(one).shape == (4, 32)
    assert bool(torch.isfinite(siamese.losses(batch)["loss"]))


def test_lone_sequences_leave_no_trace_in_batch_norms(batch: Batch) -> None:
    config = VisualPathwayConfig(in_channels=4, width=0.05)
    network = build("visual_pathway", config, seed=0).train()
    image = functional.pad(batch.image, (0, 4, 0, 0, 0, 4))
    shown = replace(batch, image=image)
    seen = observe(network, image, batch.presence)
    before = {name: value.clone() for name, value in network.state_dict().items()}

    sequence_features(network, shown, torch.tensor([[0, 1]] * 4), seen)

    for name, value in network.state_dict().items():
        assert name.endswith("num_batches_tracked") or torch.equal(value, before[name]), name
    assert all(m.momentum for m in network.modules() if isinstance(m, nn.BatchNorm3d))


def test_a_patient_drawn_twice_is_not_another_one(task: MakeTask, batch: Batch) -> None:
    siamese = task("contrast")

    parts = siamese.losses(replace(batch, case_ids=("A", "A", "A", "A")))

    assert parts["contrast"].item() == 0.0


def test_the_head_is_of_the_run_s_seed_and_is_not_kept(task: MakeTask) -> None:
    torch.manual_seed(1)
    one = task("contrast")
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))

    torch.manual_seed(2)
    again = task("contrast")

    heads = [
        {k: v for k, v in t.state_dict().items() if k.startswith("head.")} for t in (one, again)
    ]
    assert heads[0].keys() == {"head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"}
    assert all(torch.equal(value, heads[1][name]) for name, value in heads[0].items())
    assert one.kept() is one.network


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"batch": 1}, "there is one only; give batch = 2 or more"),
        ({"options": {"temperature": 0.0}}, "temperature = 0.0, projected = 32: give a temp"),
        ({"options": {"contrast": 0.0, "segmentation": 0.0}}, "one of them above 0"),
        ({"sequences": (Sequence.FLAIR,)}, "one sequence has no other to be compared with"),
        (
            {"network": build("resnet_3d", ResNetConfig(layers=(1, 1, 1, 1), width=0.05), seed=0)},
            "'contrast' compares features of a segmentation network, a ResNet3D gives none",
        ),
    ],
)
def test_what_can_not_be_compared_is_refused(
    task: MakeTask, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        task("contrast", **changes)


def test_a_process_with_one_case_is_refused(task: MakeTask, batch: Batch) -> None:
    siamese = task("contrast")

    with pytest.raises(InputError, match="give batch = 2 or more for each process"):
        siamese.losses(replace(batch, image=batch.image[:1]))
