from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import torch

from glioscope.learning.brain_bank import BrainSubject
from glioscope.learning.brain_training import BrainTraining, ExampleSource, train
from glioscope.networks.checkpoint import load_checkpoint
from glioscope.networks.unet import UNet, UNetConfig
from glioscope.preparation.brain import WINDOW_SHAPE

TINY = UNetConfig(in_channels=1, out_channels=1, widths=(4, 6), fold=2, conditioned=False)


def ball() -> BrainSubject:
    axes = np.indices(WINDOW_SHAPE, dtype=np.float32)
    center = np.array([40, 48, 46], dtype=np.float32)
    radius = np.sqrt(sum((axes[n] - center[n]) ** 2 for n in range(3)))
    share = torch.from_numpy((radius < 26).astype(np.float16))[None]
    return BrainSubject(
        images=0.7 * share,
        brain=share,
        depth_mm=torch.from_numpy(2.5 * np.clip(radius - 26, 0, None)).half()[None],
        box=torch.tensor([[14, 22, 20], [66, 74, 72]]),
    )


def source() -> ExampleSource:
    config = BrainTraining(steps=8, warmup=1, rate=1e-2, save_every=8)
    return ExampleSource(brains=[(("t1",), ball())], heads=[], config=config)


def test_training_lowers_the_error_and_writes_the_running_mean(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = UNet(TINY)
    examples = list(itertools.islice(iter(source()), 2))

    def error() -> float:
        with torch.inference_mode():
            losses = [
                torch.nn.functional.binary_cross_entropy_with_logits(
                    network(e.image[None])[0], e.brain
                )
                for e in examples
            ]
        return float(torch.stack(losses).mean())

    before = error()
    mean = train(network, source(), tmp_path)

    assert error() < before
    saved = load_checkpoint(tmp_path / "mean.safetensors")
    assert all(
        torch.equal(one, other)
        for one, other in zip(saved.parameters(), mean.parameters(), strict=True)
    )


def test_the_same_seed_gives_the_same_examples() -> None:
    one = next(iter(source()))
    other = next(iter(source()))

    assert torch.equal(one.image, other.image)
