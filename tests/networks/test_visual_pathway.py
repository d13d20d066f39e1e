from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from glioscope.core import ModelError
from glioscope.networks.cost import count_parameters
from glioscope.networks.visual_pathway import VisualPathway, VisualPathwayConfig
from glioscope.networks.visual_pathway_blocks import Nucleus, SpatialAttention
from glioscope.networks.visual_pathway_classifier import (
    VisualPathwayClassifier,
    VisualPathwayClassifierConfig,
)

TINY = VisualPathwayConfig(width=1 / 16, attention_kernel=3)
TINY_CLASSIFIER = VisualPathwayClassifierConfig(pathway=TINY, dense=(8, 8))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def sensory(inputs: int, filters: int, kernel: int) -> int:
    return inputs * filters * kernel**3 + 2 * filters


def nucleus(channels: int) -> int:
    share = -(-channels // 3)
    scales = sum(sensory(channels, share, kernel) for kernel in (1, 3, 5))
    return scales + 3 * share * channels + 2 * channels


def paper_encoder() -> int:
    branches = sum(
        sensory(2, 32, kernel) + nucleus(32) + sensory(32, 64, kernel) + nucleus(64) + 2 * 343 + 1
        for kernel in (3, 5)
    )
    geniculate = sum(sensory(128, 240, kernel) + nucleus(240) for kernel in (1, 3, 5))
    return branches + 3 * sensory(128, 128, 3) + geniculate


@pytest.mark.parametrize("shape", [(8, 8, 8), (16, 24, 8)])
def test_every_voxel_gets_a_logit_of_each_class(shape: tuple[int, int, int]) -> None:
    logits = VisualPathway(TINY).eval()(torch.randn(2, 2, *shape))

    assert logits.shape == (2, 4, *shape)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("shape", [(112, 112, 80), (88, 104, 88)])
def test_both_sizes_of_the_paper_are_taken(shape: tuple[int, int, int]) -> None:
    network = VisualPathway(VisualPathwayConfig()).to("meta")

    features = network.encoder(torch.zeros(1, 2, *shape, device="meta"))
    logits = network(torch.zeros(1, 2, *shape, device="meta"))

    assert logits.shape == (1, 4, *shape)
    assert features.radiation.shape == (1, 720, *(edge // 8 for edge in shape))


def test_the_paper_s_filters_make_26_million_parameters() -> None:
    motor = (
        (720 * 240 * 8 + 240 + sensory(960, 240, 3))
        + (240 * 128 * 27 + 128 + sensory(256, 128, 3))
        + (128 * 64 * 8 + 64 + sensory(192, 64, 3))
        + (64 * 64 * 8 + 64 + sensory(128, 64, 3))
    )
    final = sensory(64, 64, 3) + sensory(64, 32, 3) + 32 * 4 + 4

    counted = count_parameters(VisualPathway(VisualPathwayConfig()))

    assert counted == paper_encoder() + motor + final == 26_026_974


def test_the_paper_s_classifier_has_17_million_parameters() -> None:
    dense = 1442 * 512 + 512 + 512 * 256 + 256 + 256 * 128 + 128
    heads = 129 * (3 + 3 + 2 + 2 + 1)

    counted = count_parameters(VisualPathwayClassifier(VisualPathwayClassifierConfig()))

    assert counted == paper_encoder() + dense + heads == 16_795_093


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        ((1, 3, 8, 8, 8), "3 channels, the network takes 2"),
        ((1, 2, 8, 12, 8), r"\(8, 12, 8\).*stride 8.*\(8, 16, 8\)"),
        ((2, 8, 8, 8), "4 axes, not 5"),
    ],
)
def test_an_image_that_does_not_fit_is_named(shape: tuple[int, ...], named: str) -> None:
    with pytest.raises(ModelError, match=f"visual_pathway: .*{named}"):
        VisualPathway(TINY)(torch.zeros(shape))


@pytest.mark.parametrize(
    "values",
    [{"nasal_kernel": 4}, {"width": 0.0}, {"in_channels": 0}, {"decoder_filters": (8, 8)}],
)
def test_impossible_configs_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give"):
        VisualPathwayConfig(**values)  # type: ignore[arg-type]  # wrong on purpose


def test_gradients_reach_every_parameter() -> None:
    network = VisualPathway(TINY)

    network(torch.randn(2, 2, 16, 16, 16)).square().mean().backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_same_seed_gives_the_same_network() -> None:
    outputs = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        network = VisualPathway(TINY).eval()
        outputs.append(network(torch.ones(1, 2, 8, 8, 8)))

    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_attention_weights_voxels_and_not_channels() -> None:
    features = torch.rand(1, 4, 4, 4, 4) + 0.1

    ratio = SpatialAttention(3)(features) / features

    assert torch.allclose(ratio, ratio[:, :1].expand_as(ratio), atol=1e-5)
    assert 0 < float(ratio.min().detach()) <= float(ratio.max().detach()) < 1


def test_a_nucleus_of_silent_scales_passes_its_input_on() -> None:
    nucleus_block = Nucleus(4).eval()
    nn.init.zeros_(nucleus_block.join.weight)
    features = torch.rand(1, 4, 4, 4, 4)

    assert torch.equal(nucleus_block(features), features)


def balls() -> tuple[Tensor, Tensor]:
    """Three nested balls, brighter inwards, as classes 2, 3 and 1 of the labels."""
    axis = torch.arange(16) - 7.5
    radius = (axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2).sqrt()
    labels = torch.zeros(16, 16, 16, dtype=torch.int64)
    for limit, label in ((7.0, 2), (5.0, 3), (3.0, 1)):
        labels[radius < limit] = label
    bright = torch.tensor([0.0, 3.0, 1.0, 2.0])[labels]
    return torch.stack([bright, bright.flip(0)])[None], labels[None]


def test_it_learns_one_volume_by_heart() -> None:
    network = VisualPathway(TINY)
    image, labels = balls()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-2)
    losses = []
    for _ in range(60):
        loss = functional.cross_entropy(network(image), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < 0.2 * losses[0]
    assert (network(image).argmax(dim=1) == labels).float().mean() > 0.95


def test_the_classifier_answers_for_five_targets() -> None:
    network = VisualPathwayClassifier(TINY_CLASSIFIER)
    clinical = torch.tensor([[61.0, 1.0], [35.0, -1.0]])

    heads = network(torch.randn(2, 2, 16, 8, 8), clinical)

    assert [tuple(answer.shape) for answer in heads] == [(2, 3), (2, 3), (2, 2), (2, 2), (2,)]
    assert heads._fields == ("tumor_type", "grade", "idh", "mgmt", "survival")


def test_gradients_reach_every_parameter_of_the_classifier() -> None:
    network = VisualPathwayClassifier(replace(TINY_CLASSIFIER, dense=(32, 32)))

    heads = network(torch.randn(2, 2, 16, 16, 16), torch.tensor([[1.0, 1.0], [-1.0, -1.0]]))
    torch.stack([answer.square().mean() for answer in heads]).sum().backward()  # type: ignore[no-untyped-call]  # torch

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_age_is_standardized_by_the_training_patients_and_sex_is_left() -> None:
    network = VisualPathwayClassifier(TINY_CLASSIFIER)

    network.clinical_scale.fit(torch.tensor([[40.0, 1.0], [60.0, 1.0]]))

    scaled = network.clinical_scale(torch.tensor([[70.0, -1.0]]))
    assert torch.equal(scaled, torch.tensor([[2.0, -1.0]]))


def test_a_clinical_vector_that_does_not_fit_is_named() -> None:
    network = VisualPathwayClassifier(TINY_CLASSIFIER)

    with pytest.raises(ModelError, match=r"clinical of shape \(1, 3\).*give shape \(1, 2\)"):
        network(torch.zeros(1, 2, 16, 16, 16), torch.zeros(1, 3))


def test_the_classifier_takes_the_encoder_of_a_segmentation_network() -> None:
    segmenter, classifier = VisualPathway(TINY), VisualPathwayClassifier(TINY_CLASSIFIER)
    image = torch.randn(1, 2, 8, 8, 8)

    classifier.adopt_encoder(segmenter)

    own, given = classifier.eval().encoder(image), segmenter.eval().encoder(image)
    assert torch.equal(own.radiation, given.radiation)


def test_an_encoder_of_another_shape_is_not_taken() -> None:
    wider = VisualPathway(replace(TINY, width=1 / 8))

    with pytest.raises(ModelError, match=r"pathway=network\.config"):
        VisualPathwayClassifier(TINY_CLASSIFIER).adopt_encoder(wider)


@pytest.mark.parametrize("values", [{"dense": ()}, {"grades": 1}])
def test_impossible_classifiers_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give"):
        VisualPathwayClassifierConfig(**values)  # type: ignore[arg-type]  # wrong on purpose


def test_survival_comes_back_in_days() -> None:
    classifier = VisualPathwayClassifier(TINY_CLASSIFIER)

    classifier.fit_survival(torch.tensor([300.0, 100.0, 900.0]))

    days = classifier.survival_days(torch.tensor([0.0, 0.25, 1.0, 1.5]))
    assert days.tolist() == [100.0, 300.0, 900.0, 1300.0]
    with pytest.raises(ModelError, match="from 5 to 5 days makes no scale"):
        classifier.fit_survival(torch.tensor([5.0, 5.0]))
