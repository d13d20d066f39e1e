import itertools
import math
import warnings

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.jit._trace import TracerWarning

from glioscope.networks.fusion import Fusion, FusionConfig, FusionKind
from glioscope.networks.fusion_gates import estimate_snr_db
from glioscope.networks.openvino_offline import ov

KINDS = list(FusionKind)
WEIGHING = [kind for kind in FusionKind if kind is not FusionKind.EARLY]
SUBSETS = [bits for bits in itertools.product((0.0, 1.0), repeat=4) if any(bits)]


def build(kind: FusionKind, *, seed: int = 0) -> Fusion:
    """Return a fusion whose parameters are all random, as if it had learned."""
    torch.manual_seed(seed)
    fusion = Fusion(FusionConfig(kind=kind, channels=3))
    for parameter in fusion.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return fusion


def some_features(batch: int = 2) -> Tensor:
    return torch.randn(batch, 4, 3, 4, 3, 2, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("kind", KINDS)
def test_every_subset_of_sequences_gives_a_map(kind: FusionKind) -> None:
    fused = build(kind)(some_features(15), torch.tensor(SUBSETS))

    assert len(SUBSETS) == 15
    assert fused.shape == (15, 3, 4, 3, 2)
    assert torch.isfinite(fused).all()


@pytest.mark.parametrize("garbage", [1e6, math.nan, math.inf])
@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_in_an_absent_sequence_changes_nothing(
    kind: FusionKind, garbage: float
) -> None:
    fusion, presence = build(kind), torch.tensor([[1.0, 0, 1, 0], [0, 1, 1, 1]])
    clean = some_features()
    dirty = torch.where(presence[:, :, None, None, None, None] == 1, clean, garbage)
    dirty.requires_grad_()

    fused = fusion(dirty, presence)
    fused.sum().backward()

    assert torch.equal(fused, fusion(clean, presence))
    gradients = [dirty.grad, *(parameter.grad for parameter in fusion.parameters())]
    assert all(torch.isfinite(grad).all() for grad in gradients if grad is not None)
    assert dirty.grad is not None
    assert not dirty.grad[presence == 0].any()


@pytest.mark.parametrize("kind", WEIGHING)
def test_weights_over_the_sequences_present_sum_to_one(kind: FusionKind) -> None:
    presence = torch.tensor(SUBSETS)

    weights = build(kind).weights(some_features(15), presence)

    assert weights is not None
    assert float(weights.detach().min()) >= 0
    assert float(weights.detach().max()) <= 1
    torch.testing.assert_close(weights.sum(dim=1), torch.ones_like(weights[:, 0]))
    assert not weights[presence == 0].any()


def test_early_fusion_has_no_weights() -> None:
    assert build(FusionKind.EARLY).weights(some_features(), torch.ones(2, 4)) is None


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_batch_do_not_know_of_each_other(kind: FusionKind) -> None:
    fusion, features = build(kind), some_features(3)
    presence = torch.tensor([[1.0, 0, 1, 0], [0, 1, 1, 1], [1, 1, 1, 1]])
    order = [2, 0, 1]

    fused = fusion(features, presence)

    torch.testing.assert_close(fusion(features[order], presence[order]), fused[order])
    torch.testing.assert_close(fusion(features[1:2], presence[1:2]), fused[1:2])


@pytest.mark.parametrize("kind", KINDS)
def test_presence_may_be_bool_or_float(kind: FusionKind) -> None:
    fusion, presence = build(kind), torch.tensor([[1.0, 0, 1, 0], [0, 1, 1, 1]])

    assert torch.equal(fusion(some_features(), presence), fusion(some_features(), presence.bool()))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(kind: FusionKind) -> None:
    fusion = build(kind)

    fusion(some_features(), torch.ones(2, 4)).square().sum().backward()

    for name, parameter in fusion.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


@pytest.mark.parametrize("kind", KINDS)
def test_the_exported_fusion_agrees_with_torch(kind: FusionKind) -> None:
    fusion, presence = build(kind).eval(), torch.tensor([[1.0, 0, 1, 0], [0, 1, 1, 1]])
    with warnings.catch_warnings():
        # OpenVINO 2026.4 still traces; torch 2.13 warns whoever does
        warnings.filterwarnings("ignore", message=r"`torch\.jit", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=TracerWarning)
        example = (some_features(1), torch.ones(1, 4))
        model = ov.convert_model(fusion, example_input=example)
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    exported = compiled([some_features().numpy(), presence.numpy()])[0]

    expected = fusion(some_features(), presence).detach().numpy()
    np.testing.assert_allclose(exported, expected, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_without_any_sequence_is_refused(kind: FusionKind) -> None:
    presence = torch.tensor([[1.0, 1, 1, 1], [0, 0, 0, 0]])

    with pytest.raises(ValueError, match=r"rows \[1\].*leave these cases out"):
        build(kind)(some_features(), presence)


def test_the_fresh_average_is_the_mean_over_the_sequences_present() -> None:
    fusion, features = Fusion(FusionConfig(channels=3)), some_features()
    presence = torch.tensor([[1.0, 0, 1, 0], [1, 1, 1, 1]])

    fused = fusion(features, presence)

    torch.testing.assert_close(fused[0], (features[0, 0] + features[0, 2]) / 2)
    torch.testing.assert_close(fused[1], features[1].mean(dim=0))


def test_late_fusion_weighs_each_class_on_its_own() -> None:
    fusion = Fusion(FusionConfig(kind=FusionKind.LATE, channels=3))
    with torch.no_grad():
        fusion.gate.score[:, 0] = torch.tensor([0.0, math.log(3.0), 0.0, 0.0])  # type: ignore[union-attr, operator]  # modules of torch are untyped
    logits = torch.tensor([[2.0, 0.0, 1.0], [6.0, 4.0, 1.0]])
    features = torch.zeros(1, 4, 3, 1, 1, 1)
    features[0, :2, :, 0, 0, 0] = logits

    fused = fusion(features, torch.tensor([[1, 1, 0, 0]]))

    assert fused.flatten().tolist() == pytest.approx([0.25 * 2 + 0.75 * 6, 2.0, 1.0])


def test_snr_fusion_gives_a_noisier_sequence_less() -> None:
    fusion = Fusion(FusionConfig(kind=FusionKind.SNR, channels=3))
    snr_db = torch.tensor([[20.0, 10.0, math.nan, 0.0]])

    weights = fusion.weights(some_features(1), torch.tensor([[1, 1, 0, 1]]), snr_db)

    # the fresh slope is 1 / (10 dB)
    expected = torch.tensor([2.0, 1.0, -math.inf, 0.0]).softmax(dim=0)
    assert weights is not None
    torch.testing.assert_close(weights.flatten(), expected)


def test_the_estimated_snr_is_that_of_a_known_mixture() -> None:
    torch.manual_seed(0)
    edge = 24
    wave = torch.sin(torch.linspace(0, 2 * math.pi, edge + 1)[:-1])
    signal = wave[:, None, None].expand(edge, edge, edge)
    noise = torch.randn(edge, edge, edge)
    maps = torch.stack([noise, signal + 0.1 * noise, torch.full_like(noise, 3.0)])

    snr_db = estimate_snr_db(maps[None, :, None])[0]

    # variance of the wave is 1/2; one of three axes also sees its slope
    step = (wave.roll(-1) - wave)[:-1].square().mean() / 6
    expected = 10 * math.log10((0.5 + 0.01) / (0.01 + float(step)))
    assert snr_db.tolist() == pytest.approx([0.0, expected, 0.0], abs=0.2)


def test_the_snr_of_a_single_voxel_is_not_guessed() -> None:
    assert estimate_snr_db(torch.randn(2, 4, 3, 1, 1, 1)).tolist() == [[0.0] * 4] * 2


def test_an_adapter_knows_what_else_is_present() -> None:
    fusion, features = build(FusionKind.ADAPTER), some_features(1)
    assert fusion.adapter is not None
    both = [torch.tensor([[True, False, True, False]]), torch.tensor([[True] * 4])]

    first, second = (fusion.adapter(features, mask)[0, 0] for mask in both)

    assert not torch.allclose(first, second)


def test_a_fresh_adapter_is_near_the_identity() -> None:
    torch.manual_seed(0)
    fusion = Fusion(FusionConfig(kind=FusionKind.ADAPTER, channels=8))
    features = torch.randn(1, 4, 8, 3, 3, 3)

    fused = fusion(features, torch.ones(1, 4))

    torch.testing.assert_close(fused, features.mean(dim=1), atol=0.1, rtol=0)


def test_early_fusion_may_widen() -> None:
    config = FusionConfig(kind=FusionKind.EARLY, channels=1, out_channels=6)

    assert Fusion(config)(torch.randn(1, 4, 1, 2, 2, 2), torch.ones(1, 4)).shape == (1, 6, 2, 2, 2)


@pytest.mark.parametrize(
    ("features", "presence", "snr_db", "remedy"),
    [
        ((2, 4, 5, 2, 2, 2), (2, 4), None, r"give \(B, 4, 3"),
        ((2, 12, 2, 2, 2), (2, 4), None, r"give \(B, 4, 3"),
        ((2, 4, 3, 2, 2, 2), (2, 3), None, r"give \(B, 4\)"),
        ((2, 4, 3, 2, 2, 2), (1, 4), None, "one row a case"),
        ((2, 4, 3, 2, 2, 2), (2, 4), (2, 4), "use fusion snr"),
    ],
)
def test_wrong_shapes_are_refused(
    features: tuple[int, ...],
    presence: tuple[int, ...],
    snr_db: tuple[int, ...] | None,
    remedy: str,
) -> None:
    given = None if snr_db is None else torch.zeros(snr_db)
    with pytest.raises(ValueError, match=remedy):
        build(FusionKind.AVERAGE)(torch.zeros(features), torch.ones(presence), given)


@pytest.mark.parametrize(
    ("snr_db", "remedy"),
    [([[3.0, math.nan, 1.0, 1.0]], "give decibels"), ([[3.0, 2.0, 1.0]], "give that of presence")],
)
def test_an_snr_that_says_nothing_is_refused(snr_db: list[list[float]], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        build(FusionKind.SNR)(some_features(1), torch.ones(1, 4), torch.tensor(snr_db))


def test_a_half_present_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="other than 0 and 1"):
        build(FusionKind.AVERAGE)(some_features(1), torch.full((1, 4), 0.7))


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({"kind": "middle"}, "give one of early, intermediate"),
        ({"sequences": 0}, "at least one"),
        ({"out_channels": 5}, "use fusion early"),
    ],
)
def test_impossible_configurations_are_refused(values: dict[str, object], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        FusionConfig(**{"channels": 3, **values})  # type: ignore[arg-type]  # wrong on purpose
