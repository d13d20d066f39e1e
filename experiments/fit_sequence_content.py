"""Fit the model that tells T1, T1c, T2 and FLAIR by content, and measure it leaving patients out.

    .venv/bin/python experiments/fit_sequence_content.py --features features.json

The features of each image are kept in the JSON file, so that a second run only fits.
Data: the folder of GLIOSCOPE_DATA (brats, brats2013, tcga_lgg, raw), 4 sequences at most a patient.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from glioscope.core import CaseError, Sequence, Study, Volume, weights_folder
from glioscope.io import read_study
from glioscope.preparation import foreground_mask, is_stripped, register_rigid, resampled
from glioscope.preparation.brain import extract_brain
from glioscope.preparation.content import FEATURES, ContentModel, content_features, told_apart
from glioscope.preparation.fit import lay_over

RIDGE = 0.3
CONFIDENT = 0.9
ORDER = tuple(Sequence)
Floats = npt.NDArray[np.float64]


def patients(data: Path) -> Iterator[tuple[str, Path]]:
    """Yield pseudonym and folder; the raw patient is one of tcga_lgg and carries that name."""
    for group in ("brats", "brats2013", "tcga_lgg"):
        for folder in sorted((data / group).iterdir()):
            yield folder.name, folder
    yield "TCGA-FG-6692", data / "raw" / "TCGA-FG-6692" / "series"


def rows_of(patient: str, folder: Path) -> list[dict[str, Any]]:
    """Return one row an image: patient, sequence by name, features."""
    study = read_study(folder)
    by_name = {s.declared: s.volume for s in study.series if s.declared is not None}
    name = Sequence.T1C if Sequence.T1C in by_name else next(iter(by_name))
    reference = by_name[name]
    stripped = is_stripped(reference)
    brain = foreground_mask(reference) if stripped else _extracted(reference, study)
    tissues = lay_over(reference, brain=brain)
    rows = []
    for sequence, image in by_name.items():
        moved = None if stripped or sequence is name else _aligned(image, reference)
        placed = resampled(image, like=tissues.brain, to_reference=moved, outside=float("nan"))
        features = content_features(placed, tissues)
        if features is not None:
            rows.append(
                {"patient": patient, "sequence": str(sequence), "features": features.tolist()}
            )
    return rows


def _extracted(head: Volume, study: Study) -> Volume:
    return partial(extract_brain, case_id=study.case_id)(head)


def _aligned(image: Volume, reference: Volume) -> Floats:
    return register_rigid(image, fixed=reference).to_fixed


def fit(features: Floats, truth: npt.NDArray[np.int_]) -> ContentModel:
    """Fit a ridge-penalized multinomial logistic regression; the constant is not penalized."""
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-9
    design = np.column_stack([(features - mean) / deviation, np.ones(len(features))])
    target = np.eye(len(ORDER))[truth]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(-1, len(ORDER))
        logits = design @ weights
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        penalized = weights.copy()
        penalized[-1] = 0.0
        value = -float((target * logits).sum()) + 0.5 * RIDGE * float((penalized**2).sum())
        return value, (design.T @ (np.exp(logits) - target) + RIDGE * penalized).ravel()

    start = np.zeros(design.shape[1] * len(ORDER))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    classes = [features[truth == n] for n in range(len(ORDER))]
    return ContentModel(
        mean=mean,
        deviation=deviation,
        weights=found.x.reshape(-1, len(ORDER)),
        typical=np.array([one.mean(axis=0) for one in classes]),
        spread=np.array([one.std(axis=0) for one in classes]),
    )


def left_out(rows: list[dict[str, Any]]) -> tuple[Floats, Floats]:
    """Return the probabilities of each image by a model that has not seen its patient.

    First each image alone, then with T1 and T1c of a patient told apart together.
    """
    features, truth, names = _arrays(rows)
    alone = np.zeros((len(rows), len(ORDER)))
    for patient in np.unique(names):
        held = names == patient
        model = fit(features[~held], truth[~held])
        alone[held] = [model.probabilities(one) for one in features[held]]
    together = alone.copy()
    for first, row in enumerate(rows):
        for second in range(first + 1, len(rows)):
            pair = {row["sequence"]: first, rows[second]["sequence"]: second}
            if row["patient"] == rows[second]["patient"] and set(pair) == {"t1", "t1c"}:
                joint = told_apart(alone[pair["t1"]], alone[pair["t1c"]])
                together[pair["t1"]] = joint[Sequence.T1]
                together[pair["t1c"]] = joint[Sequence.T1C]
    return alone, together


def _arrays(
    rows: list[dict[str, Any]],
) -> tuple[Floats, npt.NDArray[np.int_], npt.NDArray[np.str_]]:
    return (
        np.array([row["features"] for row in rows]),
        np.array([ORDER.index(Sequence(row["sequence"])) for row in rows]),
        np.array([row["patient"] for row in rows]),
    )


def report(title: str, probs: Floats, truth: npt.NDArray[np.int_]) -> dict[str, float]:
    """Print and return the figures."""
    said, sure = probs.argmax(axis=1), probs.max(axis=1) >= CONFIDENT
    weighting, true_weighting = (np.where(one == 1, 0, one) for one in (said, truth))
    figures = {
        "images": len(truth),
        "right": float((said == truth).mean()),
        "right_weighting": float((weighting == true_weighting).mean()),
        "sure": float(sure.mean()),
        "sure_and_wrong": int((sure & (said != truth)).sum()),
    }
    if "together" in title:
        pairs = truth <= 1
        figures["t1_or_t1c_sure_and_right"] = float((sure & (said == truth))[pairs].mean())
    print(title, {name: round(value, 3) for name, value in figures.items()})
    return figures


def main() -> None:
    """Compute what is missing of the features, fit, measure, write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=Path, required=True, help="JSON, made if missing")
    options = parser.parse_args()
    kept = json.loads(options.features.read_text()) if options.features.is_file() else {}
    data = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
    for patient, folder in patients(data):
        key = f"{folder.parent.name}/{folder.name}"
        if key not in kept:
            try:
                kept[key] = rows_of(patient, folder)
            except CaseError as error:
                print(f"{key}: {error}")
                continue
            options.features.write_text(json.dumps(kept))
    rows = [row for found in kept.values() for row in found]
    features, truth, names = _arrays(rows)
    alone, together = left_out(rows)
    model = fit(features, truth)
    card = {
        "name": "sequence",
        "version": "1",
        "features": list(FEATURES),
        "mean": model.mean.round(6).tolist(),
        "deviation": model.deviation.round(6).tolist(),
        "weights": model.weights.round(6).tolist(),
        "typical": model.typical.round(6).tolist(),
        "spread": model.spread.round(6).tolist(),
        "patients": len(np.unique(names)),
        "left_out_alone": report("each alone:", alone, truth),
        "left_out_together": report("T1 and T1c together:", together, truth),
        "command": "experiments/fit_sequence_content.py --features features.json",
        "licence": "Apache-2.0",
    }
    path = weights_folder("sequence") / "card.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
