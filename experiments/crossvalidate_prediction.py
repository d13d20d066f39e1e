"""Score the predictors out of fold: `python experiments/crossvalidate_prediction.py`.

Reads UCSF-PDGM's tables below `GLIOSCOPE_DATA`, cross-validates every pattern of inputs (5 folds, 5
repeats, nested) and writes `experiments/results/prediction.json`: aggregated figures only, from
which `train_prediction.py` makes the model's card and `tabulate_prediction.py` the page.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter

from glioscope.core import Target
from glioscope.evaluation import (
    auc,
    bootstrap_metric,
    calibration,
    calibration_at,
    harrell_c,
    integrated_brier,
    kaplan_meier,
    log_rank,
    selective_accuracy,
)
from glioscope.learning.tables.crossvalidation import (
    HeldOut,
    HeldOutSurvival,
    cross_validate,
    cross_validate_survival,
    probabilities_of,
    truth,
)
from glioscope.learning.tables.lines import Bools, Floats, Ints
from glioscope.learning.tables.mgmt import mgmt_evidence
from glioscope.learning.tables.other_cohorts import read_tcga
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.scores import (
    auc_gain,
    auc_interval,
    coverage_of,
    evidence_of,
    over_repeats,
    questions,
    right_and_sure,
    survival_evidence,
    told_evidence,
    uno_interval,
)
from glioscope.learning.tables.survival import (
    SURVIVAL_DAYS,
    kps_effect,
    outcome,
)
from glioscope.learning.tables.ucsf import read_ucsf
from glioscope.prediction import OUTCOMES, PATTERNS, SURVIVAL_PATTERNS
from prediction_scores import tables

DATA = "UCSF-PDGM"
RESULTS = Path(__file__).parent / "results" / "prediction.json"
BASE = ("age", "sex")
FULL = PATTERNS[0]
Patients = Sequence[LabeledPatient]
Repeats = list[list[HeldOut]]


def pattern_scores(patients: Patients, found: dict[tuple[str, ...], Repeats]) -> dict[str, Any]:
    """Score every pattern: evidence, and the gain over age and sex."""
    scores: dict[str, Any] = {}
    for groups, held_out in found.items():
        evidence = evidence_of(patients, held_out, found[BASE], data=DATA)
        gains = {
            str(target): asdict(auc_gain(question, held_out, found[BASE]).difference)
            for target, question in questions(patients).items()
        }
        scores["+".join(groups)] = {
            "evidence": {str(target): asdict(one) for target, one in evidence.items()},
            "evidence_told": {
                idh: {str(target): asdict(one) for target, one in told.items()}
                for idh in ("mutant", "wildtype")
                for told in (told_evidence(patients, held_out, found[BASE], idh=idh, data=DATA),)
            },
            "gain": gains,
        }
    return scores


def oligodendroglioma(patients: Patients, held_out: Repeats) -> dict[str, Any]:
    """Score 1p/19q against the entity: "relative co-deletion" of an astrocytoma does not count."""
    labels = np.array([bool(p.entity and p.entity.codeleted) for p in patients])
    scores = probabilities_of(held_out, Target.CODELETION, "codeleted")
    return asdict(bootstrap_metric(over_repeats(auc), labels, scores))


def reliability(patients: Patients, held_out: Repeats) -> dict[str, Any]:
    """Return the reliability curves of the first repeat, and Brier scores of all."""
    found = {}
    for target, question in questions(patients).items():
        columns = probabilities_of(held_out, target, question.outcome)[question.asked]
        labels = question.labels[question.asked]
        each = [calibration(labels, column, bins=10) for column in columns.T]
        mass = calibration(labels, columns.mean(axis=1), bins=8, equal_mass=True)
        rng = np.random.default_rng(0)
        perfect = [
            calibration(rng.random(len(labels)) < column, column).expected_calibration_error
            for column in columns.T
            for _ in range(100)
        ]
        found[str(target)] = {
            "ece": float(np.mean([one.expected_calibration_error for one in each])),
            "ece_of_a_perfect_model": float(np.mean(perfect)),
            "brier": float(np.mean([one.brier for one in each])),
            "bins": [asdict(one) for one in mass.bins],
        }
    return found


def without_bins(scores: dict[str, Any]) -> dict[str, Any]:
    """Return the errors alone."""
    return {
        target: {name: value for name, value in own.items() if name != "bins"}
        for target, own in scores.items()
    }


def subgroups(patients: Patients, held_out: Repeats) -> dict[str, Any]:
    """Return the AUC of IDH and grade 4 by sex and age, and of IDH in grade 4."""
    ages = np.array([p.inputs.age_years or 0 for p in patients])
    sexes = np.array([p.inputs.sex for p in patients])
    members = {
        "women": sexes == "F",
        "men": sexes == "M",
        "younger than 50": ages < 50,
        "50 to 64": (ages >= 50) & (ages < 65),
        "65 and older": ages >= 65,
        "grade 4 only": np.array([p.grade == 4 for p in patients]),
    }
    found: dict[str, Any] = {}
    for name, own in members.items():
        found[name] = {"patients": int(own.sum())}
        for target, question in questions(patients).items():
            asked = own & question.asked
            labels = question.labels[asked]
            if target is Target.CODELETION or min(labels.sum(), (~labels).sum()) < 5:
                continue
            part = replace(question, asked=asked)
            found[name][str(target)] = asdict(auc_interval(part, held_out)) | {
                "positives": int(labels.sum())
            }
    return found


def selective(patients: Patients, held_out: Repeats) -> dict[str, Any]:
    """Return the accuracy on the most confident 100%, 90% and 75%."""
    found = {}
    for target in OUTCOMES:
        right, sure = right_and_sure(patients, held_out, target)
        each = [selective_accuracy(r, s) for r, s in zip(right, sure, strict=True)]
        found[str(target)] = {
            f"{coverage:.0%}": float(np.mean([one[coverage] for one in each]))
            for coverage in each[0]
        }
    return found


def accuracies(patients: Patients, found: dict[tuple[str, ...], Repeats]) -> dict[str, Any]:
    """Return the accuracy of the most probable outcome, and of always naming the most frequent."""
    scores: dict[str, Any] = {}
    for target in OUTCOMES:
        counts = Counter(truth(patient, target) for patient in patients)
        own: dict[str, Any] = {"majority": max(counts.values()) / len(patients)}
        for groups in (BASE, (*BASE, "shape"), FULL):
            right, _ = right_and_sure(patients, found[groups], target)
            own["+".join(groups)] = asdict(bootstrap_metric(_mean, right.T))
        scores[str(target)] = own
    return scores


def _mean(rows: Floats) -> float:
    return float(np.mean(rows))


def survival_scores(patients: Patients, found: dict[str, list[HeldOutSurvival]]) -> dict[str, Any]:
    """Score risks and curves, of all patients and of the IDH-wildtype."""
    days, died = outcome(patients)
    wildtype = np.array([not p.idh_mutant for p in patients])
    scores: dict[str, Any] = {}
    for name, held_out in found.items():
        own = [patients[i] for i in np.flatnonzero(wildtype)]
        part = [
            HeldOutSurvival(risk=one.risk[wildtype], survival=one.survival[wildtype])
            for one in held_out
        ]
        times = list(SURVIVAL_DAYS[1:49])
        scores[name] = {
            "harrell": _harrell(patients, held_out),
            "uno": asdict(uno_interval(patients, held_out)),
            "harrell_wildtype": _harrell(own, part),
            "uno_wildtype": asdict(uno_interval(own, part)),
            "integrated_brier_4_years": float(
                np.mean(
                    [
                        integrated_brier(days, died, days, died, one.survival[:, 1:49], times)
                        for one in held_out
                    ]
                )
            ),
            "calibration": {
                str(month): [
                    asdict(group)
                    for group in calibration_at(
                        days, died, held_out[0].survival[:, month], SURVIVAL_DAYS[month]
                    )
                ]
                for month in (12, 24)
            },
        }
    return scores


def risk_groups(patients: Patients, held_out: Sequence[HeldOutSurvival]) -> dict[str, Any]:
    """Return the Kaplan-Meier curves of the thirds of predicted risk, held out."""
    days, died = outcome(patients)
    risk = held_out[0].risk
    third = np.digitize(risk, np.quantile(risk, [1 / 3, 2 / 3]))
    curves = [kaplan_meier(days[third == g], died[third == g]) for g in range(3)]
    return {
        "log_rank_p": log_rank(*((days[third == g], died[third == g]) for g in range(3))),
        "hazard_ratio_high_to_low": _hazard_ratio(days, died, third),
        "curves": [
            {
                "patients": int((third == g).sum()),
                "days": curve.times_days.tolist(),
                "survival": [round(value, 4) for value in curve.survival.tolist()],
            }
            for g, curve in enumerate(curves)
        ],
    }


def _harrell(patients: Patients, held_out: Sequence[HeldOutSurvival]) -> dict[str, Any]:
    days, died = outcome(patients)
    risks = np.stack([one.risk for one in held_out], axis=1)

    def mean(own_days: Floats, own_died: Bools, own_risks: Floats) -> float:
        return float(np.mean([harrell_c(own_days, own_died, risk) for risk in own_risks.T]))

    return asdict(bootstrap_metric(mean, days, died, risks, resamples=500))


def _hazard_ratio(days: Floats, died: Bools, third: Ints) -> dict[str, float]:
    own = third != 1
    table = pd.DataFrame({"high": (third[own] == 2) * 1.0, "days": days[own], "died": died[own]})
    fitted = CoxPHFitter().fit(table, "days", "died").summary.loc["high"]
    return {
        "value": float(fitted["exp(coef)"]),
        "low": float(fitted["exp(coef) lower 95%"]),
        "high": float(fitted["exp(coef) upper 95%"]),
    }


def survival_cases(patients: Patients, repeats: int) -> dict[str, list[HeldOutSurvival]]:
    """Cross-validate survival: by pattern alone, and with entity, resection and MGMT told."""
    found = {}
    for groups in SURVIVAL_PATTERNS:
        run = partial(cross_validate_survival, patients, groups, repeats=repeats)
        name = "+".join(groups)
        found[name] = run(known=False, clinical=False)
        found[f"{name} | clinic"] = run(known=False, clinical=True)
        found[f"{name} | entity"] = run(known=True, clinical=False)
        found[f"{name} | entity, clinic"] = run(known=True, clinical=True)
    return found


def main() -> None:
    """Score everything and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    patients = read_ucsf(tables())
    print(f"{len(patients)} patients", flush=True)
    with ProcessPoolExecutor(2) as pool:
        one = partial(cross_validate, patients, repeats=options.repeats)
        found = dict(zip(PATTERNS, pool.map(one, PATTERNS), strict=True))
    without_sex = [replace(p, inputs=replace(p.inputs, sex=None)) for p in patients]
    sexless = cross_validate(without_sex, FULL, repeats=options.repeats)
    raw = cross_validate(patients, FULL, repeats=options.repeats, calibrate=False)
    full = found[FULL]
    results: dict[str, Any] = {
        "patients": len(patients),
        "repeats": options.repeats,
        "patterns": pattern_scores(patients, found),
        "oligodendroglioma": {
            "ours": oligodendroglioma(patients, full),
            "age and sex": oligodendroglioma(patients, found[BASE]),
        },
        "sex_gain": {
            str(target): round(auc_interval(q, full).mean - auc_interval(q, sexless).mean, 4)
            for target, q in questions(patients).items()
        },
        "reliability": reliability(patients, full),
        "uncalibrated": without_bins(reliability(patients, raw)),
        "coverage": {str(t): dict(coverage_of(patients, full, t)) for t in OUTCOMES},
        "selective": selective(patients, full),
        "accuracy": accuracies(patients, found),
        "subgroups": subgroups(patients, full),
        "mgmt": asdict(mgmt_evidence(patients, data=DATA, repeats=options.repeats)),
    }
    print("markers scored", flush=True)
    told = [p for p in patients if p.os_days is not None]
    cases = survival_cases(told, options.repeats)
    base = cases["+".join(BASE)]
    results["survival"] = survival_scores(told, cases)
    results["survival_evidence"] = {
        name: asdict(survival_evidence(told, held_out, base, data=DATA))
        for name, held_out in cases.items()
    }
    best = "+".join(SURVIVAL_PATTERNS[0])
    results["risk_groups"] = risk_groups(told, cases[f"{best} | entity, clinic"])
    per_ten, mean, count = kps_effect(read_tcga(tables()))
    results["kps"] = {"log_hazard_per_ten": per_ten, "mean": mean, "patients": count}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(RESULTS)


if __name__ == "__main__":
    main()
