"""Read very many damaged studies; each must end in a study or in one typed refusal.

    python benchmarks/fuzz.py --cases 1000000          # goes on where an earlier run stood
    python benchmarks/fuzz.py --case 4711              # one again, with its traceback
    python benchmarks/fuzz.py --case 4711 --keep DIR   # its files, to look at
    python benchmarks/fuzz.py --case 4711 --shrink     # made small, and kept for the tests

Each five thousand cases are one child process with a limit of its memory: what kills the child is
found by halving them.  The same number is the same case on every machine.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz.cases import fuzz_case  # noqa: E402
from tests.fuzz.judge import judge  # noqa: E402
from tests.fuzz.shrink import save, shrunk  # noqa: E402

from glioscope.io import read_study  # noqa: E402 - the path to tests must be known first
from glioscope.io.dicom_decode import Decoder  # noqa: E402

LOG = ROOT / "runs" / "fuzz.jsonl"
RESULT = ROOT / "docs" / "benchmarks" / "fuzz.json"
BATCH = 5000
LONGEST_S = 30.0
MEMORY_MB = 3072
DECODER_S = 1.5
"""Damaged JPEG-LS keeps its decoder busy until it is ended; waiting 10 s for each, as the reader
does, would be most of the time."""
THOROUGH = 4
"""Each so many cases, whose the images are is asked too, and each NIfTI file read alone."""


def batch(first: int, count: int, memory_mb: int) -> dict[str, Any]:
    """Judge some cases in this process."""
    logging.disable(logging.CRITICAL)
    Decoder.shared().longest_s = DECODER_S
    judge(fuzz_case(0))
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    outcomes: Counter[str] = Counter()
    faults: list[dict[str, Any]] = []
    slowest = (0.0, first)
    started = _cpu_s()
    for number in range(first, first + count):
        faulthandler.dump_traceback_later(LONGEST_S, exit=True)
        case = fuzz_case(number)
        verdict = judge(case, thorough=number % THOROUGH == 0)
        outcomes[f"{case.kind}: {verdict.outcome}"] += 1
        slowest = max(slowest, (verdict.seconds, number))
        if verdict.fault is not None:
            faults.append({"case": number, "kind": case.kind, "fault": verdict.fault})
            sys.stderr.write(f"case {number} ({case.kind}): {verdict.fault}\n")
    faulthandler.cancel_dump_traceback_later()
    Decoder.shared().close()
    return {
        "first": first,
        "count": count,
        "seconds": round(_cpu_s() - started, 3),
        "slowest_s": round(slowest[0], 4),
        "slowest_case": slowest[1],
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before_mb,
        "outcomes": dict(sorted(outcomes.items())),
        "faults": faults,
    }


def _cpu_s() -> float:
    """Return the processor's time of this process and of its decoders that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def in_child(first: int, count: int, memory_mb: int) -> dict[str, Any]:
    """Judge some cases in a child; one that dies is halved until the case is found."""
    command = [sys.executable, __file__, "--batch", str(first), str(count)]
    command += ["--memory-mb", str(memory_mb)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    lines = done.stdout.splitlines()
    if done.returncode == 0 and lines:
        found: dict[str, Any] = json.loads(lines[-1])
        return found
    if count > 1:
        half = count // 2
        one = in_child(first, half, memory_mb)
        return joined(one, in_child(first + half, count - half, memory_mb))
    told = f"exit {done.returncode}: {done.stderr.strip()[-600:]}"
    return {
        "first": first,
        "count": 1,
        "seconds": 0.0,
        "slowest_s": 0.0,
        "slowest_case": first,
        "memory_mb": 0,
        "outcomes": {"died": 1},
        "faults": [{"case": first, "kind": "died", "fault": told}],
    }


def joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Add two results up."""
    slower = max(one, other, key=lambda result: result["slowest_s"])
    return {
        "first": min(one["first"], other["first"]),
        "count": one["count"] + other["count"],
        "seconds": round(one["seconds"] + other["seconds"], 3),
        "slowest_s": slower["slowest_s"],
        "slowest_case": slower["slowest_case"],
        "memory_mb": max(one["memory_mb"], other["memory_mb"]),
        "outcomes": dict(sorted((Counter(one["outcomes"]) + Counter(other["outcomes"])).items())),
        "faults": one["faults"] + other["faults"],
    }


def campaign(cases: int, memory_mb: int, log: Path, result: Path) -> int:
    """Judge all cases that the log does not have yet; print and write the sum."""
    log.parent.mkdir(parents=True, exist_ok=True)
    known = _known(log)
    for first in range(0, cases, BATCH):
        if first in known:
            continue
        found = in_child(first, min(BATCH, cases - first), memory_mb)
        known[first] = found
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")
        for fault in found["faults"]:
            print(f"case {fault['case']} ({fault['kind']}): {fault['fault']}", flush=True)
    total: dict[str, Any] | None = None
    for first in sorted(known):
        if first < cases:
            total = known[first] if total is None else joined(total, known[first])
    if total is None:
        return 0
    _print(total)
    total["faults"] = total["faults"][:100]
    result.write_text(json.dumps(total, indent=1) + "\n", encoding="utf-8")
    return len(total["faults"])


def _known(log: Path) -> dict[int, dict[str, Any]]:
    """Return the finished batches; the last line of a killed run may be half."""
    found: dict[int, dict[str, Any]] = {}
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            try:
                content = json.loads(line)
            except ValueError:
                continue
            found[content["first"]] = content
    return found


def _print(total: dict[str, Any]) -> None:
    width = max(map(len, total["outcomes"]))
    for outcome, count in sorted(total["outcomes"].items(), key=lambda item: -item[1]):
        print(f"{outcome:<{width}}  {count:>9}  {count / total['count']:7.2%}")
    print(
        f"{total['count']} cases, {len(total['faults'])} faults,"
        f" {1000 * total['seconds'] / total['count']:.2f} ms each; slowest {total['slowest_s']} s"
        f" (case {total['slowest_case']}); at most {total['memory_mb']} MB more than at the start"
    )


def one(number: int, keep: Path | None, *, shrink: bool) -> int:
    """Judge one case here, and show what went wrong."""
    case = fuzz_case(number)
    print(f"{case.kind}: {', '.join(f'{name} ({len(c)})' for name, c in case.files.items())}")
    verdict = judge(case)
    print(f"{verdict.outcome}, {verdict.seconds:.4f} s; fault: {verdict.fault}")
    if shrink and verdict.fault is not None:
        small = shrunk(case, lambda other: judge(other).outcome == verdict.outcome)
        print(f"kept as {save(small, str(number)).relative_to(ROOT)}")
    if keep is not None:
        keep.mkdir(parents=True)
        study = read_study(case.write(keep))
        print(f"{len(study.series)} series")
    return int(verdict.fault is not None)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=1, choices=[1])
    parser.add_argument("--case", type=int)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--memory-mb", type=int, default=MEMORY_MB)
    parser.add_argument("--batch", type=int, nargs=2, metavar=("FIRST", "COUNT"))
    parser.add_argument("--log", type=Path, default=LOG)
    parser.add_argument("--result", type=Path, default=RESULT)
    asked = parser.parse_args()
    if asked.batch is not None:
        print(json.dumps(batch(asked.batch[0], asked.batch[1], asked.memory_mb)))
        return 0
    if asked.case is not None:
        return one(asked.case, asked.keep, shrink=asked.shrink)
    return int(campaign(asked.cases, asked.memory_mb, asked.log, asked.result) > 0)


if __name__ == "__main__":
    sys.exit(main())
