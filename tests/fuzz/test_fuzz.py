"""Ten thousand damaged studies: each ends in a study or in one typed refusal, soon and small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.fuzz.cases import fuzz_case

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz.py"
CASES = 10_000
CHILDREN = 4
LONGEST_S = 30.0
MORE_MEMORY_MB = 1024


def judged(first: int, count: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--batch", str(first), str(count)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("child", range(CHILDREN))
def test_every_damaged_study_ends_in_a_study_or_one_refusal(child: int) -> None:
    count = CASES // CHILDREN
    found = judged(child * count, count)

    assert found["faults"] == []
    assert found["count"] == sum(found["outcomes"].values()) == count
    assert found["slowest_s"] < LONGEST_S
    assert found["memory_mb"] < MORE_MEMORY_MB
    # damage that always or never shows would test nothing
    for kind in ("nifti", "dicom", "archive", "folder"):
        assert found["outcomes"][f"{kind}: study"] > 0
        assert found["outcomes"][f"{kind}: InputError"] > 0


def test_a_number_is_the_same_case_every_time() -> None:
    for number in range(60):
        assert fuzz_case(number).files == fuzz_case(number).files
    assert fuzz_case(1).files != fuzz_case(2).files
