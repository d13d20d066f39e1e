import pytest
import torch

from glioscope.networks.unet import UNet, UNetConfig, fold_voxels, unfold_voxels

SMALL = UNetConfig(widths=(8, 8, 8), detail=4)


def test_folding_keeps_every_voxel_at_its_place() -> None:
    image = torch.arange(2 * 3 * 4 * 6 * 8, dtype=torch.float32).reshape(2, 3, 4, 6, 8)

    folded = fold_voxels(image, 2)

    assert folded.shape == (2, 24, 2, 3, 4)
    assert folded[0, 0, 1, 2, 3] == image[0, 0, 2, 4, 6]
    assert folded[0, 7, 1, 2, 3] == image[0, 0, 3, 5, 7]
    assert torch.equal(unfold_voxels(folded, 2), image)


@pytest.mark.parametrize("detail", [0, 4])
@pytest.mark.parametrize("fold", [1, 2])
def test_every_voxel_gets_its_logits(fold: int, detail: int) -> None:
    config = UNetConfig(widths=(8, 8), fold=fold, detail=detail)
    network = UNet(config).eval()

    logits = network(torch.randn(2, 4, 8, 12, 4), torch.ones(2, 4))

    assert logits.shape == (2, 3, 8, 12, 4)
    assert torch.isfinite(logits).all()


def test_stride_counts_the_folding_and_the_levels() -> None:
    assert UNetConfig(widths=(32, 48, 64, 96), fold=2).stride == 16
    assert UNetConfig(widths=(8, 8, 8), fold=1).stride == 4


def test_a_fresh_network_says_background() -> None:
    torch.manual_seed(0)
    network = UNet(SMALL).eval()

    probs = torch.sigmoid(network(torch.zeros(1, 4, 16, 16, 16), torch.ones(1, 4)))

    assert float(probs.detach().max()) < 0.2


def test_presence_changes_the_answer_once_it_is_learned() -> None:
    torch.manual_seed(0)
    network = UNet(SMALL).eval()
    torch.nn.init.normal_(network.encoder[0].enter.film.weight)  # type: ignore[union-attr, arg-type]  # modules of torch are untyped
    image = torch.randn(1, 4, 16, 16, 16)

    both = network(image, torch.ones(1, 4)), network(image, torch.tensor([[0.0, 1.0, 0.0, 1.0]]))

    assert not torch.allclose(*both)


def test_an_unconditioned_network_takes_the_image_alone() -> None:
    network = UNet(UNetConfig(in_channels=1, out_channels=1, widths=(8, 8), conditioned=False))

    assert network(torch.zeros(1, 1, 8, 8, 8)).shape == (1, 1, 8, 8, 8)


@pytest.mark.parametrize("values", [{"widths": (8,)}, {"widths": (0, 8)}, {"fold": 0}])
def test_impossible_shapes_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give"):
        UNetConfig(**values)  # type: ignore[arg-type]  # wrong on purpose
