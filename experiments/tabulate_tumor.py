"""Write `docs/segmentation.md` from the scores: `python experiments/tabulate_tumor.py`.

Reads the files that `evaluate_tumor.py` wrote and keeps a copy of the figures in
`experiments/results/tumor.json`, from which the page can be made again without the data.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from export_tumor import read_scores
from glioscope.core import Region
from glioscope.evaluation import bootstrap_interval

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "tumor.json"
REGIONS = {Region.ET: "ET", Region.TC: "TC", Region.WT: "WT"}
METRICS = {
    "dice": "Dice",
    "lesion_wise_dice": "lesion-wise Dice",
    "hd95_mm": "HD95, mm",
    "normalized_surface_dice": "surface Dice, 1 mm",
}
ALL, PAIR = "t1+t1c+t2+flair", "t1c+flair"
Line = dict[str, Any]


def interval(values: Iterable[float], digits: int = 2) -> str:
    """Return ``mean (low to high)``."""
    found = bootstrap_interval(list(values))
    return f"{found.mean:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def labelled(lines: list[Line], subset: str) -> list[Line]:
    """Return the lines of patients with all labels, for one subset."""
    return [x for x in lines if x["subset"] == subset and len(x["dice"]) == len(REGIONS)]


def metrics_table(lines: list[Line], subset: str) -> str:
    """Return one row a region with all metrics."""
    found = labelled(lines, subset)
    rows = ["| region | " + " | ".join(METRICS.values()) + " |", "|---" * 5 + "|"]
    for region, short in REGIONS.items():
        cells = [
            interval(
                (x["scores"]["regions"][str(region)][metric] for x in found),
                1 if metric == "hd95_mm" else 2,
            )
            for metric in METRICS
        ]
        rows.append(f"| {short} | " + " | ".join(cells) + " |")
    iou = interval(x["scores"]["mean_iou"] for x in found)
    return "\n".join(rows) + f"\n\n{len(found)} patients; mean IoU of the three labels {iou}."


def subsets_table(lines: list[Line]) -> str:
    """Return Dice for every subset."""
    rows = ["| T1 | T1c | T2 | FLAIR | patients | WT | TC | ET |", "|---" * 8 + "|"]
    for subset in dict.fromkeys(x["subset"] for x in lines):
        found = labelled(lines, subset)
        marks = ["x" if s in subset.split("+") else "" for s in ("t1", "t1c", "t2", "flair")]
        cells = [interval(x["dice"][str(r)] for x in found) for r in reversed(REGIONS)]
        rows.append("| " + " | ".join([*marks, str(len(found)), *cells]) + " |")
    return "\n".join(rows)


def peers_table(runs: dict[str, list[Line]]) -> str:
    """Return Dice of ours and the peers, over the patients that all of them were scored on."""
    head = "| network | sequences | patients | WT | TC | ET | mean IoU |"
    rows = [head, "|---" * 7 + "|"]
    for subset, text in ((ALL, "four"), (PAIR, "T1c + FLAIR")):
        tables = {name: labelled(lines, subset) for name, lines in runs.items()}
        shared = set.intersection(*({x["case"] for x in found} for found in tables.values()))
        for name, lines in tables.items():
            found = [x for x in lines if x["case"] in shared]
            cells = [interval(x["dice"][str(r)] for x in found) for r in reversed(REGIONS)]
            iou = interval(x["scores"]["mean_iou"] for x in found)
            rows.append("| " + " | ".join([name, text, str(len(found)), *cells, iou]) + " |")
    return "\n".join(rows)


def partial_table(lines: list[Line]) -> str:
    """Return WT of the unstripped heads, patient by patient."""
    found = [x for x in lines if len(x["dice"]) == 1 and x["subset"] == PAIR]
    full = [x for x in lines if len(x["dice"]) == 1 and x["subset"] == "t1+t1c+flair"]
    best = {x["case"]: x["dice"][str(Region.WT)] for x in full}
    rows = ["| patient | T1c + FLAIR | T1 + T1c + FLAIR |", "|---|---|---|"]
    for line in sorted(found, key=lambda x: str(x["case"])):
        value = best.get(line["case"])
        third = "" if value is None else f"{value:.2f}"
        rows.append(f"| {line['case']} | {line['dice'][str(Region.WT)]:.2f} | {third} |")
    means = [interval(x["dice"][str(Region.WT)] for x in part) for part in (found, full) if part]
    rows.append("| **mean** | " + " | ".join(means) + " |")
    return "\n".join(rows)


def main() -> None:
    """Gather and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", nargs=2, metavar=("NAME", "STEP"))
    parser.add_argument("--peer", nargs=3, action="append", metavar=("TITLE", "NAME", "STEP"))
    options = parser.parse_args()
    RESULTS.parent.mkdir(exist_ok=True)
    if options.ours:
        runs = {title: read_scores(name, int(step)) for title, name, step in options.peer or []}
        data = {"ours": read_scores(options.ours[0], int(options.ours[1])), "runs": runs}
        RESULTS.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    data = json.loads(RESULTS.read_text(encoding="utf-8"))
    page = (HERE / "segmentation.template.md").read_text(encoding="utf-8")
    for mark, table in {
        "FOUR": metrics_table(data["ours"], ALL),
        "PAIR": metrics_table(data["ours"], PAIR),
        "SUBSETS": subsets_table(data["ours"]),
        "PEERS": peers_table(data["runs"]),
        "PARTIAL": partial_table(data["ours"]),
    }.items():
        page = page.replace("{{" + mark + "}}", table)
    (HERE.parent / "docs" / "segmentation.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
