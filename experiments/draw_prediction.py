"""The pictures of `docs/prediction.md`, from `experiments/results/prediction.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

mpl.use("Agg")

_BLUE, _ORANGE, _GRAY = "#1f5fa8", "#c45a00", "#767676"
_NAMES = {"idh": "IDH-mutant", "grade": "grade 4", "1p19q": "1p/19q-codeleted"}


def draw_reliability(results: dict[str, Any], path: Path) -> None:
    """Draw predicted against observed shares, eight bins of equal size a question."""
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.4), layout="constrained")
    for axis, (target, name) in zip(axes, _NAMES.items(), strict=True):
        own = results["reliability"][target]
        predicted = [b["mean_probability"] for b in own["bins"]]
        observed = [b["observed"] for b in own["bins"]]
        counts = [b["count"] for b in own["bins"]]
        # Wald's interval with two added on each side (Agresti and Coull 1998)
        middle = [(o * n + 2) / (n + 4) for o, n in zip(observed, counts, strict=True)]
        half = [1.96 * (m * (1 - m) / (n + 4)) ** 0.5 for m, n in zip(middle, counts, strict=True)]
        low = [max(0.0, o - max(m - h, 0)) for o, m, h in zip(observed, middle, half, strict=True)]
        high = [max(0.0, min(m + h, 1) - o) for o, m, h in zip(observed, middle, half, strict=True)]
        axis.plot([0, 1], [0, 1], color=_GRAY, linewidth=1, linestyle="--")
        axis.errorbar(predicted, observed, yerr=[low, high], fmt="o-", color=_BLUE, capsize=2)
        axis.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="predicted", title=name)
        axis.text(0.97, 0.03, f"ECE {own['ece']:.3f}", ha="right", transform=axis.transAxes)
    axes[0].set_ylabel("observed")
    _save(figure, path)


def draw_risk_groups(results: dict[str, Any], path: Path) -> None:
    """Draw the Kaplan-Meier curves of the thirds of predicted risk, held out."""
    own = results["risk_groups"]
    figure, axis = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    styles = ((_BLUE, "-", "low"), (_GRAY, "--", "middle"), (_ORANGE, "-.", "high"))
    for curve, (color, line, name) in zip(own["curves"], styles, strict=True):
        months = [0.0, *(day / 30.4375 for day in curve["days"])]
        axis.step(
            months,
            [1.0, *curve["survival"]],
            where="post",
            color=color,
            linestyle=line,
            label=f"{name} risk ({curve['patients']} patients)",
        )
    ratio = own["hazard_ratio_high_to_low"]
    axis.set(xlim=(0, 60), ylim=(0, 1.02), xlabel="months", ylabel="alive")
    axis.set_title(
        f"hazard ratio high to low {ratio['value']:.1f} ({ratio['low']:.1f} to"
        f" {ratio['high']:.1f}), log-rank p {own['log_rank_p']:.0e}",
        fontsize=9,
    )
    axis.legend(frameon=False)
    _save(figure, path)


def draw_survival_calibration(groups: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Draw predicted against observed survival at 12 and 24 months, in quarters."""
    figure, axis = plt.subplots(figsize=(4.2, 3.9), layout="constrained")
    axis.plot([0, 1], [0, 1], color=_GRAY, linewidth=1, linestyle="--")
    for month, color, marker in (("12", _BLUE, "o"), ("24", _ORANGE, "s")):
        quarters = [q for q in groups[month] if q["observed"] is not None]
        observed = [q["observed"] for q in quarters]
        error = [
            [q["observed"] - q["low"] for q in quarters],
            [q["high"] - q["observed"] for q in quarters],
        ]
        axis.errorbar(
            [q["predicted"] for q in quarters],
            observed,
            yerr=error,
            fmt=marker,
            color=color,
            capsize=2,
            label=f"{month} months",
        )
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted survival", ylabel="Kaplan-Meier")
    axis.legend(frameon=False)
    _save(figure, path)


def draw_reasons(shares: dict[str, dict[str, float]], path: Path) -> None:
    """Draw how much each group of inputs decides, averaged over the training patients."""
    figure, axes = plt.subplots(1, len(shares), figsize=(9.6, 2.8), layout="constrained")
    for axis, (name, groups) in zip(axes, shares.items(), strict=True):
        ordered = sorted(groups.items(), key=lambda item: item[1])
        axis.barh([g for g, _ in ordered], [v for _, v in ordered], color=_BLUE)
        axis.set_title(_NAMES.get(name, name), fontsize=9)
        axis.tick_params(labelsize=8)
        axis.set_xlabel("log hazard" if name == "survival" else "log odds", fontsize=8)
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:  # noqa: ANN401 - matplotlib's own type is untyped
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
