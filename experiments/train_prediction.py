"""Train the predictors that ship: `python experiments/train_prediction.py`.

Learns on all patients of UCSF-PDGM's tables, takes the figures that `crossvalidate_prediction.py`
measured, and writes `model.json`, `card.json` and `card.md` to the package's weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from string import Template
from typing import Any

from crossvalidate_prediction import RESULTS
from glioscope.core import Evidence, Target, weights_folder
from glioscope.explanation import with_reasons
from glioscope.learning.tables.assemble import Measured, learn
from glioscope.learning.tables.other_cohorts import read_tcga
from glioscope.learning.tables.ucsf import read_ucsf
from glioscope.prediction import FILE, PATTERNS, SURVIVAL_PATTERNS, PredictionModel, assess
from prediction_scores import tables

VERSION = "1"
CARD = Path(__file__).parent / "prediction_card.template.md"


def train(results: dict[str, Any]) -> PredictionModel:
    """Return the model with the measured figures in it."""
    told = results["survival_evidence"]
    measured = Measured(
        mgmt=Evidence(**results["mgmt"]),
        evidence={
            groups: {
                Target(target): Evidence(**figures)
                for target, figures in results["patterns"]["+".join(groups)]["evidence"].items()
            }
            for groups in PATTERNS
        },
        evidence_told={
            groups: {
                idh: {Target(target): Evidence(**figures) for target, figures in own.items()}
                for idh, own in results["patterns"]["+".join(groups)]["evidence_told"].items()
            }
            for groups in PATTERNS
        },
        survival={
            groups: {
                facts: Evidence(**told[_case(groups, facts)])
                for facts in ("", "clinic", "entity", "entity, clinic")
            }
            for groups in SURVIVAL_PATTERNS
        },
        sex_gain={Target(target): gain for target, gain in results["sex_gain"].items()},
    )
    return learn(read_ucsf(tables()), read_tcga(tables()), measured, version=VERSION)


def _case(groups: tuple[str, ...], facts: str) -> str:
    return "+".join(groups) + (f" | {facts}" if facts else "")


def mean_reasons(model: PredictionModel) -> dict[str, dict[str, float]]:
    """Return the mean size of each group's Shapley value over the training patients."""
    sums: dict[str, dict[str, float]] = {}
    patients = read_ucsf(tables())
    for patient in patients:
        assessment = with_reasons(assess(patient.inputs, model=model), patient.inputs, model=model)
        if assessment.abstained or assessment.survival is None:
            continue
        found = {str(t): p.reasons for t, p in assessment.predictions.items() if p.explained}
        found["survival"] = assessment.survival.reasons
        for name, reasons in found.items():
            own = sums.setdefault(name, {})
            for reason in reasons:
                own[reason.group] = own.get(reason.group, 0.0) + abs(reason.contribution)
    return {
        name: {group: round(total / len(patients), 4) for group, total in own.items()}
        for name, own in sums.items()
    }


def card_text(results: dict[str, Any]) -> str:
    """Return the card with its figures filled in."""
    full = results["patterns"]["+".join(PATTERNS[0])]["evidence"]
    survival = results["survival"]
    best = "+".join(SURVIVAL_PATTERNS[0])
    figures = {f"auc_{name}": _auc(full[target]) for name, target in _TARGETS.items()}
    figures["auc_oligodendroglioma"] = _mean(results["oligodendroglioma"]["ours"])
    figures["auc_mgmt"] = _auc(results["mgmt"])
    figures["patients"] = str(results["patients"])
    figures["coverage"] = ", ".join(
        f"{target} {rates['all']:.1%}" for target, rates in results["coverage"].items()
    )
    figures["c_image"] = _mean(survival[best]["harrell"])
    figures["c_told"] = _mean(survival[f"{best} | entity, clinic"]["harrell"])
    figures["kps_patients"] = str(results["kps"]["patients"])
    return Template(CARD.read_text(encoding="utf-8")).substitute(figures)


_TARGETS = {"idh": "idh", "grade": "grade", "codeletion": "1p19q"}


def _auc(figures: dict[str, Any]) -> str:
    return f"{figures['value']:.3f} ({figures['low']:.3f} to {figures['high']:.3f})"


def _mean(interval: dict[str, Any]) -> str:
    return f"{interval['mean']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def main() -> None:
    """Train, and write model and card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=weights_folder("prediction"))
    folder: Path = parser.parse_args().output
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    model = train(results)
    data = (json.dumps(model.to_json(), separators=(",", ":")) + "\n").encode()
    reasons = json.dumps(mean_reasons(model), indent=1) + "\n"
    RESULTS.with_name("prediction_reasons.json").write_text(reasons, encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(data)
    card = {
        "name": "prediction",
        "version": VERSION,
        "summary": "Entity and grade (WHO CNS 2021), IDH, 1p/19q and survival from shape, T1c"
        " ratios, age and sex; tells that MGMT is not told",
        "license": "Apache-2.0",
        "sha256": hashlib.sha256(data).hexdigest(),
        "command": "python experiments/crossvalidate_prediction.py; python"
        " experiments/train_prediction.py",
        "data": "UCSF-PDGM version 5 (TCIA, CC BY 4.0); TCGA (cBioPortal lgggbm_tcga_pub) for the"
        " Karnofsky status",
        "patients": results["patients"],
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(card_text(results), encoding="utf-8")
    print(f"{len(data) / 1e6:.2f} MB: {folder}")


if __name__ == "__main__":
    main()
