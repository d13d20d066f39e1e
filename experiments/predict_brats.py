"""Predict the BraTS patients at hand: `python experiments/predict_brats.py`.

Each is taken through the product twice, with the expert's outline and with the product's own, and
its features are compared with the training patients' domain.  Two of them are patients of
UCSF-PDGM, which the models learned from: they are told apart and left out of the counts.  Writes
`experiments/results/prediction_brats.json`.
"""

from __future__ import annotations

import csv
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from glioscope.core import Assessment, Case, Label, Patient, Segmentation, Target
from glioscope.io import read_labels, read_study
from glioscope.pipeline import AnalyzeConfig
from glioscope.pipeline.patient import find
from glioscope.pipeline.predict import assess_findings
from glioscope.prediction import inputs_from_findings, load_model, used_images
from glioscope.preparation import prepare, resampled_mask
from glioscope.segmentation import segment

DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
RESULTS = Path(__file__).parent / "results" / "prediction_brats.json"


def truths() -> list[dict[str, str]]:
    """Return the table of the patients behind the cases."""
    with (DATA / "tables" / "brats_cases_14.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def predicted(row: dict[str, str]) -> dict[str, Any]:
    """Take one case through the product with both outlines."""
    folder = DATA / "brats" / row["case"]
    sex = {"M": "M", "F": "F"}.get(row["sex"][:1])
    patient = Patient(age_years=float(row["age"]) if row["age"] else None, sex=sex)
    case = prepare(read_study(folder))
    outlines = {"expert": expert(case, folder), "product": segment(case)}
    result: dict[str, Any] = {
        "case": row["case"],
        "trained_on": row["tcia"].startswith("UCSF-PDGM"),
        "truth": {"idh": row["idh"], "codeletion": row["codel"], "grade": row["grade"][-1:]},
    }
    for name, segmentation in outlines.items():
        findings = find(case, segmentation, AnalyzeConfig())
        inputs = inputs_from_findings(findings, patient)
        images = used_images(inputs)
        domain = load_model().domain
        result[name] = {
            "groups": inputs.groups,
            "distance": domain.distance(inputs, images) if images else None,
            "limit": domain.limits.get("+".join(images)),
            **told(assess_findings(findings, patient)),
        }
    return result


def expert(case: Case, folder: Path) -> Segmentation:
    """Return the expert's labels on the case's grid."""
    published = read_labels(next(path for path in folder.iterdir() if "seg" in path.name))
    labels = np.zeros(case.brain.shape, dtype=np.uint8)
    for label in (Label.NECROSIS, Label.EDEMA, Label.ENHANCING):
        part = resampled_mask(published.with_data(published.data == label), like=case.brain)
        labels[part.data] = label
    return Segmentation(case_id=case.case_id, labels=case.brain.with_data(labels))


def told(assessment: Assessment) -> dict[str, Any]:
    """Return the probabilities."""
    if assessment.abstained is not None:
        return {"abstained": assessment.abstained}
    asked = ((Target.IDH, "mutant"), (Target.GRADE, "4"), (Target.CODELETION, "codeleted"))
    found: dict[str, Any] = {}
    for target, name in asked:
        prediction = assessment.predictions[target]
        own = next(outcome for outcome in prediction.outcomes if outcome.name == name)
        found[f"{target} {name}"] = round(own.probability, 4)
        found[f"{target} set"] = list(prediction.prediction_set)
    return found


def main() -> None:
    """Predict all and write what came out."""
    rows = truths()
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(predicted, rows))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for one in found:
        for name in ("expert", "product"):
            own = one[name]
            print(one["case"], name, one["truth"], f"{own['distance']} of {own['limit']}", own)


if __name__ == "__main__":
    main()
