import pytest
import torch

from glioscope.core import ModelError
from glioscope.measurement.shape import SHAPE_UNITS
from glioscope.networks.cost import count_parameters
from glioscope.networks.resnet_shape import (
    SHAPE_FEATURES,
    ResNet3D,
    ResNetConfig,
    ResNetShape,
    ResNetShapeConfig,
    patient_probability,
)

TINY = ResNetShapeConfig(layers=(1, 1, 1, 1), width=1 / 16)
TINY_3D = ResNetConfig(layers=(1, 1, 1, 1), width=1 / 16)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("shape", [(32, 32), (64, 96)])
def test_every_slice_gets_its_logits(shape: tuple[int, int]) -> None:
    network = ResNetShape(TINY).eval()

    assert network(torch.randn(3, 4, *shape), torch.randn(3, 14)).shape == (3, 2)


def test_the_3d_baseline_takes_a_volume() -> None:
    assert ResNet3D(TINY_3D).eval()(torch.randn(2, 4, 32, 64, 32)).shape == (2, 2)


def test_the_backbone_is_the_resnet50_of_its_paper() -> None:
    """25,557,032 is what torchvision's ResNet50 has, for 3 channels and 1,000 classes."""
    plain = ResNetShapeConfig(in_channels=3, outputs=1000, shape_names=())

    assert count_parameters(ResNetShape(plain)) == 25_557_032


def test_four_channels_and_14_and_14_features_make_24_million_parameters() -> None:
    without_head = 25_557_032 - 2049 * 1000 + 64 * 49
    head = 2049 * 14 + 29 * 2

    counted = count_parameters(ResNetShape(ResNetShapeConfig()))

    assert counted == without_head + head == 23_539_912


def test_the_3d_baseline_has_46_million_parameters() -> None:
    assert count_parameters(ResNet3D(ResNetConfig())) == 46_225_026


def test_the_shape_features_are_those_that_glioscope_measures() -> None:
    assert tuple(SHAPE_UNITS) == SHAPE_FEATURES


def test_the_shape_moves_the_answer_only_where_it_is_told() -> None:
    slices, small, large = torch.randn(1, 4, 32, 32), torch.zeros(1, 14), torch.ones(1, 14)
    told = ResNetShape(TINY).eval()
    plain = ResNetShape(ResNetShapeConfig(layers=TINY.layers, width=TINY.width, shape_names=()))

    assert not torch.equal(told(slices, small), told(slices, large))
    assert plain.eval()(slices).shape == (1, 2)


def test_shape_features_are_standardized_by_the_training_patients() -> None:
    network = ResNetShape(TINY).eval()
    patients = torch.rand(20, 14) * 1e5
    slices = torch.randn(20, 4, 32, 32)
    unscaled = network(slices, (patients - patients.mean(0)) / patients.std(0, correction=0))

    assert network.shape_scale is not None
    network.shape_scale.fit(patients)

    assert torch.allclose(network(slices, patients), unscaled, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (torch.ones(5, 14), "the same in all 5 patients"),
        (torch.full((5, 14), torch.nan), "70 values are not finite"),
    ],
)
def test_features_without_a_scale_are_refused(values: torch.Tensor, named: str) -> None:
    network = ResNetShape(TINY)

    assert network.shape_scale is not None
    with pytest.raises(ModelError, match=named):
        network.shape_scale.fit(values)


@pytest.mark.parametrize(
    ("slices", "features", "named"),
    [
        ((1, 3, 32, 32), 14, "3 channels, the network takes 4"),
        ((1, 4, 40, 32), 14, r"stride 32.*\(64, 32\)"),
        ((1, 4, 32, 32, 32), 14, "5 axes, not 4"),
        ((1, 4, 32, 32), 13, r"shape of shape \(1, 13\).*\(1, 14\)"),
    ],
)
def test_inputs_that_do_not_fit_are_named(
    slices: tuple[int, ...], features: int, named: str
) -> None:
    with pytest.raises(ModelError, match=f"resnet_shape: .*{named}"):
        ResNetShape(TINY)(torch.zeros(slices), torch.zeros(1, features))


def test_a_shape_that_is_missing_or_not_wanted_is_refused() -> None:
    plain = ResNetShapeConfig(layers=TINY.layers, width=TINY.width, shape_names=())

    with pytest.raises(ModelError, match="features are missing, the network takes 14"):
        ResNetShape(TINY)(torch.zeros(1, 4, 32, 32))
    with pytest.raises(ModelError, match="features are given, the network takes 0"):
        ResNetShape(plain)(torch.zeros(1, 4, 32, 32), torch.zeros(1, 14))


@pytest.mark.parametrize("values", [{"layers": (3, 4)}, {"width": 0.0}, {"image_features": 0}])
def test_impossible_configs_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give"):
        ResNetShapeConfig(**values)  # type: ignore[arg-type]  # wrong on purpose


def test_gradients_reach_every_parameter() -> None:
    network = ResNetShape(TINY)

    network(torch.randn(4, 4, 64, 64), torch.randn(4, 14)).square().mean().backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_patient_has_the_mean_of_the_slices_probabilities() -> None:
    logits = torch.tensor([[0.0, 0.0], [0.0, 3.0]]).log_softmax(dim=1)
    third = torch.tensor([[0.25, 0.75], [0.75, 0.25], [0.5, 0.5]]).log()

    assert torch.allclose(patient_probability(third), torch.tensor([0.5, 0.5]))
    assert float(patient_probability(logits).sum()) == pytest.approx(1.0)


def test_a_patient_without_slices_has_no_result() -> None:
    with pytest.raises(ModelError, match=r"\(0, 2\).*at least one slice"):
        patient_probability(torch.zeros(0, 2))
