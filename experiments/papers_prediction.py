"""Repeat what two papers did to the labels: `python experiments/papers_prediction.py`.

Visual pathway: MGMT imputed by CatBoost, survival scaled to 0..1 and learned with Huber's loss, one
70:20:10 split.  ResNet with shape: low or high grade, a missing survival filled by a trimmed mean,
7:3.  Here on UCSF-PDGM, over 20 splits, beside the majority class or the median and beside the
published figures.  Writes `experiments/results/prediction_papers.json` and prints Markdown;
``--markdown`` prints it again without the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import HuberRegressor
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from candidates_prediction import learn_catboost, learn_lines
from glioscope.core import Entity, InputError, Target
from glioscope.evaluation import auc, bootstrap_metric, kaplan_meier, log_rank
from glioscope.learning.tables.joint import FitConfig, entity_of, fit_pattern, strata
from glioscope.learning.tables.lines import Bools, Floats, Ints
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.survival import outcome
from glioscope.learning.tables.ucsf import read_ucsf
from glioscope.prediction import PATTERNS, Joint, marginal
from prediction_scores import Row, figures, measure_and_print, rows_of, spreads, tables, text

RESULTS = Path(__file__).parent / "results" / "prediction_papers.json"
FULL = PATTERNS[0]
SEEDS = 20
DAYS_A_MONTH = 365.25 / 12
PUBLISHED = {
    "IDH accuracy": 0.8722,
    "MGMT accuracy": 0.7675,
    "grade accuracy": 0.84,
    "type accuracy": 0.8926,
    "survival MAE, scaled": 0.2792,
    "LGG / HGG AUC": 0.9684,
    "LGG / HGG accuracy": 0.9936,
}
TYPES: Mapping[str, tuple[Entity, ...]] = {
    "glioblastoma": (Entity.GLIOBLASTOMA_4,),
    "astrocytoma, mutant": (Entity.ASTROCYTOMA_2, Entity.ASTROCYTOMA_3, Entity.ASTROCYTOMA_4),
    "oligodendroglioma": (Entity.OLIGODENDROGLIOMA_2, Entity.OLIGODENDROGLIOMA_3),
    "astrocytoma, wildtype": (Entity.OTHER,),
}
Patients = Sequence[LabeledPatient]


def splits(patients: Patients, *, test: float, validation: float) -> Iterator[tuple[Ints, Ints]]:
    """Yield training and test patients, the entities spread evenly.

    The validation share is set aside and not used: what is chosen is chosen by inner folds.
    """
    names = np.array(strata([entity_of(p) for p in patients]))
    for seed in range(SEEDS):
        rest, held = train_test_split(
            np.arange(len(patients)), test_size=test, stratify=names, random_state=seed
        )
        if validation:
            rest, _ = train_test_split(
                rest, test_size=validation / (1 - test), stratify=names[rest], random_state=seed
            )
        yield rest, held


def accuracy(labels: Bools, probabilities: Floats) -> float | None:
    """Return the accuracy at 0.5; none of nobody."""
    return float(np.mean((probabilities > 0.5) == labels)) if len(labels) else None


def area(labels: Bools, scores: Floats) -> float | None:
    """Return the AUC; none of one class."""
    try:
        return auc(labels, scores)
    except InputError:
        return None


def majority(labels: Bools) -> float:
    """Return the accuracy of the commoner answer among these very patients."""
    return float(max(labels.mean(), 1 - labels.mean()))


def vectors(patients: Patients, groups: tuple[str, ...] = FULL) -> Floats:
    """Return the features, shape ``(N, F)``."""
    return np.stack([p.inputs.vector(groups) for p in patients])


def clinical_columns(patients: Patients) -> Floats:
    """Return what MGMT is imputed from: age, sex, type, grade, IDH and survival."""
    rows = [
        [
            *p.inputs.vector(("age", "sex")),
            *(entity_of(p) in members for members in TYPES.values()),
            p.grade or 0,
            bool(p.idh_mutant),
            np.nan if p.os_days is None else p.os_days,
            bool(p.died),
        ]
        for p in patients
    ]
    return np.array(rows, dtype=np.float64)


def mgmt_rows(patients: Patients) -> list[Row]:
    """Learn MGMT from images with imputed labels, one row a split."""
    tested = np.array([p.mgmt_methylated is not None for p in patients])
    methylated = np.array([bool(p.mgmt_methylated) for p in patients])
    features, columns = vectors(patients), clinical_columns(patients)
    rows = []
    for seen, held in splits(patients, test=0.1, validation=0.2):
        own, real = seen[tested[seen]], held[tested[held]]
        imputed = learn_catboost(columns[own], methylated[own], columns)
        labels = np.where(tested, methylated, imputed > 0.5)
        found = np.zeros(len(patients))
        found[held] = learn_lines(features[seen], labels[seen], features[held])
        found_real = learn_lines(features[own], methylated[own], features[real])
        filled = held[~tested[held]]
        rows.append(
            {
                "test patients": float(len(held)),
                "really labeled": float(len(real)),
                "accuracy, really labeled": accuracy(labels[real], found[real]),
                "accuracy, with imputed labels": accuracy(labels[held], found[held]),
                "accuracy, imputed labels only": accuracy(labels[filled], found[filled]),
                "majority, really labeled": majority(labels[real]),
                "majority, with imputed labels": majority(labels[held]),
                "AUC, really labeled": area(labels[real], found[real]),
                "AUC, with imputed labels": area(labels[held], found[held]),
                "AUC, really labeled, learned without imputed": area(labels[real], found_real),
                "imputed as methylated": float(labels[~tested].mean()),
                "AUC of the imputer, really labeled": area(labels[real], imputed[real]),
            }
        )
    return rows


def grades_of(joint: Joint, features: Floats) -> dict[int, float]:
    """Return the probability of grades 2, 3 and 4 under the microscope."""
    found = marginal(joint.distribution(features), Target.GRADE)
    share = {2: joint.other_grade_2, 3: 1 - joint.other_grade_2, 4: 0.0}
    return {grade: found[str(grade)] + found["none"] * part for grade, part in share.items()}


def marker_rows(patients: Patients) -> list[Row]:
    """Predict IDH, grade and type as the first paper counts them, one row a split."""
    kinds = np.array([list(TYPES).index(_type_of(p)) for p in patients])
    grades = np.array([p.grade for p in patients])
    mutant = np.array([bool(p.idh_mutant) for p in patients])
    rows = []
    for seen, held in splits(patients, test=0.1, validation=0.2):
        joint = fit_pattern([patients[i] for i in seen], FULL, FitConfig(repeats=2)).joint
        x = vectors([patients[i] for i in held])
        spread_out = [joint.distribution(row) for row in x]
        idh = np.array([marginal(d, Target.IDH)["mutant"] for d in spread_out])
        kind = [np.argmax([sum(d[e] for e in own) for own in TYPES.values()]) for d in spread_out]
        grade = [max((p, g) for g, p in grades_of(joint, row).items())[1] for row in x]
        rows.append(
            {
                "test patients": float(len(held)),
                "IDH accuracy": accuracy(mutant[held], idh),
                "IDH majority": majority(mutant[held]),
                "grade accuracy": float(np.mean(grade == grades[held])),
                "grade majority": float(np.mean(grades[held] == 4)),
                "type accuracy": float(np.mean(kind == kinds[held])),
                "type majority": float(np.mean(kinds[held] == 0)),
            }
        )
    return rows


def survival_rows(patients: Patients) -> list[Row]:
    """Learn days scaled to 0..1 as if everyone had died, one row a split."""
    days, died = outcome(patients)
    features = vectors(patients)
    rows = []
    for seen, held in splits(patients, test=0.1, validation=0.2):
        low, high = days[seen].min(), days[seen].max()
        scaled = (days - low) / (high - low)
        # Keras' delta of 1 makes half the squared error of it on this scale; here it bends where
        # residuals are large for this table, nearer to the median that MAE asks for
        model = make_pipeline(StandardScaler(), HuberRegressor(alpha=10.0, max_iter=2000))
        predicted = model.fit(features[seen], scaled[seen]).predict(features)
        error = np.abs(predicted - scaled)
        constant = np.abs(np.median(scaled[seen]) - scaled)
        dead, alive = held[died[held]], held[~died[held]]
        of_deaths = np.abs(np.median(scaled[seen[died[seen]]]) - scaled)
        rows.append(
            {
                "test patients": float(len(held)),
                "died": float(len(dead)),
                "days that 1 stands for": float(high - low),
                "MAE, all": float(error[held].mean()),
                "MAE of the median, all": float(constant[held].mean()),
                "MAE of the median, all, days": float(constant[held].mean() * (high - low)),
                "MAE, died": float(error[dead].mean()),
                "MAE of the median, died": float(constant[dead].mean()),
                "MAE of the deaths' median, died": float(of_deaths[dead].mean()),
                "MAE, alive": float(error[alive].mean()),
                "alive, predicted to outlive the last visit": float(
                    (predicted[alive] > scaled[alive]).mean()
                ),
            }
        )
    return rows


def binary_rows(patients: Patients, lowest_high: int) -> list[Row]:
    """Tell low from high grade, one row a split of 7:3."""
    high = np.array([(p.grade or 0) >= lowest_high for p in patients])
    rows = []
    for seen, held in splits(patients, test=0.3, validation=0.0):
        joint = fit_pattern([patients[i] for i in seen], FULL, FitConfig(repeats=2)).joint
        found = [grades_of(joint, row) for row in vectors([patients[i] for i in held])]
        score = np.array([sum(p for g, p in one.items() if g >= lowest_high) for one in found])
        truth = high[held]
        per_class = [float(np.mean((score[truth == c] > 0.5) == c)) for c in (True, False)]
        rows.append(
            {
                "test patients": float(len(held)),
                "low grade": float((~truth).sum()),
                "AUC": area(truth, score),
                "accuracy": accuracy(truth, score),
                "majority": majority(truth),
                "APCA": float(np.mean(per_class)),
                "sensitivity": per_class[0],
                "specificity": per_class[1],
            }
        )
    return rows


def trimmed_mean(days: Floats) -> float:
    """Return the mean without the 10 highest and the 10 lowest."""
    return float(np.sort(days)[10:-10].mean())


def median_months(days: Floats, died: Bools) -> float:
    """Return the Kaplan-Meier median.

    Raises:
        InputError: If more than half are alive at the end.
    """
    curve = kaplan_meier(days, died)
    below = np.flatnonzero(curve.survival <= 0.5)
    if not below.size:
        msg = "the curve stays above one half; the median is not known"
        raise InputError(msg)
    return float(curve.times_days[below[0]] / DAYS_A_MONTH)


def compared(days: Floats, died: Bools, high: Bools) -> dict[str, Any]:
    """Return the log-rank p-value and the median of the high grade with its interval."""
    groups = [(days[high == c], died[high == c]) for c in (True, False)]
    interval = bootstrap_metric(median_months, *groups[0], resamples=500)
    return {
        "high": int(high.sum()),
        "low": int((~high).sum()),
        "log_rank_p": log_rank(*groups),
        "high_median_months": figures(interval),
        "low_median_months": _or_none(median_months, *groups[1]),
    }


def filled_survival(patients: Patients, lowest_high: int) -> dict[str, Any]:
    """Compare the groups without and with the paper's fill, of what is missing and of more."""
    known = [p for p in patients if p.os_days is not None]
    days, died = outcome(known)
    high = np.array([(p.grade or 0) >= lowest_high for p in known])
    mean = trimmed_mean(days[high])
    absent = [p for p in patients if p.os_days is None]
    lost = np.array([bool(p.died) for p in absent], dtype=bool)
    lost_high = np.array([(p.grade or 0) >= lowest_high for p in absent], dtype=bool)
    all_days = np.concatenate([days, np.full(len(absent), mean)])
    all_died, all_high = np.concatenate([died, lost]), np.concatenate([high, lost_high])
    return {
        "missing": len(absent),
        "missing_high": int(lost_high.sum()),
        "filled_with_months": round(mean / DAYS_A_MONTH, 2),
        "left out": compared(days, died, high),
        "filled": compared(all_days, all_died, all_high),
        "naive_median_months_high": round(float(np.median(days[high])) / DAYS_A_MONTH, 2),
        "share_of_high_alive": round(float(1 - died[high].mean()), 4),
        "hidden_30_percent": spreads([_hidden(days, died, high, s) for s in range(SEEDS)]),
    }


def _hidden(days: Floats, died: Bools, high: Bools, seed: int) -> Row:
    """Hide the survival of 30% of the high grade; leave them out, or fill as the paper does."""
    gone = np.zeros(len(days), dtype=bool)
    rng = np.random.default_rng(seed)
    members = np.flatnonzero(high)
    gone[rng.choice(members, size=round(0.3 * len(members)), replace=False)] = True
    # of a patient without a survival nobody knows more than that he or she is counted as dead
    filled, dead = np.where(gone, trimmed_mean(days[high & ~gone]), days), died | gone
    left = ~gone
    rows = {"left out": (days[left], died[left], high[left]), "filled": (filled, dead, high)}
    found: Row = {}
    for name, (own_days, own_died, own_high) in rows.items():
        groups = [(own_days[own_high == c], own_died[own_high == c]) for c in (True, False)]
        found[f"{name}, median of high grade, months"] = median_months(*groups[0])
        found[f"{name}, log10 p"] = float(np.log10(log_rank(*groups)))
        curve = kaplan_meier(*groups[0])
        at = np.searchsorted(curve.times_days, 730.5, side="right") - 1
        found[f"{name}, 2-year survival of high grade"] = float(curve.survival[at])
    return found


def _type_of(patient: LabeledPatient) -> str:
    return next(name for name, members in TYPES.items() if entity_of(patient) in members)


def _or_none(metric: Callable[..., float], *columns: Floats | Bools) -> float | None:
    try:
        return round(metric(*columns), 2)
    except InputError:
        return None


def measure() -> dict[str, Any]:
    """Run everything."""
    patients = read_ucsf(tables())
    told = [p for p in patients if p.os_days is not None]
    high = {"grade 2 against 3 and 4 (the paper's)": 3, "grades 2 and 3 against 4": 4}
    return {
        "data": "UCSF-PDGM",
        "patients": len(patients),
        "splits": SEEDS,
        "published": PUBLISHED,
        "mgmt_missing": sum(p.mgmt_methylated is None for p in patients),
        "markers": spreads(marker_rows(patients)),
        "mgmt": spreads(mgmt_rows(patients)),
        "survival": spreads(survival_rows(told)),
        "binary": {name: spreads(binary_rows(patients, low)) for name, low in high.items()},
        "fill": {name: filled_survival(patients, low) for name, low in high.items()},
    }


def lines_of(title: str, rows: Mapping[str, Sequence[float]]) -> str:
    """Return a table of spreads."""
    digits = {name: 3 if abs(values[0]) < 10 else 1 for name, values in rows.items()}
    head = (title, f"mean (least to most) over {SEEDS} splits")
    return rows_of(head, [(name, text(rows[name], n)) for name, n in digits.items()])


def fill_table(title: str, found: Mapping[str, Any]) -> str:
    """Return the groups' survival, without and with the fill."""
    rows = [
        (
            f"{found['missing']} missing, {fill}",
            f"{found[fill]['high']}, {found[fill]['low']}",
            text(found[fill]["high_median_months"], 1),
            str(found[fill]["low_median_months"] or "not reached"),
            f"{found[fill]['log_rank_p']:.1g}",
        )
        for fill in ("left out", "filled")
    ]
    medians = ("median of high, months", "median of low, months")
    return rows_of((f"{title}: survival", "patients high, low", *medians, "log-rank p"), rows)


def markdown(results: Mapping[str, Any]) -> str:
    """Return the tables."""
    published = [(name, str(value)) for name, value in results["published"].items()]
    parts = [
        rows_of(("published", "value"), published),
        lines_of("Visual pathway: markers, 70:20:10", results["markers"]),
        lines_of("Visual pathway: MGMT, imputed labels", results["mgmt"]),
        lines_of("Visual pathway: survival scaled to 0..1", results["survival"]),
    ]
    for name, rows in results["binary"].items():
        parts.append(lines_of(f"ResNet with shape: {name}, 7:3", rows))
    for name, found in results["fill"].items():
        hidden = lines_of("30% of the high grade hidden", found["hidden_30_percent"])
        parts += [fill_table(name, found), hidden]
    return "\n".join(parts)


if __name__ == "__main__":
    measure_and_print(__doc__ or "", measure, markdown, RESULTS)
