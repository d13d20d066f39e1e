"""What `glioscope listen` stands: twenty studies at once, and every fault on the way.

Run: .venv/bin/python benchmarks/listener_load.py [--json docs/benchmarks/listener.json]
     [--studies 20] [--only load killed-while-receiving]

The listener is a process of its own; senders and archive are threads of this one, on the same
machine, so that its cores do both halves of the work.  The analyzer is the tests' stand-in (a
tenth of a second a study): what is measured is everything around the analysis.  A study is 4
series of 24 slices of 256 x 256 pixels, 16 bit.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pynetdicom import AE, AllStoragePresentationContexts, build_context, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import MRImageStorage

from glioscope.core import Acquisition, OutputError, Volume
from glioscope.io import DicomIdentity, write_dicom_series
from glioscope.service.listen.status import read_status
from glioscope.service.send.instances import Destination, Timeouts, send

FAKE = Path(__file__).parents[1] / "tests" / "service" / "fake_analyzer.py"
SERIES, SLICES, MATRIX = 4, 24, 256
QUIET_S = 8.0
PATIENCE_S = 300.0
TRIES = 5


@dataclass(slots=True)
class Archive:
    """A storage SCP that can go and come back, and what it was sent."""

    seconds: float = 0.0
    received: list[str] = field(default_factory=list)
    port: int = 0
    _server: Any = None

    def start(self) -> None:
        """Listen, at the same port as before."""
        entity = AE(ae_title="ARCHIVE")
        entity.maximum_associations = 100
        entity.supported_contexts = AllStoragePresentationContexts
        handlers = [(evt.EVT_C_STORE, self._store)]
        self._server = entity.start_server(
            ("127.0.0.1", self.port), block=False, evt_handlers=handlers
        )
        self.port = self._server.server_address[1]

    def stop(self) -> None:
        """Be gone."""
        self._server.shutdown()

    def _store(self, event: Event) -> int:
        time.sleep(self.seconds)
        self.received.append(str(event.request.AffectedSOPInstanceUID))
        return 0


@dataclass(slots=True)
class Bench:
    """A folder, an archive, and a listener that may be killed and started again."""

    place: Path
    studies: list[list[Path]]
    archive: Archive = field(default_factory=Archive)
    analysis_s: float = 0.1
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """Of the listener."""
        return self.place / "listener"

    def start(self) -> None:
        """Start the listener, at the same port as before."""
        analyzer = [sys.executable, "-I", "-S", str(FAKE), "--journal", str(self.place / "journal")]
        analyzer += ["--seconds", str(self.analysis_s)]
        command = [sys.executable, "-m", "glioscope", "listen", "-o", str(self.folder)]
        command += ["--port", str(self.port), "--quiet-seconds", str(QUIET_S), "--jobs", "2"]
        command += ["--max-associations", "40", "--command", shlex.join(analyzer)]
        command += ["--send-to", f"ARCHIVE@127.0.0.1:{self.archive.port}"]
        log = self.place / "log"
        with log.open("wb") as file:
            self.process = subprocess.Popen(command, stderr=file)
        wait_until(lambda: b"listens at" in log.read_bytes())
        found = re.search(r"listens at [0-9.]+:(\d+)", log.read_text(encoding="utf-8"))
        self.port = 0 if found is None else int(found[1])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the listener with a signal; return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def send(self, files: Sequence[Path]) -> int:
        """Send one study, again when that fails, as archives do; return the tries it took."""
        destination = Destination.parse(f"GLIOSCOPE@127.0.0.1:{self.port}")
        for tries in range(1, TRIES + 1):
            with suppress(OutputError):
                send(files, destination, calling_aet="SCANNER", timeouts=Timeouts(answer_s=4.0))
                return tries
            if self.process is None or self.process.poll() is not None:
                break
        return TRIES

    def send_all(self) -> int:
        """Send all studies at once; return how many sends had to be tried again."""
        with ThreadPoolExecutor(len(self.studies)) as scanners:
            return sum(scanners.map(self.send, self.studies)) - len(self.studies)

    def states(self) -> list[str]:
        """Return how far each study is."""
        return [str(one.state) for one in read_status(self.folder).studies]

    def runs(self, kind: str) -> list[tuple[str, int]]:
        """Return of which studies analyses started, or finished, and with how many images."""
        with suppress(FileNotFoundError):
            lines = (self.place / "journal").read_text(encoding="utf-8").splitlines()
            words = [line.split() for line in lines if line.startswith(kind)]
            return [(study, int(images)) for _, study, images, *_ in words]
        return []

    def received(self) -> int:
        """Return how many instances lie on the disk."""
        return sum(1 for _ in (self.folder / "incoming").glob("*/[!.]*.dcm"))

    def wait_sent(self) -> None:
        """Wait until the result of each study is at the archive."""
        wait_until(lambda: self.states() == ["sent"] * len(self.studies))


def load(bench: Bench) -> dict[str, Any]:
    """All studies at once, nothing goes wrong."""
    start = time.perf_counter()
    again = bench.send_all()
    receiving_s = time.perf_counter() - start
    wait_until(lambda: len(bench.runs("finished")) == len(bench.studies))
    analyzed_s = time.perf_counter() - start
    bench.wait_sent()
    return {
        "receiving_s": round(receiving_s, 2),
        "instances_per_s": round(bench.received() / receiving_s, 1),
        "sends_tried_again": again,
        "all_analyzed_s": round(analyzed_s, 2),
        "all_sent_s": round(time.perf_counter() - start, 2),
    }


def aborted_association(bench: Bench) -> dict[str, Any]:
    """Half of each study comes, its association is aborted, the whole comes again."""
    kept = whole = 0
    for files in bench.studies:
        entity = AE(ae_title="SCANNER")
        entity.requested_contexts = [
            build_context(MRImageStorage, dcmread(files[0]).file_meta.TransferSyntaxUID)
        ]
        asked = entity.associate("127.0.0.1", bench.port, ae_title="GLIOSCOPE")
        for file in files[: len(files) // 2]:
            asked.send_c_store(dcmread(file))
        asked.abort()
        kept += bench.received() - whole
        bench.send(files)
        whole += len(files)
    bench.wait_sent()
    return {"kept_of_aborted": kept}


def duplicate_send(bench: Bench) -> dict[str, Any]:
    """Each study is sent twice at once, and again when all is done."""
    with ThreadPoolExecutor(2) as twice:
        list(twice.map(lambda _: bench.send_all(), range(2)))
    bench.wait_sent()
    bench.send_all()
    time.sleep(QUIET_S + 2)
    bench.wait_sent()
    return {}


def destination_gone(bench: Bench) -> dict[str, Any]:
    """The archive is gone when the results are ready, and comes back."""
    bench.archive.stop()
    bench.send_all()
    wait_until(lambda: bench.states() == ["analyzed"] * len(bench.studies))
    wait_until(lambda: any(one.reason for one in read_status(bench.folder).studies))
    bench.archive.start()
    start = time.perf_counter()
    bench.wait_sent()
    return {"all_sent_after_return_s": round(time.perf_counter() - start, 1)}


def killed_while_receiving(bench: Bench) -> dict[str, Any]:
    """Killed with -9 when a third is in; started again, all is sent again."""
    third = len(bench.studies) * SERIES * SLICES // 3
    with ThreadPoolExecutor(1) as aside:
        sending = aside.submit(bench.send_all)
        wait_until(lambda: bench.received() >= third)
        bench.end(signal.SIGKILL)
        sending.result()
    kept = bench.received()
    bench.start()
    bench.send_all()
    bench.wait_sent()
    return {"kept_when_killed": kept}


def killed_while_analyzing(bench: Bench) -> dict[str, Any]:
    """Killed with -9 while the first are analyzed; started again."""
    bench.end()
    bench.analysis_s = 5.0
    bench.start()
    bench.send_all()
    wait_until(lambda: len(bench.runs("started")) == 2)
    bench.end(signal.SIGKILL)
    bench.analysis_s = 0.1
    bench.start()
    bench.wait_sent()
    return {"begun_twice": len(bench.runs("started")) - len(bench.studies)}


def killed_while_sending(bench: Bench) -> dict[str, Any]:
    """Killed with -9 while a result is on its way; started again."""
    bench.archive.seconds = 0.5
    bench.send_all()
    wait_until(lambda: len(bench.archive.received) >= 1)
    time.sleep(0.2)
    bench.end(signal.SIGKILL)
    bench.archive.seconds = 0.0
    bench.start()
    bench.wait_sent()
    return {"objects_sent_again": len(bench.archive.received) - len(set(bench.archive.received))}


def ended_while_analyzing(bench: Bench) -> dict[str, Any]:
    """Asked to end (SIGTERM) while the first are analyzed; started again."""
    bench.end()
    bench.analysis_s = 5.0
    bench.start()
    bench.send_all()
    wait_until(lambda: len(bench.runs("started")) == 2)
    start = time.perf_counter()
    code = bench.end()
    seconds = time.perf_counter() - start
    bench.analysis_s = 0.1
    bench.start()
    bench.wait_sent()
    return {"exit_code": code, "ended_in_s": round(seconds, 2)}


CASES: dict[str, tuple[Callable[[Bench], dict[str, Any]], int | None]] = {
    "load": (load, None),
    "aborted-association": (aborted_association, 3),
    "duplicate-send": (duplicate_send, 3),
    "destination-gone": (destination_gone, 3),
    "killed-while-receiving": (killed_while_receiving, 10),
    "killed-while-analyzing": (killed_while_analyzing, 5),
    "killed-while-sending": (killed_while_sending, 3),
    "ended-while-analyzing": (ended_while_analyzing, 5),
}
"""Each case with its number of studies; ``None`` for as many as --studies says."""


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when a condition holds; give up after a long time."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


def make_study(folder: Path, seed: int) -> list[Path]:
    """Write a study of the size that a scanner makes."""
    identity = DicomIdentity.from_seed(seed, patient_id=f"PSEUDONYM-{seed}")
    data = np.random.default_rng(seed).integers(0, 4000, (MATRIX, MATRIX, SLICES))
    volume = Volume(data=data, affine=np.diag([-1.0, -1.0, 5.0, 1.0]))
    return [
        path
        for number in range(1, SERIES + 1)
        for path in write_dicom_series(
            volume,
            folder=folder / f"study-{seed}",
            acquisition=Acquisition(modality="MR"),
            identity=identity,
            series_number=number,
        )
    ]


@contextmanager
def running(studies: list[list[Path]]) -> Iterator[Bench]:
    """Yield a bench with archive and listener running."""
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(place=Path(place), studies=studies)
        bench.archive.start()
        bench.start()
        try:
            yield bench
        finally:
            bench.end(signal.SIGKILL)
            bench.archive.stop()


def measure(name: str, studies: list[list[Path]]) -> dict[str, Any]:
    """Run one case; return what came of it."""
    case, count = CASES[name]
    with running(studies[:count]) as bench:
        told = case(bench)
        finished, received = bench.runs("finished"), bench.archive.received
        whole = SERIES * SLICES
        return {
            "studies": len(bench.studies),
            "instances": sum(map(len, bench.studies)),
            "instances_lost": sum(map(len, bench.studies)) - bench.received(),
            "studies_lost": len(bench.studies) - bench.states().count("sent"),
            "analyzed_once": sum(
                finished.count(run) == 1 for run in set(finished) if run[1] == whole
            ),
            "analyzed_in_part": sum(images < whole for _, images in finished),
            "results_at_archive": len(set(received)),
            **told,
        }


def main() -> None:
    """Print a line a case; write all of it as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        studies = [make_study(Path(place), seed) for seed in range(asked.studies)]
        results = {}
        for name in asked.only:
            results[name] = measure(name, studies)
            print(f"{name:24}", json.dumps(results[name]), flush=True)
    if asked.json is not None:
        size_mb = MATRIX * MATRIX * 2 / 1e6
        machine = {
            "cores": os.cpu_count(),
            "instance_mb": round(size_mb, 3),
            "quiet_s": QUIET_S,
            "cases": results,
        }
        asked.json.write_text(json.dumps(machine, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
