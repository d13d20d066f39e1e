"""Make the golden surface distances: ``.venv/bin/python tests/golden/make_surface.py``.

MONAI's own functions (its subvoxel surfaces follow the same definition as ours) on the smooth
masks of ``shape_masks.npz`` against the same masks, half of each shifted.  The masks of pure
noise are left out: MONAI joins voxels that touch crosswise in another way.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import monai
import numpy as np
import numpy.typing as npt
import torch
from monai.metrics import compute_surface_dice
from monai.metrics.utils import get_edge_surface_distance

HERE = Path(__file__).parent
TOLERANCE_MM = 1.5


def hd95_mm(prediction: torch.Tensor, truth: torch.Tensor, spacing_mm: list[float]) -> float:
    """Return the larger of both 95th percentiles, weighted by MONAI's areas."""
    edges, distances, areas = get_edge_surface_distance(
        prediction, truth, spacing=spacing_mm, use_subvoxels=True, symmetric=True
    )
    percentiles = []
    for edge, distance, area in zip(edges, distances, areas, strict=True):
        order = torch.argsort(distance)
        covered = torch.cumsum(area[edge][order], dim=0) / area[edge].sum()
        place = min(int(torch.searchsorted(covered, 0.95)), len(order) - 1)
        percentiles.append(float(distance[order][place]))
    return max(percentiles)


def pair(mask: npt.NDArray[np.bool_]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a prediction and its truth: the lower half kept, all of it shifted."""
    truth = np.pad(mask, 4)
    prediction = np.roll(truth, (1, 2, -1), (0, 1, 2))
    half = truth.shape[2] // 2
    prediction[:, :, :half] |= truth[:, :, :half]
    return torch.from_numpy(prediction), torch.from_numpy(truth)


def main() -> None:
    """Write ``surface.json``."""
    masks = json.loads((HERE / "shape.json").read_text(encoding="utf-8"))["masks"]
    found = {}
    for name, made in masks.items():
        if name.startswith("noise"):
            continue
        with np.load(HERE / "shape_masks.npz") as packed:
            bits = np.unpackbits(packed[name], count=math.prod(made["shape"]))
        prediction, truth = pair(bits.astype(bool).reshape(made["shape"]))
        surface_dice = compute_surface_dice(
            prediction[None, None],
            truth[None, None],
            [TOLERANCE_MM],
            include_background=True,
            spacing=made["spacing_mm"],
            use_subvoxels=True,
        )
        found[name] = {
            "hd95_mm": hd95_mm(prediction, truth, made["spacing_mm"]),
            "normalized_surface_dice": float(surface_dice),
        }
    golden = {"monai": monai.__version__, "tolerance_mm": TOLERANCE_MM, "pairs": found}
    (HERE / "surface.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
