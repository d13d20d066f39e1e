import dataclasses
import itertools
import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from glioscope.core import ModelError
from glioscope.networks.config_json import config_from_json
from glioscope.networks.cost import network_cost
from glioscope.networks.fusion import FusionKind
from glioscope.networks.gmmas import Gmmas, GmmasConfig, GmmasOutput, GmmasSegmenter
from glioscope.networks.gmmas_global import crop_to_box, patch_box
from glioscope.networks.gmmas_parts import ChannelAttention, position_encoding
from glioscope.networks.openvino_offline import ov
from glioscope.networks.weights_file import fill_network, read_weights, write_weights

KINDS = list(FusionKind)
SUBSETS = [bits for bits in itertools.product((0.0, 1.0), repeat=4) if any(bits)]
TINY = GmmasConfig(
    widths=(4, 8), global_widths=(3, 4), global_grid=(4, 4, 4), heads=2, layers=1, dropout=0.0
)


def build(kind: FusionKind = FusionKind.AVERAGE, **changes: Any) -> Gmmas:
    torch.manual_seed(0)
    return Gmmas(dataclasses.replace(TINY, fusion=kind, **changes)).eval()


def some_patch(batch: int = 2, edge: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(batch, 4, edge, edge, edge, generator=generator)


def logits_of(output: GmmasOutput) -> list[Tensor]:
    return [output.segmentation, output.subtype, output.idh, output.codeletion]


def backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]  # of torch


@pytest.mark.parametrize("kind", KINDS)
def test_every_subset_of_sequences_gives_every_answer(kind: FusionKind) -> None:
    with torch.no_grad():
        output = build(kind)(some_patch(15), torch.tensor(SUBSETS))

    assert output.segmentation.shape == (15, 3, 8, 8, 8)
    assert output.subtype.shape == (15, 3)
    assert output.idh.shape == output.codeletion.shape == (15,)
    assert [tuple(level.shape) for level in output.features] == [
        (15, 4, 4, 4, 4),
        (15, 8, 2, 2, 2),
    ]
    assert all(torch.isfinite(part).all() for part in (*logits_of(output), *output.features))


@pytest.mark.parametrize("shape", [(8, 4, 12), (4, 4, 8)])
def test_axes_may_differ(shape: tuple[int, int, int]) -> None:
    output = build()(torch.randn(1, 4, *shape), torch.ones(1, 4))

    assert output.segmentation.shape == (1, 3, *shape)


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_in_an_absent_sequence_changes_nothing(kind: FusionKind) -> None:
    network, presence = build(kind), torch.tensor([[1.0, 0, 1, 0], [0, 1, 1, 1]])
    clean, whole = some_patch(), some_patch(edge=10)
    box = torch.tensor([[0.2] * 3, [0.8] * 3]).expand(2, 2, 3)
    absent = presence[:, :, None, None, None] == 0
    dirty = [image.masked_fill(absent, math.nan) for image in (clean, whole)]

    output = network(dirty[0], presence, dirty[1], box)
    backward(torch.cat([part.flatten() for part in logits_of(output)]).sum())

    expected = network(clean, presence, whole, box)
    for part, other in zip(logits_of(output), logits_of(expected), strict=True):
        assert torch.equal(part, other)
    gradients = [parameter.grad for parameter in network.parameters()]
    assert all(torch.isfinite(grad).all() for grad in gradients if grad is not None)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_batch_do_not_know_of_each_other(kind: FusionKind) -> None:
    network, patch = build(kind), some_patch()
    presence = torch.tensor([[1.0, 0, 1, 0], [0, 1, 1, 1]])

    both = network(patch, presence)
    swapped = network(patch.flip(0), presence.flip(0))

    for part, other in zip(logits_of(both), logits_of(swapped), strict=True):
        torch.testing.assert_close(part, other.flip(0), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter(kind: FusionKind) -> None:
    network = build(kind)
    for name, parameter in network.named_parameters():
        if name.endswith("score"):
            nn.init.normal_(parameter)

    output = network(some_patch(), torch.ones(2, 4))
    backward(torch.cat([part.flatten() for part in logits_of(output)]).square().sum())

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


def test_an_absent_sequence_leaves_its_encoder_alone() -> None:
    network = build()

    output = network(some_patch(), torch.tensor([[1, 0, 1, 1], [1, 0, 0, 1]]))
    backward(output.segmentation.square().sum())

    reached = [
        any(p.grad is not None and bool(p.grad.any()) for p in encoder.parameters())
        for encoder in network.encoders
    ]
    assert reached == [True, False, True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_fixes_weights_and_answer(kind: FusionKind) -> None:
    first, second = (build(kind)(some_patch(), torch.ones(2, 4)) for _ in range(2))

    assert all(
        torch.equal(part, other)
        for part, other in zip(logits_of(first), logits_of(second), strict=True)
    )


def test_the_whole_image_around_the_patch_matters() -> None:
    network, patch, presence = build(), some_patch(), torch.ones(2, 4)
    box = torch.tensor([[0.25] * 3, [0.75] * 3]).expand(2, 2, 3)

    one = network(patch, presence, some_patch(edge=16), box)
    other = network(patch, presence, some_patch(edge=16).flip(2), box)
    elsewhere = network(patch, presence, some_patch(edge=16), box + 0.25)

    for output in (other, elsewhere):
        for part, changed in zip(logits_of(one), logits_of(output), strict=True):
            assert not torch.allclose(part, changed, atol=1e-5)


def test_without_a_whole_image_the_patch_is_the_whole() -> None:
    network, patch, presence = build(), some_patch(), torch.ones(2, 4)
    box = torch.tensor([[0.0] * 3, [1.0] * 3]).expand(2, 2, 3)

    alone, told = network(patch, presence), network(patch, presence, patch, box)

    assert torch.equal(alone.segmentation, told.segmentation)


def test_late_fusion_of_one_sequence_is_that_sequence_alone() -> None:
    network, patch = build(FusionKind.LATE), some_patch(1)

    both = network(patch, torch.tensor([[0, 1, 0, 1]]))
    alone = [network(patch, torch.tensor([row])) for row in ([0, 1, 0, 0], [0, 0, 0, 1])]

    mean = (alone[0].segmentation + alone[1].segmentation) / 2
    torch.testing.assert_close(both.segmentation, mean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(both.idh, (alone[0].idh + alone[1].idh) / 2)


def test_features_of_each_sequence_are_there_to_compare() -> None:
    patch, presence = some_patch(1), torch.tensor([[1, 0, 1, 1]])

    features = build()(patch, presence).sequence_features

    assert features is not None
    assert features.shape == (1, 4, 8)
    assert not features[0, 1].any()
    assert features[0, [0, 2, 3]].any(dim=1).all()
    assert build(FusionKind.EARLY)(patch, presence).sequence_features is None


def test_the_learned_weights_tell_what_a_sequence_is_worth() -> None:
    network = build()
    with torch.no_grad():
        network.fusions[1].get_parameter("gate.score")[2] = math.log(3.0)

    weights = network.sequence_weights()

    expected = torch.tensor([[0.25] * 4, [1 / 6, 1 / 6, 0.5, 1 / 6]])
    torch.testing.assert_close(weights, expected)
    with pytest.raises(TypeError, match="use average or adapter"):
        build(FusionKind.SNR).sequence_weights()


def test_dropout_left_on_varies_the_answer() -> None:
    network, patch = build(dropout=0.5).train(), some_patch()

    both = [network(patch, torch.ones(2, 4)).segmentation for _ in range(2)]

    assert not torch.equal(*both)


def test_attention_weights_lie_between_zero_and_one() -> None:
    torch.manual_seed(0)
    attention = ChannelAttention(6, 2)

    weights = attention(10 * torch.randn(3, 6, 4, 4, 4)).detach()

    assert weights.shape == (3, 6, 1, 1, 1)
    assert float(weights.min()) >= 0
    assert float(weights.max()) <= 1
    assert float(weights.std()) > 0


def test_the_encoding_tells_all_positions_apart() -> None:
    encoding = position_encoding(torch.zeros(1, 16, 3, 4, 5))

    assert encoding.shape == (16, 3, 4, 5)
    codes = encoding.flatten(1).T
    apart = torch.cdist(codes, codes) + torch.eye(len(codes))
    assert float(apart.min()) > 0.1


def test_cropping_to_the_whole_changes_nothing() -> None:
    features = torch.randn(2, 3, 4, 5, 6)
    box = torch.tensor([[0.0] * 3, [1.0] * 3]).expand(2, 2, 3)

    torch.testing.assert_close(crop_to_box(features, box, (4, 5, 6)), features)


def test_cropping_reads_a_ramp_where_the_patch_lies() -> None:
    centers = (torch.arange(8) + 0.5) / 8
    ramp = centers[:, None, None] + 10 * centers[:, None] + 100 * centers
    box = patch_box(start=(2, 4, 1), size=(4, 2, 6), whole=(8, 8, 8))

    crop = crop_to_box(ramp[None, None], box[None], (4, 2, 6))[0, 0]

    assert box.tolist() == [[0.25, 0.5, 0.125], [0.75, 0.75, 0.875]]
    torch.testing.assert_close(crop, ramp[2:6, 4:6, 1:7])


def test_a_tiny_network_learns() -> None:
    network = build().train()
    patch, presence = some_patch(1), torch.ones(1, 4)
    truth = torch.zeros(1, 3, 8, 8, 8)
    truth[:, :, 2:6, 2:6, 2:6] = 1
    patch[:, 0] += 2 * truth[:, 0]
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    losses = []
    for _ in range(40):
        output = network(patch, presence)
        loss = nn.functional.binary_cross_entropy_with_logits(output.segmentation, truth)
        loss = loss + nn.functional.cross_entropy(output.subtype, torch.tensor([2]))
        loss = loss + nn.functional.binary_cross_entropy_with_logits(output.idh, torch.ones(1))
        optimizer.zero_grad()
        backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("kind", KINDS)
def test_half_the_digits_give_about_the_same(kind: FusionKind) -> None:
    network, patch, presence = build(kind), some_patch(), torch.tensor([[1, 0, 1, 1]] * 2)

    with torch.autocast("cpu", torch.bfloat16):
        rough = network(patch, presence)

    exact = network(patch, presence)
    for part, other in zip(logits_of(rough), logits_of(exact), strict=True):
        assert float((part.float() - other).detach().abs().mean()) < 0.05


class Answers(nn.Module):
    """What an export needs: tensors alone."""

    def __init__(self, network: Gmmas) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, patch: Tensor, presence: Tensor, whole: Tensor, box: Tensor
    ) -> tuple[Tensor, Tensor]:
        output = self.network(patch, presence, whole, box)
        return output.segmentation, output.subtype


def test_the_exported_network_agrees_with_torch() -> None:
    answers = Answers(build(sequences=2)).eval()
    box = torch.tensor([[0.1] * 3, [0.7] * 3])[None]
    inputs = (
        torch.randn(1, 2, 8, 12, 16, generator=torch.Generator().manual_seed(1)),
        torch.tensor([[0.0, 1.0]]),
        some_patch(1, edge=16)[:, :2],
        box,
    )
    with warnings.catch_warnings():
        # OpenVINO 2026.4 still traces; torch 2.13 warns whoever does
        warnings.filterwarnings("ignore", message=r"`torch\.jit", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=TracerWarning)
        example = (some_patch(1)[:, :2], torch.ones(1, 2), some_patch(1)[:, :2], box)
        model = ov.convert_model(answers, example_input=example)
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    exported = compiled([value.numpy() for value in inputs])

    for index, expected in enumerate(answers(*inputs)):
        np.testing.assert_allclose(exported[index], expected.detach().numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "error", "remedy"),
    [
        ((1, 3, 8, 8, 8), ModelError, "channels"),
        ((1, 4, 8, 8, 10), ModelError, "stride 4"),
        ((4, 8, 8, 8), ModelError, "axes"),
        ((1, 4, 4, 4, 4), ValueError, "give twice the stride"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(
    shape: tuple[int, ...], error: type[Exception], remedy: str
) -> None:
    with pytest.raises(error, match=remedy):
        build()(torch.zeros(shape), torch.ones(1, 4))


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_without_any_sequence_is_refused(kind: FusionKind) -> None:
    with pytest.raises(ValueError, match="no sequence is present"):
        build(kind)(some_patch(), torch.tensor([[1, 1, 1, 1], [0, 0, 0, 0]]))


def test_one_presence_is_not_spread_over_a_batch() -> None:
    with pytest.raises(ValueError, match="one row a patch"):
        build()(some_patch(2), torch.ones(1, 4))


@pytest.mark.parametrize(
    ("whole", "box", "remedy"),
    [
        (torch.zeros(1, 4, 8, 8, 8), None, "without patch_box"),
        (None, torch.zeros(1, 2, 3), "without whole"),
        (torch.zeros(1, 3, 8, 8, 8), torch.zeros(1, 2, 3), "as the patch has"),
        (torch.zeros(1, 4, 8, 8, 8), torch.zeros(2, 3), "start and stop"),
        (torch.zeros(1, 4, 8, 8, 8), torch.tensor([[[0] * 3, [64] * 3]]), "fractions"),
    ],
)
def test_a_place_that_makes_no_sense_is_refused(
    whole: Tensor | None, box: Tensor | None, remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy):
        build()(some_patch(1), torch.ones(1, 4), whole, box)


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({"fusion": "middle"}, "give one of"),
        ({"heads": 3}, "give a divisor"),
        ({"widths": (8,)}, "two or more levels"),
        ({"global_widths": (3, 4, 5)}, "as many in both"),
        ({"global_grid": (4, 4, 5)}, "multiples of 2"),
        ({"dropout": 1.0}, "less than 1"),
        ({"subtypes": 0}, "at least one"),
    ],
)
def test_impossible_shapes_are_refused(values: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        dataclasses.replace(TINY, **values)


def test_the_default_fits_a_laptop() -> None:
    network = Gmmas(GmmasConfig())

    assert network.stride == GmmasConfig().stride == 16
    assert sum(parameter.numel() for parameter in network.parameters()) < 5_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_comes_back_from_its_file(kind: FusionKind, tmp_path: Path) -> None:
    network, patch, presence = build(kind), some_patch(1), torch.tensor([[1, 0, 1, 1]])
    head = {"config": json.dumps(dataclasses.asdict(network.config))}

    write_weights(network, tmp_path / "one.safetensors", head)
    metadata, tensors = read_weights(tmp_path / "one.safetensors")
    again = Gmmas(config_from_json(GmmasConfig, json.loads(metadata["config"]))).eval()
    fill_network(again, tensors)

    assert again.config == network.config
    assert torch.equal(again(patch, presence).segmentation, network(patch, presence).segmentation)


@pytest.mark.parametrize("kind", KINDS)
def test_the_cost_is_told_without_computing(kind: FusionKind) -> None:
    network = build(kind)

    cost = network_cost(network, (some_patch(1), torch.ones(1, 4)))

    assert cost.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert cost.multiply_accumulates > 0


def test_the_segmenter_gives_the_tumor_alone() -> None:
    network, patch, presence = build(), some_patch(1), torch.ones(1, 4)

    logits = GmmasSegmenter(network)(patch, presence)

    assert torch.equal(logits, network(patch, presence).segmentation)
