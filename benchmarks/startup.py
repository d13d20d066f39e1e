"""How long `glioscope --help` and `import glioscope` take, as whole processes.

Run: .venv/bin/python benchmarks/startup.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import glioscope": [sys.executable, "-c", "import glioscope"],
    "import glioscope.core": [sys.executable, "-c", "import glioscope.core"],
    "glioscope --help": [str(Path(sys.executable).with_name("glioscope")), "--help"],
}
AIM_S = {"import glioscope": 0.3, "glioscope --help": 0.5}


def seconds(command: list[str], runs: int) -> list[float]:
    """Return wall seconds of each run, after one that is not counted."""
    taken = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return taken[1:]


def main() -> None:
    """Print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {name: seconds(command, options.runs) for name, command in COMMANDS.items()}
    print(f"{'command':<24}{'median s':>10}{'min':>8}{'max':>8}{'aim':>8}")
    for name, taken in results.items():
        aim = f"{AIM_S[name]:.1f}" if name in AIM_S else "-"
        middle = statistics.median(taken)
        print(f"{name:<24}{middle:>10.3f}{min(taken):>8.3f}{max(taken):>8.3f}{aim:>8}")
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
