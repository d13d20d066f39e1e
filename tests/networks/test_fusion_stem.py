"""The fusion of sequences inside the U-Net and the visual pathway."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from glioscope.core import ModelError, weights_folder
from glioscope.networks.checkpoint import load_checkpoint, save_network
from glioscope.networks.fusion import FusionKind
from glioscope.networks.registry import build, load_any, save_any
from glioscope.networks.unet import UNet, UNetConfig
from glioscope.networks.visual_pathway import VisualPathway, VisualPathwayConfig
from glioscope.networks.visual_pathway_classifier import (
    VisualPathwayClassifier,
    VisualPathwayClassifierConfig,
)
from glioscope.networks.weights_file import read_weights

KINDS = list(FusionKind)
NAMES = ("unet", "visual_pathway")
SUBSETS = torch.tensor([bits for bits in itertools.product((0.0, 1.0), repeat=4) if any(bits)])


def config(name: str, kind: FusionKind | None, **changes: Any) -> Any:
    if name == "unet":
        return UNetConfig(**{"widths": (4, 4), "detail": 2, "fusion": kind, **changes})
    tiny: dict[str, Any] = {"in_channels": 4, "width": 1 / 16, "attention_kernel": 3}
    return VisualPathwayConfig(**{**tiny, "fusion": kind, **changes})


def network(name: str, kind: FusionKind | None, **changes: Any) -> nn.Module:
    """Return a network as if it had learned: no weight is left at a special value."""
    built = build(name, config(name, kind, **changes), seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return built.eval()


def some_images(batch: int = 1) -> Tensor:
    return torch.randn(batch, 4, 8, 16, 8, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_an_absent_sequence_changes_nothing(name: str, kind: FusionKind) -> None:
    fused, clean = network(name, kind), some_images(15)
    absent = SUBSETS[:, :, None, None, None] == 0

    answers = [
        fused(torch.where(absent, torch.tensor(garbage), clean), SUBSETS).detach()
        for garbage in (0.0, 1e6, math.nan)
    ]

    assert answers[0].shape[0] == len(SUBSETS) == 15
    assert torch.isfinite(answers[0]).all()
    assert all(torch.equal(answers[0], other) for other in answers[1:])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_every_sequence_that_is_present_counts(name: str, kind: FusionKind) -> None:
    fused, image, everything = network(name, kind), some_images(), torch.ones(1, 4)
    whole = fused(image, everything)

    for sequence in range(4):
        changed = image.clone()
        changed[:, sequence] = changed[:, sequence].flip(2)
        assert not torch.allclose(fused(changed, everything), whole)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_rows_of_a_batch_do_not_know_of_each_other(name: str, kind: FusionKind) -> None:
    fused, images, presence = network(name, kind), some_images(3), SUBSETS[[2, 14, 9]]

    together = fused(images, presence)

    for row in range(3):
        alone = fused(images[row : row + 1], presence[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_parameter_and_stay_finite(name: str, kind: FusionKind) -> None:
    fused = network(name, kind).train()
    images = torch.where(SUBSETS[[14, 5], :, None, None, None] == 0, math.nan, some_images(2))

    fused(images, SUBSETS[[14, 5]]).square().mean().backward()

    for key, parameter in fused.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_network_with_fusion_comes_back_from_its_file(
    name: str, kind: FusionKind, tmp_path: Path
) -> None:
    fused, path = network(name, kind, dropout=0.25), tmp_path / "one.safetensors"

    save_any(fused, path)
    again = load_any(path)

    assert again.config == config(name, kind, dropout=0.25)
    images, presence = some_images(), SUBSETS[5:6]
    assert torch.equal(again(images, presence), fused(images, presence))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_network_and_answer(name: str, kind: FusionKind) -> None:
    one, other, third = (build(name, config(name, kind), seed=seed).eval() for seed in (4, 4, 5))
    image, presence = some_images(), SUBSETS[6:7]

    assert torch.equal(one(image, presence), other(image, presence))
    assert not torch.equal(one(image, presence), third(image, presence))


@pytest.mark.parametrize("name", NAMES)
def test_late_fusion_of_a_fresh_network_is_the_mean_of_what_each_sequence_says(name: str) -> None:
    fused = build(name, config(name, FusionKind.LATE), seed=0).eval()
    image = some_images()

    alone = [fused(image, torch.eye(4)[[sequence]]) for sequence in (0, 2, 3)]

    torch.testing.assert_close(
        fused(image, torch.tensor([[1.0, 0, 1, 1]])), sum(alone) / 3, atol=1e-5, rtol=1e-5
    )


def test_with_equal_stems_the_average_of_equal_images_is_the_single_image() -> None:
    fused = build("unet", config("unet", FusionKind.AVERAGE, conditioned=False, detail=0), seed=0)
    assert isinstance(fused, UNet)
    assert fused.stem is not None
    for stem in fused.stem.stems:
        stem.load_state_dict(fused.stem.stems[0].state_dict())
    image = some_images()[:, :1].expand(-1, 4, -1, -1, -1)

    whole = fused.eval()(image, torch.ones(1, 4))

    for presence in SUBSETS:
        torch.testing.assert_close(fused(image, presence[None]), whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_fusion_asks_for_a_presence_of_one_row_an_image(name: str, kind: FusionKind) -> None:
    fused = network(name, kind)

    with pytest.raises(ModelError, match="needs to know which sequences are present"):
        fused(some_images())
    with pytest.raises(ModelError, match="one row an image"):
        fused(some_images(2), torch.ones(1, 4))
    with pytest.raises(ValueError, match="no sequence is present"):
        fused(some_images(), torch.zeros(1, 4))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not FusionKind.LATE])
def test_the_classifier_takes_a_fused_encoder(kind: FusionKind) -> None:
    pathway = network("visual_pathway", kind)
    assert isinstance(pathway, VisualPathway)
    classifier = VisualPathwayClassifier(
        VisualPathwayClassifierConfig(pathway=pathway.config, dense=(4,))
    ).eval()
    classifier.adopt_encoder(pathway)
    image, clinical, presence = some_images(), torch.zeros(1, 2), torch.tensor([[1.0, 0, 1, 1]])
    dirty = image.clone()
    dirty[:, 1] = math.nan

    one, other = classifier(image, clinical, presence), classifier(dirty, clinical, presence)

    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))
    with pytest.raises(ModelError, match="needs to know"):
        classifier(image, clinical)


def test_late_fusion_has_no_classifier() -> None:
    with pytest.raises(ValueError, match="another fusion or without"):
        VisualPathwayClassifierConfig(pathway=config("visual_pathway", FusionKind.LATE))


def test_files_know_nothing_of_options_that_are_not_used(tmp_path: Path) -> None:
    for name in NAMES:
        save_any(build(name, config(name, None)), tmp_path / "one.safetensors")
        metadata, _ = read_weights(tmp_path / "one.safetensors")
        assert not {"fusion", "dropout"} & set(json.loads(metadata["config"]))


def test_the_shipped_network_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    shipped, again = weights_folder("tumor") / "member-0.safetensors", tmp_path / "it.safetensors"

    save_network(load_checkpoint(shipped), again, half=True)

    assert head_and_weights(again) == head_and_weights(shipped)


def head_and_weights(path: Path) -> tuple[Any, bytes]:
    """Return the two parts of a safetensors file; the order of keys in its head is not fixed."""
    content = path.read_bytes()
    length = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:length]), content[length:]


@pytest.mark.parametrize("name", NAMES)
def test_dropout_changes_no_weight_and_no_answer_of_an_evaluated_network(name: str) -> None:
    plain, dropped = (build(name, config(name, None, dropout=p), seed=3).eval() for p in (0, 0.5))
    image, presence = some_images(), torch.ones(1, 4)

    states = plain.state_dict(), dropped.state_dict()
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert torch.equal(plain(image, presence), dropped(image, presence))
    torch.manual_seed(0)  # of few channels the same ones may be dropped twice
    drawn = [dropped.train()(image, presence) for _ in range(8)]
    assert any(not torch.equal(drawn[0], other) for other in drawn[1:])


@pytest.mark.parametrize("changes", [{"dropout": 1.0}, {"dropout": -0.1}, {"fusion": "middle"}])
@pytest.mark.parametrize("name", NAMES)
def test_impossible_options_are_refused(name: str, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give"):
        config(name, None, **changes)
