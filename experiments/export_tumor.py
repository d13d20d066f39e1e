"""Ship the five members: `python experiments/export_tumor.py ours --step 400`.

Reads `runs/NAME/fold-N/average-STEP.safetensors` and the out-of-fold scores that
`evaluate_tumor.py NAME --step STEP --all-subsets` wrote, and writes `weights/tumor`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load_file

from evaluate_tumor import RULES
from glioscope.core import Sequence, weights_folder
from glioscope.evaluation import bootstrap_interval
from glioscope.learning.sample import REGIONS, SPACING_MM
from glioscope.networks.checkpoint import load_checkpoint, save_network
from glioscope.networks.export import export_network
from glioscope.networks.unet import UNet
from tumor_networks import build_small

HERE = Path(__file__).parent
VERSION = "1.0"


def read_scores(name: str, step: int) -> list[dict[str, Any]]:
    """Return the lines of all score files of a run.

    Where `heads-STEP.json` is there, its whole-tumor patients take the place of those before.
    """
    folder = Path(f"runs/{name}")
    files = sorted(folder.glob(f"scores-{step}-*.json"))
    lines = [line for file in files for line in json.loads(file.read_text(encoding="utf-8"))]
    heads = folder / f"heads-{step}.json"
    if heads.exists():
        lines = [line for line in lines if len(line["dice"]) == len(REGIONS)]
        lines += json.loads(heads.read_text(encoding="utf-8"))
    return lines


def expected_dice(lines: list[dict[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """Return mean Dice and its 95% interval by subset and region, over patients with all labels."""
    table: dict[str, dict[str, list[float]]] = {}
    for subset in dict.fromkeys(line["subset"] for line in lines):
        found = [x for x in lines if x["subset"] == subset and len(x["dice"]) == len(REGIONS)]
        table[subset] = {}
        for region in map(str, REGIONS):
            values = [line["dice"][region] for line in found]
            interval = bootstrap_interval(values, patients=[line["case"] for line in found])
            ends = (interval.mean, interval.low, interval.high)
            table[subset][region] = [round(value, 4) for value in ends]
    return table


def export_member(name: str, step: int, fold: int, folder: Path) -> dict[str, str]:
    """Write one member, in half precision, from one and the same rounded weights."""
    network = build_small("unet")
    if not isinstance(network, UNet):
        msg = "only our own network is shipped"
        raise TypeError(msg)
    path = Path(f"runs/{name}/fold-{fold}/average-{step}.safetensors")
    network.load_state_dict(load_file(str(path)))
    checkpoint = folder / f"member-{fold}.safetensors"
    save_network(network, checkpoint, half=True)
    rounded = load_checkpoint(checkpoint)
    sha256 = export_network(rounded, folder / f"member-{fold}.xml", half=True)
    return {
        "ir": f"member-{fold}.xml",
        "sha256": sha256,
        "safetensors": checkpoint.name,
        "safetensors_sha256": hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
    }


def main() -> None:
    """Export, and write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--step", type=int, required=True)
    options = parser.parse_args()
    folder = weights_folder("tumor")
    folder.mkdir(parents=True, exist_ok=True)
    members = [export_member(options.name, options.step, fold, folder) for fold in range(5)]
    lines = read_scores(options.name, options.step)
    whole = [
        x["dice"][str(REGIONS[0])]
        for x in lines
        if len(x["dice"]) == 1 and x["subset"] == "t1+t1c+flair"
    ]
    card = {
        "name": "tumor",
        "version": VERSION,
        "summary": "Enhancing tumor, core and whole tumor from any of T1, T1c, T2 and FLAIR;"
        " mean of five small U-Nets.",
        "license": "Apache-2.0",
        "members": members,
        "spacing_mm": SPACING_MM,
        "margin_mm": 3.0,
        "stride": 16,
        "channels": [str(sequence) for sequence in Sequence],
        "outputs": [str(region) for region in REGIONS],
        "normalization": "glioscope.preparation.robust_zscore",
        "rules": json.loads(RULES),
        "expected_dice": expected_dice(lines),
        "whole_tumor_dice_tcga_lgg": [round(v, 4) for v in _interval(whole)] if whole else None,
        "data": "14 BraTS and 4 BraTS 2013 patients with all labels, 19 TCGA-LGG patients with the"
        " FLAIR abnormality only",
        "split": "experiments/split.json: five folds by patient",
        "command": f"see experiments/log.md; experiments/export_tumor.py {options.name}"
        f" --step {options.step}",
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(f"{folder.name}: {size:.1f} MB", json.dumps(card["expected_dice"]["t1+t1c+t2+flair"]))


def _interval(values: list[float]) -> tuple[float, float, float]:
    found = bootstrap_interval(list(np.asarray(values, dtype=float)))
    return found.mean, found.low, found.high


if __name__ == "__main__":
    main()
