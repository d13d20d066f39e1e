"""Choose thresholds and smallest volumes on out-of-fold probabilities.

`python experiments/evaluate_tumor.py NAME --step N --keep runs/probs`, then
`python experiments/tune_rules.py runs/probs`.  Prints mean Dice for each choice; few numbers are
chosen from few candidates over 18 patients, and the plain choice (0.5, nothing dropped) is
printed beside them, so that it can be seen how much was gained by choosing.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluate_tumor import load_case
from glioscope.core import REGION_LABELS, Region
from glioscope.evaluation import dice
from glioscope.learning.sample import REGIONS
from glioscope.segmentation import Rules

VOXEL_ML = 0.001
Patients = dict[
    tuple[str, str], tuple[dict[Region, npt.NDArray[np.float32]], npt.NDArray[np.uint8]]
]


def main() -> None:
    """Print a table of choices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    patients = _load(folder)
    for region, index in ((Region.WT, 0), (Region.TC, 1), (Region.ET, 2)):
        for value in (0.3, 0.4, 0.5, 0.6, 0.7):
            threshold = dict.fromkeys(REGIONS, 0.5) | {region: value}
            print(
                region,
                "threshold",
                value,
                _means(
                    patients,
                    Rules(threshold=threshold, smallest_lesion_ml=0.0, smallest_enhancing_ml=0.0),
                )[index],
            )
    for lesion, enhancing in itertools.product((0.0, 0.5, 2.0, 5.0), (0.0, 0.2, 0.5, 1.0)):
        rules = Rules(
            threshold=dict.fromkeys(REGIONS, 0.5),
            smallest_lesion_ml=lesion,
            smallest_enhancing_ml=enhancing,
        )
        print("smallest", lesion, enhancing, _means(patients, rules))


def _load(folder: Path) -> Patients:
    patients: Patients = {}
    for path in sorted(folder.glob("*.npz")):
        name, _, subset = path.stem.rpartition("-")
        case = load_case(name)
        if not case["known"].all():
            continue
        box = tuple(slice(a.min(), a.max() + 1) for a in np.nonzero(case["brain"]))
        with np.load(path) as arrays:
            probs = arrays["probs"][(slice(None), *box)].astype(np.float32) / 255
        patients[name, subset] = (dict(zip(REGIONS, probs, strict=True)), case["truth"][box])
    return patients


def _means(patients: Patients, rules: Rules) -> list[float]:
    scores = []
    for probs, truth in patients.values():
        labels = rules(probs, voxel_ml=VOXEL_ML)
        scores.append(
            [
                dice(np.isin(labels, REGION_LABELS[r]), np.isin(truth, REGION_LABELS[r]))
                for r in REGIONS
            ]
        )
    return [round(float(value), 3) for value in np.mean(scores, axis=0)]


if __name__ == "__main__":
    main()
