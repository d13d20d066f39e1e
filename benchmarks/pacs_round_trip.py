"""The round trip with a PACS: a simulated study is sent, fetched, listened for and answered.

Run in the repository: .venv/bin/python -m benchmarks.pacs_round_trip [--json FILE]
Needs Orthanc and its DICOMweb plugin (Debian: orthanc, orthanc-dicomweb), which it starts on
loopback with a folder of its own.  The analysis is the true `glioscope analyze --dicom`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydicom import dcmread
from tests.service.orthanc import LOOPBACK, Orthanc, running_orthanc

from glioscope.service.fetch.study import (
    Destination,
    Link,
    Query,
    Receiver,
    fetch_study,
    find_studies,
    source_of,
)
from glioscope.service.listen.analyzer import Analyzer
from glioscope.service.listen.config import ListenConfig
from glioscope.service.listen.listener import Listener
from glioscope.service.listen.status import read_status
from glioscope.service.send.instances import send

SEED = 7
QUIET_S = 2.0
GIVE_UP_S = 1800.0


def simulated(place: Path) -> tuple[str, list[Path]]:
    """Write the study of a simulated patient; return its UID and files."""
    command = [sys.executable, "-m", "glioscope", "simulate", "-o", str(place), "--dicom"]
    subprocess.run([*command, "--seed", str(SEED), "--quiet"], check=True)
    files = sorted((place / "dicom").rglob("*.dcm"))
    return str(dcmread(files[0], stop_before_pixels=True).StudyInstanceUID), files


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def sending(orthanc: Orthanc, files: list[Path]) -> dict[str, float]:
    """Return the seconds to send a study; the second time Orthanc already has it."""
    return {
        "C-STORE": timed(lambda: send(files, Destination.parse(orthanc.node))),
        "STOW-RS": timed(lambda: send(files, Destination.parse(orthanc.web))),
    }


def fetching(orthanc: Orthanc, uid: str, place: Path) -> dict[str, float]:
    """Return the seconds to find and fetch a study, each way."""
    ways = {
        "C-FIND + C-MOVE": (orthanc.node, Receiver(port=orthanc.move_port)),
        "C-FIND + C-GET": (orthanc.node, None),
        "QIDO-RS + WADO-RS": (orthanc.web, None),
    }
    taken = {}
    for number, (way, (pacs, receiver)) in enumerate(ways.items()):
        source = source_of(Destination.parse(pacs), Link(), receiver=receiver)
        start = time.perf_counter()
        (study,) = find_studies(Query(study_uid=uid), source)
        fetch_study(study, source, place / f"fetched-{number}")
        taken[way] = round(time.perf_counter() - start, 2)
    return taken


def listened(orthanc: Orthanc, uid: str, place: Path) -> dict[str, float]:
    """Have Orthanc send the study to a listener; return the seconds until each state."""
    config = ListenConfig(folder=place / "listener", port=0, quiet_seconds=QUIET_S)
    back = partial(send, to=Destination.parse(orthanc.node))
    listener = Listener(config, analyzer=Analyzer(), send=back)
    port = listener.start()
    try:
        orthanc.rest("/modalities/listener", ["GLIOSCOPE", LOOPBACK, port], method="PUT")
        query = {"Level": "Study", "Query": {"StudyInstanceUID": uid}}
        found = orthanc.rest("/tools/find", query)
        start = time.perf_counter()
        orthanc.rest("/modalities/listener/store", found)
        received = round(time.perf_counter() - start, 2)
        return {"received": received, **_states(config.folder, start)}
    finally:
        listener.stop()


def _states(folder: Path, start: float) -> dict[str, float]:
    seen: dict[str, float] = {}
    while "sent" not in seen:
        (study,) = read_status(folder).studies
        now = round(time.perf_counter() - start, 2)
        seen.setdefault(str(study.state), now)
        if study.state == "failed" or now > GIVE_UP_S:
            logs = [log.read_text(encoding="utf-8") for log in folder.rglob("analysis.log")]
            sys.exit(f"the study is {study.state}: {study.reason}\n{''.join(logs)}")
        time.sleep(0.02)
    return seen


def holding(orthanc: Orthanc, uid: str) -> dict[str, dict[str, int]]:
    """Return what Orthanc holds under a study: series and instances by modality."""
    query = {"Level": "Series", "Expand": True, "Query": {"StudyInstanceUID": uid}}
    series, instances = Counter[str](), Counter[str]()
    for one in orthanc.rest("/tools/find", query):
        modality = one["MainDicomTags"]["Modality"]
        series[modality] += 1
        instances[modality] += len(one["Instances"])
    return {name: {"series": series[name], "instances": instances[name]} for name in sorted(series)}


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    print(f"simulated study: {result['instances']} instances, {result['megabytes']:.1f} MB")
    print(f"{result['cpus']} CPU cores, load average {result['load_average']} at the start")
    for title in ("send_s", "fetch_s", "listen_s"):
        for name, seconds in result[title].items():
            print(f"  {title[:-2]:<8}{name:<20}{seconds:>8.2f} s")
    for when in ("held_before", "held_after"):
        print(f"Orthanc, {when.replace('_', ' ')}")
        for modality, counts in result[when].items():
            print(f"  {modality:<6}{counts['series']:>4} series{counts['instances']:>6} instances")


def main() -> None:
    """Print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        uid, files = simulated(place / "patient")
        with running_orthanc(place) as orthanc:
            result: dict[str, Any] = {
                "cpus": os.cpu_count(),
                "load_average": round(os.getloadavg()[0], 1),
                "instances": len(files),
                "megabytes": round(sum(file.stat().st_size for file in files) / 1e6, 1),
                "send_s": sending(orthanc, files),
                "fetch_s": fetching(orthanc, uid, place),
                "held_before": holding(orthanc, uid),
                "listen_s": listened(orthanc, uid, place),
                "held_after": holding(orthanc, uid),
            }
    show(result)
    if options.json is not None:
        text = json.dumps(result, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
