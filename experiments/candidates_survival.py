"""Compare survival models out of fold: `python experiments/candidates_survival.py`.

Needs scikit-survival, which is GPL-3 and therefore no dependency: `pip install scikit-survival`.
The same five folds, five repeats, for a ridge Cox model, a random survival forest and gradient
boosting, from age, sex, shape and distance from the midline, with and without what the clinic
tells.  Writes `experiments/results/prediction_survival_candidates.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from glioscope.evaluation import harrell_c
from glioscope.learning.tables.survival import outcome, survival_features
from glioscope.learning.tables.ucsf import read_ucsf
from glioscope.prediction import SURVIVAL_PATTERNS
from prediction_scores import tables

RESULTS = Path(__file__).parent / "results" / "prediction_survival_candidates.json"

MODELS: dict[str, Callable[[], Any]] = {
    "Cox, ridge": lambda: CoxPHSurvivalAnalysis(alpha=20.0),
    "random survival forest": lambda: RandomSurvivalForest(
        300, min_samples_leaf=8, n_jobs=2, random_state=0
    ),
    "gradient boosting": lambda: GradientBoostingSurvivalAnalysis(
        n_estimators=100, learning_rate=0.05, max_depth=2, subsample=0.7, random_state=0
    ),
}


def main() -> None:
    """Compare and write."""
    patients = [p for p in read_ucsf(tables()) if p.os_days is not None]
    days, died = outcome(patients)
    target = Surv.from_arrays(died, days)
    wildtype = np.array([not p.idh_mutant for p in patients])
    names = [f"{p.idh_mutant} {p.died}" for p in patients]
    found: dict[str, Any] = {}
    for told in (False, True):
        features = survival_features(patients, SURVIVAL_PATTERNS[0], known=told)
        if not told:
            features = features[:, :-3]
        for name, make in MODELS.items():
            scores = []
            for repeat in range(5):
                risk = np.zeros(len(patients))
                split = StratifiedKFold(5, shuffle=True, random_state=100 + repeat)
                for seen, held in split.split(features, names):
                    mean, scale = np.nanmean(features[seen], 0), np.nanstd(features[seen], 0)
                    both = (np.where(np.isnan(features), mean, features) - mean) / scale
                    risk[held] = make().fit(both[seen], target[seen]).predict(both[held])
                own = harrell_c(days[wildtype], died[wildtype], risk[wildtype])
                scores.append((harrell_c(days, died, risk), own))
            case = "entity, resection, MGMT told" if told else "images, age, sex"
            mean_of = np.mean(scores, axis=0).round(4).tolist()
            found[f"{name} | {case}"] = {"all": mean_of[0], "IDH-wildtype": mean_of[1]}
            print(name, case, found[f"{name} | {case}"], flush=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
