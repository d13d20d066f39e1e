"""Make the golden survival metrics: ``python tests/golden/make_survival_metrics.py``.

Run it in an environment of its own with scikit-survival, lifelines and scikit-learn:
scikit-survival is under the GPL, and neither the package nor its tests import it.  The cohorts
are synthetic; days fall on whole months and risks on a coarse scale, so that both tie.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lifelines
import numpy as np
import sklearn
import sksurv  # type: ignore[import-not-found]
from lifelines.statistics import multivariate_logrank_test
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, roc_auc_score
from sksurv import metrics
from sksurv.compare import compare_survival  # type: ignore[import-not-found]
from sksurv.nonparametric import kaplan_meier_estimator  # type: ignore[import-not-found]
from sksurv.util import Surv  # type: ignore[import-not-found]

HERE = Path(__file__).parent
TIMES_DAYS = [60.0, 180.0, 365.0, 500.0]
TAU_DAYS = 540.0


def follow_up(rng: np.random.Generator, risk: Any, *, end_days: float) -> tuple[Any, Any]:
    """Return days on whole months and whether each is a death."""
    death = rng.exponential(400 * np.exp(-risk))
    lost = np.minimum(rng.exponential(900, size=len(risk)), end_days)
    return 30 * np.ceil(np.minimum(death, lost) / 30), death <= lost


def survival(seed: int) -> dict[str, Any]:
    """Return a cohort and its metrics."""
    rng = np.random.default_rng(seed)
    train_risk = rng.normal(size=90)
    train_days, train_died = follow_up(rng, train_risk, end_days=1500)
    true_risk = rng.normal(size=70)
    days, died = follow_up(rng, true_risk, end_days=1200)
    risk = np.round(true_risk + rng.normal(size=70), 1)
    predicted = np.exp(-np.outer(np.exp(risk), TIMES_DAYS) / 400).round(4)
    group = np.digitize(risk, [-0.5, 0.5])
    train, seen = Surv.from_arrays(train_died, train_days), Surv.from_arrays(died, days)
    times, alive, limits = kaplan_meier_estimator(died, days, conf_type="log-log")
    fitted = lifelines.KaplanMeierFitter().fit(days, died)
    return {
        "train_days": train_days.tolist(),
        "train_died": train_died.tolist(),
        "days": days.tolist(),
        "died": died.tolist(),
        "risk": risk.tolist(),
        "survival": predicted.tolist(),
        "group": group.tolist(),
        "harrell_c": float(metrics.concordance_index_censored(died, days, risk, tied_tol=0)[0]),
        "harrell_c_lifelines": float(lifelines.utils.concordance_index(days, -risk, died)),
        "uno_c": float(
            metrics.concordance_index_ipcw(train, seen, risk, tau=TAU_DAYS, tied_tol=0)[0]
        ),
        "brier": metrics.brier_score(train, seen, predicted, TIMES_DAYS)[1].tolist(),
        "integrated_brier": float(
            metrics.integrated_brier_score(train, seen, predicted, TIMES_DAYS)
        ),
        "kaplan_meier": [times.tolist(), alive.tolist(), limits[0].tolist(), limits[1].tolist()],
        "kaplan_meier_lifelines": [
            fitted.survival_function_["KM_estimate"].tolist(),
            *fitted.confidence_interval_.to_numpy().T.tolist(),
        ],
        "log_rank_3": float(compare_survival(seen, group)[1]),
        "log_rank_2": float(compare_survival(seen, group > 0)[1]),
        "log_rank_3_lifelines": float(multivariate_logrank_test(days, group, died).p_value),
    }


def classes(seed: int) -> dict[str, Any]:
    """Return probabilities, some of them on the edges of bins, and their metrics."""
    rng = np.random.default_rng(seed)
    probabilities = np.round(rng.beta(0.8, 1.2, size=150) * 40) / 40
    labels = rng.random(150) < probabilities**1.5
    made: dict[str, Any] = {
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "auc": float(roc_auc_score(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
    }
    for strategy in ("uniform", "quantile"):
        curve = calibration_curve(labels, probabilities, n_bins=10, strategy=strategy)
        made[strategy] = [part.tolist() for part in curve]
    return made


def main() -> None:
    """Write ``survival_metrics.json``."""
    golden = {
        "scikit-survival": sksurv.__version__,
        "lifelines": lifelines.__version__,
        "scikit-learn": sklearn.__version__,
        "times_days": TIMES_DAYS,
        "tau_days": TAU_DAYS,
        "survival": [survival(seed) for seed in range(3)],
        "classes": [classes(seed) for seed in range(3)],
    }
    text = json.dumps(golden, separators=(",", ":")) + "\n"
    (HERE / "survival_metrics.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
