"""The figures of the race as tables, from the scores that `glioscope evaluate` wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from glioscope.evaluation import Interval, bootstrap_interval, paired_bootstrap
from glioscope.io import write_atomically

REGIONS = {"WT": "whole_tumor", "TC": "tumor_core", "ET": "enhancing_tumor"}
PAIR = "t1c+flair"
ALL = "t1+t1c+t2+flair"
REFERENCE = "unet"

Case = Mapping[str, Any]
Pick = Callable[[Case], float | None]


def four_sequences(region: str) -> Pick:
    """Dice of a region where all four sequences and all outlines are there."""
    return lambda case: case["scores"]["regions"][region]["dice"] if _all_four(case) else None


def pair(region: str) -> Pick:
    """Dice from T1c and FLAIR alone, in everybody with all outlines."""

    def picked(case: Case) -> float | None:
        if not _full(case):
            return None
        if set(case["sequences"]) == set(PAIR.split("+")):
            return float(case["scores"]["regions"][region]["dice"])
        found = case["subsets"].get(PAIR, {}).get(region)
        return None if found is None else float(found)

    return picked


def whole_only(case: Case) -> float | None:
    """Dice of the whole tumor in the heads of TCGA-LGG."""
    return None if _full(case) else float(case["scores"]["regions"][REGIONS["WT"]]["dice"])


def mean_iou(case: Case) -> float | None:
    """Mean IoU of the three labels, four sequences."""
    return case["scores"]["mean_iou"] if _all_four(case) else None


def missing(count: int) -> Pick:
    """Mean Dice of the three regions lost, averaged over all ways to leave sequences out."""

    def picked(case: Case) -> float | None:
        if not _full(case) or ALL not in case["subsets"]:
            return None
        means = {
            subset: sum(values.values()) / len(values) for subset, values in case["subsets"].items()
        }
        fewer = [mean for subset, mean in means.items() if len(subset.split("+")) == 4 - count]
        return means[ALL] - sum(fewer) / len(fewer)

    return picked


METRICS: dict[str, Pick] = {
    **{f"{name}, four": four_sequences(region) for name, region in REGIONS.items()},
    "mean IoU, four": mean_iou,
    **{f"{name}, T1c + FLAIR": pair(region) for name, region in REGIONS.items()},
    "WT, heads": whole_only,
    "one missing": missing(1),
    "two missing": missing(2),
}


def write_tables(networks: list[str], *, runs: Path, results: Path) -> None:
    """Write the figures of all networks that are scored, and print them."""
    cases = {name: found for name in networks if (found := _cases(runs / name))}
    values = {
        name: {metric: _values(by_id, pick) for metric, pick in METRICS.items()}
        for name, by_id in cases.items()
    }
    costs = json.loads((runs / "cost.json").read_text(encoding="utf-8"))
    content = {
        "networks": {
            name: {
                **{metric: _interval(found) for metric, found in metrics.items()},
                "against": _against(metrics, values[REFERENCE]),
                "cost": costs[name],
            }
            for name, metrics in values.items()
        }
    }
    write_atomically(results, (json.dumps(content, indent=1) + "\n").encode())
    for part in (list(METRICS)[:4], list(METRICS)[4:8], list(METRICS)[8:]):
        _print(content["networks"], part)
    _print_costs(content["networks"])


def _cases(folder: Path) -> dict[str, Case]:
    """Return the cases of all folds that are scored, by their id."""
    files = sorted(folder.glob("fold-*/evaluation-test/scores.json"))
    each = [json.loads(file.read_text(encoding="utf-8"))["cases"] for file in files]
    return {case["case_id"]: case for found in each for case in found}


def _full(case: Case) -> bool:
    return len(case["scores"]["regions"]) == len(REGIONS)


def _all_four(case: Case) -> bool:
    return _full(case) and set(case["sequences"]) == set(ALL.split("+"))


def _values(cases: Mapping[str, Case], pick: Pick) -> dict[str, float]:
    found = {name: pick(case) for name, case in cases.items()}
    return {name: value for name, value in found.items() if value is not None}


def _interval(found: Mapping[str, float]) -> dict[str, float] | None:
    if not found:
        return None
    return _plain(bootstrap_interval([found[name] for name in sorted(found)]))


def _against(
    ours: Mapping[str, Mapping[str, float]], theirs: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    differences = {}
    for metric, found in ours.items():
        names = sorted(set(found) & set(theirs[metric]))
        if not names:
            continue
        pairs = ([found[n] for n in names], [theirs[metric][n] for n in names])
        differences[metric] = _plain(paired_bootstrap(*pairs).difference)
    return differences


def _plain(interval: Interval) -> dict[str, float]:
    return {
        "mean": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "patients": interval.patients,
    }


def _print(networks: Mapping[str, Any], metrics: list[str]) -> None:
    counts = next(iter(networks.values()))
    heads = [f"{metric} ({counts[metric]['patients']})" for metric in metrics]
    print(f"\n| network | {' | '.join(heads)} |\n|---|{'---|' * len(metrics)}")
    for name, found in networks.items():
        cells = [_cell(found[metric]) for metric in metrics]
        print(f"| {name} | {' | '.join(cells)} |")
        if name != REFERENCE:
            cells = [_cell(found["against"].get(metric), signed=True) for metric in metrics]
            print(f"| minus {REFERENCE} | {' | '.join(cells)} |")


def _cell(found: Mapping[str, float] | None, *, signed: bool = False) -> str:
    if found is None:
        return ""
    sign = "+" if signed else ""
    return f"{found['mean']:{sign}.2f} ({found['low']:{sign}.2f} to {found['high']:{sign}.2f})"


def _print_costs(networks: Mapping[str, Any]) -> None:
    print("\n| network | parameters | GMAC at 64³ | MiB to train | CPU s a step | CPU s a case |")
    print("|---|---|---|---|---|---|")
    for name, found in networks.items():
        cost = found["cost"]
        print(
            f"| {name} | {cost['parameters'] / 1e6:.2f} M | {cost['gmac']:.1f} |"
            f" {cost['training_mib']:.0f} | {cost['step_cpu_s']:.2f} | {cost['case_cpu_s']:.2f} |"
        )
