"""Draw where the network of a run saw the tumor of a case.

`python experiments/explain_run.py RUN CASE -o FOLDER` writes `FOLDER/CASE-REGION.png`, and prints
how much of the heat lies in the tumor, beside the tumor's share of the brain, and how alike the
map of a network that learned nothing is.  Run it in the folder that the run was started in: the
cache of prepared cases is found from there.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from glioscope.core import InputError, Region, Sequence
from glioscope.evaluation.drawings import heat_figure, write_drawing
from glioscope.explanation.grad_cam import Weighting
from glioscope.explanation.heat import HeatMap, Mask, explain_case, region_logits
from glioscope.explanation.sanity import randomized_correlation
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.data.fitting import channels_of, padded, stripped
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import cache_folder
from glioscope.learning.sample import REGIONS
from glioscope.networks.registry import load_any

SHOWN = {Sequence.T1C: "T1c", Sequence.FLAIR: "FLAIR"}
NAMES = {
    Region.WT: "the whole tumor",
    Region.TC: "the tumor core",
    Region.ET: "the enhancing tumor",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is explained, and how.

    Args:
        region: Of the tumor.
        weighting: See ``Weighting``.
        layer: Whose features are asked; the deepest where ``None``.
    """

    region: Region
    weighting: Weighting
    layer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One case as the network of a run sees it.

    Args:
        network: In evaluation mode.
        image: Shape ``(S, I, J, K)``, edges multiples of the network's stride.
        presence: Shape ``(S,)``.
        case: As it is in the cache.
    """

    network: nn.Module
    image: Tensor
    presence: Tensor
    case: CachedCase

    def explained(self, asked: Asked, *, voxels: Mask, by: nn.Module) -> HeatMap:
        """Return the map of the run's network, or of another of its shape."""
        return explain_case(
            by,
            self.image,
            self.presence,
            region=asked.region,
            voxels=voxels,
            layer=asked.layer,
            weighting=asked.weighting,
        )

    def found(self, region: Region) -> Mask:
        """Return where the network finds a region, on the padded grid."""
        with torch.no_grad():
            output = self.network(self.image[None], self.presence[None])
        return np.asarray((region_logits(output, region)[0] > 0).numpy())


def seen_by(run: RunFolder, case_id: str) -> Seen:
    """Read the network of a run, and a case from its cache."""
    config = run.config()
    network: Any = load_any(run.network)
    cache = CaseCache(folder=cache_folder(config.data, run), grid=config.data.grid)
    case = cache.open(case_id)
    sample = padded(stripped(case.sample()), int(network.config.stride))
    sample = channels_of(sample, config.data.sequences)
    return Seen(network=network, image=sample.image, presence=sample.presence, case=case)


def drawn(seen: Seen, heat: HeatMap, voxels: Mask, *, region: Region, path: Path) -> None:
    """Draw the map over T1c and FLAIR, the region that the network found outlined."""
    affine = np.diag(seen.case.about.affine)[:3]
    if (affine <= 0).any():
        msg = f"case {seen.case.about.case_id} does not lie along RAS+; prepare it again"
        raise InputError(msg)
    i, j, k = seen.case.about.shape
    places = slice(0, i), slice(0, j), slice(0, k)
    sample = seen.case.sample()
    inside = sample.brain.numpy() > 0.5
    head = np.where(inside, sample.image.numpy(), np.nan)
    there = [s for s in SHOWN if sample.presence[list(Sequence).index(s)]]
    images = {SHOWN[s]: head[list(Sequence).index(s)] for s in there}
    figure, _ = heat_figure(
        images,
        heat.heat[places],
        of=NAMES[region],
        outline=voxels[places],
        spacing_mm=seen.case.about.spacing_mm,
    )
    write_drawing(figure, path)


def explain(run: RunFolder, case_id: str, asked: Asked, folder: Path) -> dict[str, Any]:
    """Draw the map of a case, and return its figures."""
    seen = seen_by(run, case_id)
    voxels = seen.found(asked.region)
    brain = (seen.image != 0).any(dim=0).numpy()
    heat = seen.explained(asked, voxels=voxels, by=seen.network).within(brain)
    path = folder / f"{case_id}-{asked.region.name}.png"
    drawn(seen, heat, voxels, region=asked.region, path=path)
    blank = randomized_correlation(
        seen.network, lambda network: seen.explained(asked, voxels=voxels, by=network).heat[brain]
    )
    return {
        "case": case_id,
        "region": asked.region.name,
        "layer": heat.layer,
        "weighting": str(asked.weighting),
        "share of the heat in the region": heat.share_within(voxels & brain),
        "share of the brain in the region": float((voxels & brain).sum() / brain.sum()),
        "rank correlation with a network that learned nothing": blank,
    }


def main() -> None:
    """Draw one case; print its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("case")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--region", choices=[region.name for region in REGIONS], default="WT")
    parser.add_argument("--weighting", choices=[str(w) for w in Weighting], default="place")
    parser.add_argument("--layer")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    asked = Asked(
        region=Region[options.region],
        weighting=Weighting(options.weighting),
        layer=options.layer,
    )
    figures = explain(RunFolder(path=options.run), options.case, asked, options.output)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
