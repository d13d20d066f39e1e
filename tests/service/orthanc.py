"""Orthanc on loopback, for the tests that want a real PACS; they skip where it is not installed.

On Debian: apt-get install orthanc orthanc-dicomweb.  No service is needed.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
import pytest

from glioscope.core import Acquisition, Volume
from glioscope.io import DicomIdentity, write_dicom_series

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
STARTS_WITHIN_S = 20.0
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orthanc:
    """A PACS that runs; ``move_port`` is where it sends what AE GLIOSCOPE asks it to move."""

    process: subprocess.Popen[bytes]
    dicom_port: int
    http_port: int
    move_port: int

    @property
    def node(self) -> str:
        return f"ORTHANC@{LOOPBACK}:{self.dicom_port}"

    @property
    def web(self) -> str:
        return f"http://{LOOPBACK}:{self.http_port}/dicom-web"

    def rest(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        """Ask Orthanc's own interface: what it holds, without any of our code."""
        data = None if body is None else json.dumps(body).encode()
        asked = Request(f"http://{LOOPBACK}:{self.http_port}{path}", data=data, method=method)
        with urlopen(asked, timeout=10) as answer:  # noqa: S310 - loopback
            text = answer.read()
        return json.loads(text) if text else None

    def instances(self, study_uid: str) -> set[str]:
        """Return the SOPInstanceUIDs of a study."""
        query = {"Level": "Instance", "Expand": True, "Query": {"StudyInstanceUID": study_uid}}
        found = self.rest("/tools/find", query)
        return {one["MainDicomTags"]["SOPInstanceUID"] for one in found}

    def stop(self) -> None:
        # terminated, it takes seconds to put all in order; nothing here is needed again
        self.process.kill()
        self.process.wait(timeout=20)


def free_port() -> int:
    """Return a port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_orthanc(folder: Path, **settings: Any) -> Iterator[Orthanc]:
    """Run an Orthanc of its own, with what it stores below a folder."""
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None or not PLUGIN.is_file():
        pytest.skip("Orthanc with its DICOMweb plugin is not installed")
    ports = {name: free_port() for name in ("dicom_port", "http_port", "move_port")}
    config = folder / "orthanc.json"
    config.write_text(json.dumps(_config(folder, **ports) | settings))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, str(config)], stdout=log, stderr=log)
    orthanc = Orthanc(process=process, **ports)
    try:
        _wait(orthanc)
        yield orthanc
    finally:
        orthanc.stop()


def _config(folder: Path, *, dicom_port: int, http_port: int, move_port: int) -> dict[str, Any]:
    return {
        "Name": "glioscope-tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomModalities": {"tests": ["GLIOSCOPE", LOOPBACK, move_port]},
        **{f"DicomAlwaysAllow{what}": True for what in ("Echo", "Store", "Find", "Get", "Move")},
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }


def _wait(orthanc: Orthanc) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end and orthanc.process.poll() is None:
        try:
            orthanc.rest("/dicom-web/studies")
        except (URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    pytest.fail("Orthanc is installed and does not start; see orthanc.log in the test's folder")


def mr_study(folder: Path, *, seed: int, series: int = 1) -> tuple[str, tuple[Path, ...]]:
    """Write a small MR study; return its UID and its files, six a series."""
    identity = DicomIdentity.from_seed(seed, patient_id=f"PSEUDONYM-{seed}")
    draws = np.random.default_rng(seed)
    files: tuple[Path, ...] = ()
    for number in range(1, series + 1):
        data = draws.integers(0, 4000, (12, 10, 6))
        files += write_dicom_series(
            Volume(data=data, affine=np.diag([-1.0, -1.0, 4.0, 1.0])),
            folder=folder,
            acquisition=Acquisition(modality="MR", series_description=f"Series {number}"),
            identity=identity,
            series_number=number,
        )
    return identity.study_instance_uid, files
