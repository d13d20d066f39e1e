"""Compare ways to predict markers: `python experiments/candidates_prediction.py`.

Reads the tables below `GLIOSCOPE_DATA` (default ``../shared/data``), gives every candidate the same
outer folds of UCSF-PDGM (5 folds x 3 repeats, the entities spread evenly), writes aggregated
figures to `experiments/results/prediction_candidates.json` and prints them as Markdown;
``--markdown`` prints them again without the data.  TabPFN was not tried: no package holds its
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoostClassifier
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from glioscope.core import Target
from glioscope.evaluation import LeakageRegistry, auc, bootstrap_metric, calibration
from glioscope.io import read_records
from glioscope.learning.tables.crossvalidation import cross_validate, probabilities_of
from glioscope.learning.tables.joint import entity_of, strata
from glioscope.learning.tables.lines import Bools, Floats, Ints
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.scores import over_repeats
from glioscope.learning.tables.ucsf import FEATURES_FILE, read_ucsf
from glioscope.prediction import PATTERNS
from prediction_scores import (
    RESAMPLES,
    area,
    calibration_error,
    difference,
    figures,
    measure_and_print,
    tables,
    text,
)

RESULTS = Path(__file__).parent / "results" / "prediction_candidates.json"
VOLUMES_FILE = "brats23_glioma_volumes_vasari.csv"
FULL = PATTERNS[0]
OURS = "Glioscope"
BOOSTED = "CatBoost, features of Glioscope"
MAJORITY = "majority class"
BASE = "age + sex"
STACK = "mean of Glioscope and CatBoost"
FOLDS, REPEATS, SEED = 5, 3, 100
TREES = {"iterations": 300, "depth": 4, "learning_rate": 0.03, "l2_leaf_reg": 10, "random_seed": 0}
QUIET = {"thread_count": 1, "verbose": False, "allow_writing_files": False}
MARGIN = 0.02
"""A candidate is shown to be no worse where ours is greater by at most this AUC."""

Patients = Sequence[LabeledPatient]
Learner = Callable[[Floats, Bools, Floats], Floats]
"""Features and labels of the training patients, features of the others: probabilities of these."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """A yes-or-no question.

    Args:
        name: As the tables call it.
        asked: Patients whose answer is known, shape ``(N,)``.
        labels: The answers, shape ``(N,)``.
        read_from: Target and outcome of the joint distribution; MGMT has none, and gets a line of
            its own on the same features.
    """

    name: str
    asked: Bools
    labels: Bools
    read_from: tuple[Target, str] | None


def tasks_of(patients: Patients) -> tuple[Task, ...]:
    """Return what is asked, of whom."""
    everyone = np.ones(len(patients), dtype=bool)
    codeleted = Target.CODELETION, "codeleted"
    recorded = np.array([p.codeleted is not None for p in patients])
    tested = np.array([p.mgmt_methylated is not None for p in patients])
    asked = {
        "IDH-mutant": (everyone, [p.idh_mutant for p in patients], (Target.IDH, "mutant")),
        "grade 4": (everyone, [p.grade == 4 for p in patients], (Target.GRADE, "4")),
        "1p/19q as recorded": (recorded, [p.codeleted for p in patients], codeleted),
        "oligodendroglioma": (everyone, [entity_of(p).codeleted for p in patients], codeleted),
        "MGMT methylated": (tested, [p.mgmt_methylated for p in patients], None),
    }
    return tuple(
        Task(name=name, asked=who, labels=np.array([bool(x) for x in labels]), read_from=read_from)
        for name, (who, labels, read_from) in asked.items()
    )


def radiomics(patients: Patients) -> Floats:
    """Return every PyRadiomics column of the table, in its order, shape ``(N, F)``."""
    registry = LeakageRegistry.load()
    by_patient = {
        registry.canonical_patient(row["ID"]): [
            float(value) for name, value in row.items() if name.startswith("original_")
        ]
        for row in read_records(tables() / FEATURES_FILE)
    }
    return np.array([by_patient[p.patient] for p in patients])


def subregions(patients: Patients) -> tuple[list[LabeledPatient], Floats]:
    """Return the patients with subregion volumes, and log volumes and shares, shape ``(N, 7)``."""
    registry = LeakageRegistry.load()
    volumes: dict[str, list[float]] = {}
    for row in read_records(tables() / VOLUMES_FILE):
        parts = np.array([float(row[f"global__{name}_volume"]) for name in ("ncr", "ed", "et")])
        whole = float(parts.sum())
        values = [*np.log1p(parts), np.log1p(whole), *(parts / whole)]
        volumes[registry.canonical_patient(row["id"])] = [float(value) for value in values]
    own = [p for p in patients if p.patient in volumes]
    return own, np.array([volumes[p.patient] for p in own])


def learn_lines(seen: Floats, labels: Bools, held: Floats) -> Floats:
    """Fit a logistic regression, its ridge chosen by inner folds."""
    return _ridge(StandardScaler(), seen, labels, held)


def learn_normal_lines(seen: Floats, labels: Bools, held: Floats) -> Floats:
    """Likewise, every feature bent to a normal distribution: texture spans many decades."""
    bend = QuantileTransformer(n_quantiles=100, output_distribution="normal")
    return _ridge(bend, seen, labels, held)


def learn_catboost(seen: Floats, labels: Bools, held: Floats) -> Floats:
    """Fit small, slow boosted trees."""
    model = CatBoostClassifier(**TREES, **QUIET)
    return np.asarray(model.fit(seen, labels.astype(int)).predict_proba(held)[:, 1])


def learn_forest(seen: Floats, labels: Bools, held: Floats) -> Floats:
    """Fit a random forest."""
    model = RandomForestClassifier(500, min_samples_leaf=3, random_state=0)
    return np.asarray(model.fit(seen, labels).predict_proba(held)[:, 1])


def learn_majority(_: Floats, labels: Bools, held: Floats) -> Floats:
    """Give everyone the share among the training patients."""
    return np.full(len(held), float(labels.mean()))


def _ridge(
    scaler: StandardScaler | QuantileTransformer, seen: Floats, labels: Bools, held: Floats
) -> Floats:
    model = make_pipeline(scaler, LogisticRegression(max_iter=3000))
    grid = {"logisticregression__C": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0]}
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=folds).fit(seen, labels)
    return np.asarray(search.predict_proba(held)[:, 1])


def folds_of(patients: Patients) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield repeat, seen and held out patients, on the outer folds of `cross_validate`."""
    entities = [entity_of(patient) for patient in patients]
    for repeat in range(REPEATS):
        split = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        for seen, held in split.split(entities, strata(entities)):
            yield repeat, seen, held


def held_out(task: Task, features: Floats, learner: Learner, patients: Patients) -> Floats:
    """Return the probabilities of who is asked, a column a repeat, on the folds of ours."""
    found = np.full((len(patients), REPEATS), np.nan)
    for repeat, seen, held in folds_of(patients):
        own = seen[task.asked[seen]]
        found[held, repeat] = learner(features[own], task.labels[own], features[held])
    return found[task.asked]


def ranked(task: Task, columns: Floats, patients: Patients) -> Floats:
    """Return ranks within each fold, 0 to 1.

    Where nothing is told, all of a fold get the share of the others, which is lower the more of its
    own are positive: pooled as they are, folds would score below chance.
    """
    places = np.cumsum(task.asked) - 1
    found = np.zeros_like(columns)
    for repeat, _, held in folds_of(patients):
        own = places[held[task.asked[held]]]
        found[own, repeat] = (rankdata(columns[own, repeat]) - 0.5) / len(own)
    return found


def candidates(task: Task, patients: Patients) -> dict[str, Floats]:
    """Return the held-out probabilities of every candidate, the simplest first."""

    def of(*groups: str) -> Floats:
        return np.stack([p.inputs.vector(groups) for p in patients])

    every = np.concatenate([of("age", "sex"), radiomics(patients)], axis=1)
    plans: dict[str, tuple[Floats, Learner]] = {
        MAJORITY: (of("age"), learn_majority),
        BASE: (of("age", "sex"), learn_lines),
        "14 shape features": (of("shape"), learn_lines),
        "age + sex + shape": (of("age", "sex", "shape"), learn_lines),
        OURS: (of(*FULL), learn_lines),
        f"age + sex + all {every.shape[1] - 2} T1c radiomics": (every, learn_normal_lines),
        "random forest, features of Glioscope": (of(*FULL), learn_forest),
        BOOSTED: (of(*FULL), learn_catboost),
    }
    found = {name: held_out(task, x, learner, patients) for name, (x, learner) in plans.items()}
    if task.read_from is not None:
        joint = cross_validate(patients, FULL, folds=FOLDS, repeats=REPEATS, seed=SEED)
        found[OURS] = probabilities_of(joint, *task.read_from)[task.asked]
    return found | {STACK: (found[OURS] + found[BOOSTED]) / 2}


def score(labels: Bools, columns: Floats) -> dict[str, list[float]]:
    """Return accuracy, calibration error and Brier score."""
    metrics: dict[str, Callable[..., float]] = {
        "accuracy": lambda truth, p: float(np.mean((p > 0.5) == truth)),
        "brier": lambda truth, p: calibration(truth, p).brier,
    }
    return {"ece": calibration_error(labels, columns)} | {
        name: figures(bootstrap_metric(over_repeats(one), labels, columns, resamples=RESAMPLES))
        for name, one in metrics.items()
    }


def scored(task: Task) -> dict[str, Any]:
    """Score all candidates of one task."""
    patients = read_ucsf(tables())
    labels, found = task.labels[task.asked], candidates(task, patients)
    within = task.read_from is None
    scores = {
        name: ranked(task, columns, patients) if within or name == MAJORITY else columns
        for name, columns in found.items()
    }
    lines = {
        name: score(labels, columns)
        | {
            "auc": area(labels, scores[name]),
            "ours_less_it": difference(labels, scores[OURS], scores[name]),
            "it_less_base": difference(labels, scores[name], scores[BASE]),
        }
        for name, columns in found.items()
    }
    gaps = {name: line["ours_less_it"] for name, line in lines.items()}
    return {
        "patients": len(labels),
        "positives": int(labels.sum()),
        "candidates": lines,
        "simplest_not_shown_worse": next(name for name, gap in gaps.items() if gap[1] <= 0),
        "simplest_shown_no_worse": next(name for name, gap in gaps.items() if gap[2] <= MARGIN),
    }


def permuted_auc(seed: int) -> float:
    """Return the AUC of IDH where the patients' entities were dealt out anew."""
    patients = read_ucsf(tables())
    order = np.random.default_rng(seed).permutation(len(patients))
    dealt = [replace(p, entity=patients[i].entity) for p, i in zip(patients, order, strict=True)]
    labels = np.array([entity_of(p).idh_mutant for p in dealt])
    found = cross_validate(dealt, FULL, folds=FOLDS, repeats=1, seed=SEED)
    return auc(labels, probabilities_of(found, Target.IDH, "mutant")[:, 0])


def volumes_added() -> dict[str, Any]:
    """Return the AUC of IDH among the patients of BraTS, without and with subregion volumes."""
    everyone = read_ucsf(tables())
    patients, volumes = subregions(everyone)
    labels = np.array([bool(p.idh_mutant) for p in patients])
    ours = np.stack([p.inputs.vector(FULL) for p in patients])
    sets = {"without": ours, "with": np.concatenate([ours, volumes], axis=1), "only": volumes}
    found = {name: np.zeros((len(labels), 5)) for name in sets}
    for repeat in range(5):
        split = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        for seen, held in split.split(ours, labels):
            for name, x in sets.items():
                found[name][held, repeat] = learn_lines(x[seen], labels[seen], x[held])
    places = {p.patient: i for i, p in enumerate(everyone)}
    whole = cross_validate(everyone, FULL, folds=FOLDS, repeats=REPEATS, seed=SEED)
    product = probabilities_of(whole, Target.IDH, "mutant")[[places[p.patient] for p in patients]]
    return {
        "patients": len(labels),
        "positives": int(labels.sum()),
        "grade_4": sum(p.grade == 4 for p in patients),
        "auc": {
            f"Glioscope, learned from all {len(everyone)}": area(labels, product),
            "features of Glioscope, learned from these rows": area(labels, found["without"]),
            "the same and subregion volumes": area(labels, found["with"]),
            "subregion volumes only": area(labels, found["only"]),
        },
        "with_less_without": difference(labels, found["with"], found["without"]),
    }


def markdown(results: Mapping[str, Any]) -> str:
    """Return a table a task, and the checks."""
    parts = []
    for name, task in results["tasks"].items():
        parts.append(f"**{name}**: {task['patients']} patients, {task['positives']} positive\n")
        head = "| candidate | AUC | accuracy at 0.5 | calibration error (range of a perfect one)"
        head += " | Brier score | Glioscope less it, AUC | it less age + sex, AUC |"
        parts += [head, "|---" * 7 + "|"]
        for candidate, line in task["candidates"].items():
            keys = ("auc", "accuracy", "ece", "brier", "ours_less_it", "it_less_base")
            cells = [text(line[key], 2 if key == "accuracy" else 3) for key in keys]
            parts.append("| " + " | ".join([candidate, *cells]) + " |")
        parts.append(
            f"\nSimplest not shown worse than Glioscope: {task['simplest_not_shown_worse']};"
            f" simplest shown at most {MARGIN} worse: {task['simplest_shown_no_worse']}.\n"
        )
    dealt, added = results["permuted_idh_auc"], results["subregion_volumes"]
    parts += [
        (
            f"Entities dealt out anew {dealt['permutations']} times, AUC of IDH: mean"
            f" {dealt['mean']:.3f}, {dealt['least']:.3f} to {dealt['most']:.3f}.\n"
        ),
        f"| IDH among {added['patients']} of BraTS (grade 4, {added['positives']} mutant) | AUC |",
        "|---|---|",
        *(f"| {name} | {text(line)} |" for name, line in added["auc"].items()),
        f"| with less without the volumes | {text(added['with_less_without'])} |",
    ]
    return "\n".join(parts)


def measure() -> dict[str, Any]:
    """Run everything."""
    with ProcessPoolExecutor(2) as pool:
        tasks = tasks_of(read_ucsf(tables()))
        added = pool.submit(volumes_added)
        found = dict(zip((t.name for t in tasks), pool.map(scored, tasks), strict=True))
        dealt = list(pool.map(permuted_auc, range(20)))
    return {
        "data": "UCSF-PDGM, out of fold",
        "folds": FOLDS,
        "repeats": REPEATS,
        "tasks": found,
        "permuted_idh_auc": {
            "permutations": len(dealt),
            "mean": round(float(np.mean(dealt)), 4),
            "least": round(min(dealt), 4),
            "most": round(max(dealt), 4),
        },
        "subregion_volumes": added.result(),
        "not_tried": "TabPFN: no package holds its weights",
    }


if __name__ == "__main__":
    measure_and_print(__doc__ or "", measure, markdown, RESULTS)
