"""Time and peak memory of `glioscope analyze`, stage by stage, and inference against its peers.

Run: .venv/bin/python benchmarks/analyze.py [--json docs/benchmarks/analyze.json]
Data: the environment variable GLIOSCOPE_DATA (default ../shared/data beside the repository).
Needs the extra `train` for the peers: torch runs the same networks eagerly, and MONAI's
SwinUNETR (feature size 48, random weights: time does not depend on them) its sliding window.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from glioscope.io import read_study
from glioscope.networks.inference import load_network
from glioscope.networks.torch_inference import torch_runner
from glioscope.preparation import PrepareConfig, prepare
from glioscope.segmentation import SegmentConfig, network_grid, network_input, segment

DATA = Path(os.environ.get("GLIOSCOPE_DATA", Path(__file__).parents[2] / "shared" / "data"))
PATIENTS = {
    "raw, 4 x 26 slices of 5.5 mm": DATA / "raw" / "TCGA-FG-6692" / "series",
    "BraTS, 240 x 240 x 155 x 4": DATA / "brats" / "BraTS2021_01478",
}
AIM_S = {"raw, 4 x 26 slices of 5.5 mm": 60.0, "BraTS, 240 x 240 x 155 x 4": 20.0}
PATCH, OVERLAP = 128, 0.5


def analyze(folder: Path) -> dict[str, Any]:
    """Return the manifest of one run, as a whole process, with its wall time."""
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "result"
        start = time.perf_counter()
        command = [sys.executable, "-m", "glioscope", "analyze", str(folder), "-o", str(output)]
        subprocess.run([*command, "--quiet"], check=True)
        seconds = time.perf_counter() - start
        manifest: dict[str, Any] = json.loads((output / "run.json").read_text(encoding="utf-8"))
    return {"seconds": seconds, "stages": manifest["stages"]}


def seconds_of(work: Callable[[], object], runs: int = 3) -> float:
    """Return the best of some runs, after one that is not counted."""
    work()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def inference(folder: Path) -> dict[str, float]:
    """Return seconds of inference for one prepared BraTS case, ours and the peers."""
    case = prepare(read_study(folder), PrepareConfig())
    network = load_network("tumor")
    image, presence = network_input(case, network_grid(case, network.card))
    members = range(network.members)
    eager = torch_runner(network.folder, network.card, device="cpu")
    return {
        "segment(), everything": seconds_of(lambda: segment(case, SegmentConfig())),
        "networks, OpenVINO": seconds_of(
            lambda: [network(image, presence, member=member) for member in members]
        ),
        "networks, eager torch": seconds_of(
            lambda: [eager(image, presence, member) for member in members]
        ),
        "MONAI SwinUNETR 48, sliding window": _swin_unetr(case.brain.data.shape),
    }


def _swin_unetr(shape: tuple[int, ...]) -> float:
    import torch  # noqa: PLC0415 - seconds, and only this peer needs it
    from monai.inferers import sliding_window_inference  # noqa: PLC0415
    from monai.networks.nets import SwinUNETR  # noqa: PLC0415

    network = SwinUNETR(in_channels=4, out_channels=3, feature_size=48).eval()
    image = torch.from_numpy(
        np.random.default_rng(0).normal(size=(1, 4, *shape)).astype(np.float32)
    )
    start = time.perf_counter()
    with torch.inference_mode():
        sliding_window_inference(image, (PATCH,) * 3, 1, network, overlap=OVERLAP)
    return time.perf_counter() - start


def show(results: dict[str, dict[str, Any]], inferred: dict[str, float]) -> None:
    """Print both tables."""
    for name, result in results.items():
        aim = AIM_S[name]
        print(f"\n{name}: {result['seconds']:.1f} s as a whole process (aim {aim:.0f} s)")
        print(f"  {'stage':<16}{'seconds':>9}{'peak MiB':>10}")
        for stage in result["stages"]:
            print(f"  {stage['stage']:<16}{stage['seconds']:>9.2f}{stage['peak_memory_mb']:>10.0f}")
    ours = inferred["networks, OpenVINO"]
    print(f"\ninference of one BraTS case\n  {'':<38}{'seconds':>9}{'ratio':>8}")
    for name, taken in inferred.items():
        print(f"  {name:<38}{taken:>9.2f}{taken / ours:>8.1f}")


def main() -> None:
    """Print the tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    absent = [path for path in PATIENTS.values() if not path.is_dir()]
    if absent:
        sys.exit("no data: set GLIOSCOPE_DATA to a folder with raw/ and brats/")
    results = {name: analyze(folder) for name, folder in PATIENTS.items()}
    inferred = inference(list(PATIENTS.values())[1])
    show(results, inferred)
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"analyze": results, "inference": inferred}, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
