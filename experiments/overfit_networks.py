"""Show that each network can learn: `python experiments/overfit_networks.py NETWORK`.

Two real patients (`experiments/prepare_tumor.py` cut them), a box of 96 mm around each tumor at 1.5
mm, no augmentation: the loss that a network can't bring down here it brings down nowhere.  Adds a
line to `experiments/results/overfit.json`.  It says nothing about patients that were not seen.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from glioscope.learning.losses import partial_segmentation_loss, region_loss
from glioscope.learning.sample import REGIONS, load_sample
from glioscope.networks.gmmas import GmmasConfig, GmmasSegmenter
from glioscope.networks.peers import DynUNetConfig, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.registry import build
from glioscope.networks.unet import UNetConfig
from glioscope.networks.visual_pathway import VisualPathwayConfig

CACHE = Path("runs/cache")
PATIENTS = ("BraTS-GLI-00300-000", "BraTS2021_01479")
RESULTS = Path(__file__).parent / "results" / "overfit.json"
EDGE = 64
T1C, FLAIR = 1, 3

CONFIGS: dict[str, Any] = {
    "unet": UNetConfig(detail=8),
    "gmmas": GmmasConfig(),
    "visual_pathway": VisualPathwayConfig(width=0.25),
    "segresnet": SegResNetConfig(filters=8),
    "dynunet": DynUNetConfig(filters=(8, 16, 32, 64, 96)),
    "swin_unetr": SwinUNETRConfig(features=12),
}
"""Small enough for two cores; the paper's visual pathway at a quarter of its filters."""


def box(regions: Tensor) -> tuple[slice, slice, slice]:
    """Return the box around the middle of the whole tumor that lies inside the image."""
    middle = torch.nonzero(regions[0] > 0.5).float().mean(dim=0)
    starts = [
        int(min(max(center - EDGE / 2, 0), size - EDGE))
        for center, size in zip(middle.tolist(), regions.shape[1:], strict=True)
    ]
    i, j, k = (slice(start, start + EDGE) for start in starts)
    return i, j, k


def classes(regions: Tensor) -> Tensor:
    """Return background, necrosis, edema, enhancing as one-hot, from WT, TC, ET."""
    whole, core, enhancing = (regions > 0.5).float().unbind(dim=1)
    parts = [1 - whole, core * (1 - enhancing), whole * (1 - core), enhancing * core]
    return torch.stack(parts, dim=1)


def predicted(logits: Tensor, *, softmax: bool) -> Tensor:
    """Return boolean WT, TC and ET."""
    if not softmax:
        return logits > 0
    best = logits.argmax(dim=1)
    return torch.stack([best > 0, (best == 1) | (best == 3), best == 3], dim=1)


def dice(found: Tensor, regions: Tensor) -> dict[str, float]:
    """Return the mean Dice over the patients that have a region."""
    scores = {}
    for place, region in enumerate(REGIONS):
        truth, own = regions[:, place] > 0.5, found[:, place]
        shared = (truth & own).sum(dim=(1, 2, 3)).float()
        both = (truth.sum(dim=(1, 2, 3)) + own.sum(dim=(1, 2, 3))).float()
        there = truth.flatten(1).any(dim=1)
        scores[str(region)] = round(float((2 * shared / both)[there].mean()), 4)
    return scores


def overfit(name: str, *, seconds: float, lr: float) -> dict[str, Any]:
    """Train one network on the two patients for a while."""
    samples = [load_sample(CACHE / f"{patient}.npz") for patient in PATIENTS]
    boxes = [box(sample.regions) for sample in samples]
    image = torch.stack([s.image[:, *b] for s, b in zip(samples, boxes, strict=True)])
    regions = torch.stack([s.regions[:, *b] for s, b in zip(samples, boxes, strict=True)])
    presence = torch.ones(len(samples), 4)
    softmax = name == "visual_pathway"
    network = build(name, CONFIGS[name], seed=0)
    model = GmmasSegmenter(network) if name == "gmmas" else network
    if softmax:
        image = image[:, [T1C, FLAIR]]
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    known, start, steps = torch.ones(len(samples), 3), time.monotonic(), 0
    while time.monotonic() - start < seconds:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(image, presence)
        loss = (
            partial_segmentation_loss(logits.float(), classes(regions), known)
            if softmax
            else region_loss(logits, regions, known)
        )
        loss.backward()
        optimizer.step()
        steps += 1
        if steps % 20 == 0:
            own = dice(predicted(logits.float(), softmax=softmax), regions)
            print(name, steps, f"{float(loss.detach()):.4f}", own, flush=True)
            if min(own.values()) > 0.97:
                break
    spent = time.monotonic() - start
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": steps,
        "seconds": round(spent, 1),
        "seconds_a_step": round(spent / steps, 2),
        "dice": dice(predicted(logits.detach().float(), softmax=softmax), regions),
    }


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+", choices=sorted(CONFIGS))
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--lr", type=float, default=3e-3)
    options = parser.parse_args()
    for name in options.networks:
        found = overfit(name, seconds=options.seconds, lr=options.lr)
        every = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        text = json.dumps({**every, name: found}, indent=1) + "\n"
        RESULTS.write_text(text, encoding="utf-8")
        print(name, found, flush=True)


if __name__ == "__main__":
    main()
