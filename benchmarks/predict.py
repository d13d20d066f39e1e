"""How long `glioscope predict` takes, as whole processes: one result, its pages, a table.

Run: .venv/bin/python benchmarks/predict.py RESULT.json [--table ROWS.csv] [--json FILE]

Beside them the same prediction in a process that is already warm: the rest is starting the program.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from glioscope.pipeline.predict import predict_result

PROGRAM = str(Path(sys.executable).with_name("glioscope"))
AIM_S = 2.0


def seconds(work: Callable[[], object], runs: int) -> list[float]:
    """Return wall seconds of each run, after one that is not counted."""
    taken = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken[1:]


def main() -> None:
    """Print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:

        def run(*arguments: str) -> Callable[[], object]:
            command = [PROGRAM, "predict", *arguments]
            return lambda: subprocess.run(command, check=True, capture_output=True)

        own = str(options.result)
        work: dict[str, Callable[[], object]] = {
            "predict RESULT": run(own),
            "predict RESULT -o PAGES": run(own, "-o", folder, "--for-patient"),
            "in a warm process": lambda: predict_result(options.result),
        }
        if options.table is not None:
            out = str(Path(folder) / "out.csv")
            work["predict --table"] = run("--table", str(options.table), "-o", out)
        results = {name: seconds(one, options.runs) for name, one in work.items()}
    print(f"{'command':<26}{'median s':>10}{'min':>8}{'max':>8}   aim {AIM_S:.1f} s")
    for name, taken in results.items():
        middle = statistics.median(taken)
        print(f"{name:<26}{middle:>10.3f}{min(taken):>8.3f}{max(taken):>8.3f}")
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
