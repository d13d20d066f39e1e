"""Out-of-fold scores of a cross-validated network, by the product's own path to labels.

`python experiments/evaluate_tumor.py ours --step 400` writes `runs/ours/scores-400.json`; every
patient is scored by the one network of the five that has not seen it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from glioscope.core import Region, Sequence, Volume, region_mask
from glioscope.evaluation import dice, evaluate_case
from glioscope.learning.sample import REGIONS, SPACING_MM
from glioscope.networks.weights_file import fill_network, read_weights
from glioscope.segmentation import NetworkGrid, Rules
from tumor_networks import CONFIGS, build_small

HERE = Path(__file__).parent
MARGIN_MM = 3.0
STRIDE = 16
SUBSETS = tuple(
    tuple(sequence for bit, sequence in enumerate(Sequence) if number >> bit & 1)
    for number in range(15, 0, -1)
)
FULL_SCORES = ("t1+t1c+t2+flair", "t1c+flair")
PARTIAL_SUBSETS = ("t1+t1c+flair", "t1c+flair")
"""What the whole-tumor patients are scored on: all that they have, and the usual pair."""
RULES = json.dumps(
    {
        "threshold": dict.fromkeys(map(str, REGIONS), 0.5),
        "smallest_lesion_ml": 1.0,
        "smallest_enhancing_ml": 0.3,
    }
)
"""Set by convention, not searched for on these patients, so that no figure is flattered by
choosing: even odds, and volumes below those of nearly all real regions at diagnosis."""
Arrays = dict[str, npt.NDArray[Any]]


def rules_of(text: str) -> Rules:
    """Return the rules that a card holds as JSON."""
    values = json.loads(text)
    return Rules(
        threshold={Region(name): value for name, value in values["threshold"].items()},
        smallest_lesion_ml=values["smallest_lesion_ml"],
        smallest_enhancing_ml=values["smallest_enhancing_ml"],
    )


def load_case(path: Path) -> Arrays:
    """Return what `prepare_tumor.py` wrote."""
    with np.load(path) as arrays:
        return {key: arrays[key] for key in arrays.files}


def predict(
    network: torch.nn.Module, case: Arrays, subset: tuple[Sequence, ...]
) -> npt.NDArray[np.float32]:
    """Return probabilities of ``REGIONS`` on the case's grid, averaged over the mirrored brain."""
    brain = Volume(data=case["brain"], affine=case["affine"])
    grid = NetworkGrid.around(brain, spacing_mm=SPACING_MM, margin_mm=MARGIN_MM, stride=STRIDE)
    image = np.zeros((1, len(Sequence), *grid.shape), dtype=np.float32)
    presence = np.zeros((1, len(Sequence)), dtype=np.float32)
    for channel, sequence in enumerate(Sequence):
        if sequence in subset:
            image[0, channel] = grid.from_case(case[str(sequence)].astype(np.float32))
            presence[0, channel] = 1
    with torch.inference_mode():
        one, other = torch.from_numpy(image), torch.from_numpy(presence)
        probs = torch.sigmoid(network(one, other))
        probs = (probs + torch.sigmoid(network(one.flip(2), other)).flip(2)) / 2
    return np.stack([grid.to_case(channel, like=brain) for channel in probs[0].numpy()])


def score(
    network: torch.nn.Module, path: Path, *, rules: Rules, everything: bool
) -> list[dict[str, Any]]:
    """Return the scores of one patient for every subset that it has."""
    case, name = load_case(path), path.stem
    brain = Volume(data=case["brain"], affine=case["affine"])
    truth = brain.with_data(case["truth"])
    there = {sequence for sequence in Sequence if str(sequence) in case}
    known = tuple(r for r, k in zip(REGIONS, case["known"], strict=True) if k)
    lines = []
    for subset in SUBSETS:
        text = "+".join(subset)
        if not set(subset) <= there or text not in _wanted(known, everything=everything):
            continue
        probs = predict(network, case, subset) * brain.data
        by_region = dict(zip(REGIONS, probs, strict=True))
        labels = brain.with_data(rules(by_region, voxel_ml=brain.voxel_volume_ml))
        line: dict[str, Any] = {"case": name, "subset": text}
        line["dice"] = {
            str(r): dice(region_mask(labels, r).data, region_mask(truth, r).data) for r in known
        }
        if text in FULL_SCORES or len(known) < len(REGIONS):
            line["scores"] = evaluate_case(labels, truth, case_id=name, regions=known).as_json()
        lines.append(line)
        print(name, text, {k: round(v, 3) for k, v in line["dice"].items()}, flush=True)
    return lines


def _wanted(known: tuple[Region, ...], *, everything: bool) -> tuple[str, ...]:
    if len(known) < len(REGIONS):
        return PARTIAL_SUBSETS
    return tuple("+".join(subset) for subset in SUBSETS) if everything else FULL_SCORES


def main() -> None:
    """Score all folds that are trained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--step", type=int, required=True)
    parser.add_argument("--network", default="unet", choices=sorted(CONFIGS))
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(5)))
    parser.add_argument("--all-subsets", action="store_true")
    parser.add_argument("--cases", type=Path, default=Path("runs/cases"))
    parser.add_argument("--out", help="name of the file, in place of scores-STEP-FOLDS")
    parser.add_argument("--labelled", action="store_true", help="leave out whole-tumor patients")
    options = parser.parse_args()
    torch.set_num_threads(1)
    folds = json.loads((HERE / "split.json").read_text(encoding="utf-8"))["folds"]
    lines = []
    for fold in options.folds:
        network = build_small(options.network)
        folder = Path(f"runs/{options.name}/fold-{fold}")
        weights = read_weights(folder / f"average-{options.step}.safetensors")[1]
        fill_network(network, weights)
        network.eval()
        for name in folds[fold]:
            path = options.cases / f"{name}.npz"
            if path.exists() and not (options.labelled and "TCGA" in name):
                lines += score(
                    network,
                    path,
                    rules=rules_of(RULES),
                    everything=options.all_subsets,
                )
    parts = "".join(map(str, options.folds))
    out = Path(f"runs/{options.name}/{options.out or f'scores-{options.step}-{parts}'}.json")
    out.write_text(json.dumps(lines, indent=1), encoding="utf-8")
    for text in FULL_SCORES:
        for known in (3, 1):
            found = [x["dice"] for x in lines if x["subset"] == text and len(x["dice"]) == known]
            if found:
                means = {r: round(float(np.mean([f[r] for f in found])), 3) for r in found[0]}
                print(options.name, options.step, text, len(found), means)


if __name__ == "__main__":
    main()
