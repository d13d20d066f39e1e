"""Make the golden Shapley values: ``python tests/golden/make_shapley.py``.

By shap's exact explainer against one background row, feature by feature and, where features form
groups, over switches that turn a whole group from the background's values to the patient's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shap

HERE = Path(__file__).parent
GROUPS = {"age": [0], "sex": [1], "shape": [2, 3, 4], "brightness": [5, 6]}


def log_odds(features: Any, weights: Any, intercepts: Any) -> Any:
    """Return the log odds of the first of the classes, shape ``(N,)``."""
    scores = features @ weights.T + intercepts
    others = np.exp(scores[:, 1:] - scores[:, :1]).sum(axis=1)
    return -np.log(others)


def case(seed: int) -> dict[str, Any]:
    """Return a patient, a reference, lines of a softmax and the values that shap finds."""
    rng = np.random.default_rng(seed)
    weights, intercepts = rng.normal(size=(4, 7)).round(3), rng.normal(size=4).round(3)
    features, reference = rng.normal(size=7).round(3), rng.normal(0, 0.3, size=7).round(3)

    def score(rows: Any) -> Any:
        return log_odds(rows, weights, intercepts)

    def switched(switches: Any) -> Any:
        on = np.zeros((len(switches), 7), dtype=bool)
        for column, places in enumerate(GROUPS.values()):
            on[:, places] = switches[:, [column]] > 0.5
        return score(np.where(on, features, reference))

    alone = explained(score, features, reference)
    grouped = explained(switched, np.ones(len(GROUPS)), np.zeros(len(GROUPS)))
    return {
        "weights": weights.tolist(),
        "intercepts": intercepts.tolist(),
        "features": features.tolist(),
        "reference": reference.tolist(),
        "by_feature": alone,
        "by_group": dict(zip(GROUPS, grouped, strict=True)),
    }


def explained(score: Any, features: Any, reference: Any) -> list[float]:
    """Return shap's values of one row."""
    masker = shap.maskers.Independent(reference[None])
    values = shap.explainers.ExactExplainer(score, masker)(features[None]).values
    return [float(value) for value in values[0]]


def main() -> None:
    """Write ``shapley.json``."""
    golden = {
        "shap": shap.__version__,
        "groups": GROUPS,
        "cases": [case(seed) for seed in range(4)],
    }
    text = json.dumps(golden, separators=(",", ":")) + "\n"
    (HERE / "shapley.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
