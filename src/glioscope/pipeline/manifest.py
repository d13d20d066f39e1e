"""run.json: what went in, with what, how long it took, what came out."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from importlib import metadata
from pathlib import Path
from typing import Any

from glioscope import __version__
from glioscope.core import InputError, Notice, Study
from glioscope.io import write_atomically
from glioscope.pipeline.meter import StageRecord

MANIFEST_VERSION = "1.0"
MANIFEST = "run.json"

_ENGINES = (
    "numpy",
    "scipy",
    "nibabel",
    "SimpleITK",
    "pydicom",
    "openvino",
    "nilearn",
    "scikit-image",
    "matplotlib",
    "reportlab",
)


def software_versions() -> dict[str, str]:
    """Return the versions of Glioscope and of every engine that can change a number."""
    engines = {name.lower(): metadata.version(name) for name in _ENGINES}
    return {"glioscope": __version__, **engines}


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return dataclasses, enums and mappings as plain JSON values; of a path only its name."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value.name if isinstance(value, Path) else value


def digest_of_inputs(paths: Iterable[Path]) -> dict[str, str]:
    """Return SHA-256 by file, for every file at or below the paths, in a fixed order.

    Args:
        paths: Files and folders.

    Raises:
        InputError: If one does not exist or can't be read.
    """
    digests: dict[str, str] = {}
    for path in paths:
        if not path.exists():
            msg = f"{path.name}: no such file or folder; check the path"
            raise InputError(msg)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                name = file.relative_to(path).as_posix() if path.is_dir() else file.name
                digests[name] = _sha256(file, name=name)
    return digests


def _sha256(path: Path, *, name: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        msg = f"{name} can't be read ({error.strerror}); check its permissions"
        raise InputError(msg) from error


def key_of(*values: object) -> str:
    """Return a SHA-256 over plain values: the same run has the same key."""
    text = json.dumps([plain(value) for value in values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything run.json holds.

    Args:
        case_id: Pseudonym.
        started: UTC.
        key: Of inputs, configuration and version; two runs with one key give the same bytes.
        study: What was read.
        configuration: By subsystem, plain values.
        stages: Time and memory.
        notices: All of the run.
        outputs: Folder whose files are listed with their hashes.
    """

    case_id: str
    started: datetime
    key: str
    study: Study
    configuration: Mapping[str, Any]
    stages: tuple[StageRecord, ...]
    notices: tuple[Notice, ...]
    outputs: Path

    def to_json(self) -> dict[str, Any]:
        """Return plain values; the only ones of a run that hold dates and durations."""
        series = [
            {
                "series_id": one.series_id,
                "shape": list(one.volume.shape),
                "spacing_mm": [round(value, 6) for value in one.volume.spacing_mm],
                "files": [plain(source) for source in one.sources],
            }
            for one in self.study.series
        ]
        return {
            "manifest_version": MANIFEST_VERSION,
            "case_id": self.case_id,
            "started": self.started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "key": self.key,
            "study_instance_uid": self.study.study_instance_uid,
            "series": series,
            "versions": software_versions(),
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
            "configuration": plain(self.configuration),
            "stages": [plain(record) for record in self.stages],
            "notices": [plain(notice) for notice in self.notices],
            "outputs": _digests(self.outputs),
        }


def write_json(value: Mapping[str, Any], path: Path) -> None:
    """Write JSON; the file appears whole or not at all.

    Raises:
        OutputError: If it can't be written.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode())


def record_outputs(folder: Path) -> None:
    """Bring the list of files in a result's run.json up to date, after more were written.

    Args:
        folder: Of a finished run.

    Raises:
        OutputError: If it can't be written.
    """
    path = folder / MANIFEST
    run = json.loads(path.read_text(encoding="utf-8"))
    write_json({**run, "outputs": _digests(folder)}, path)


def _digests(folder: Path) -> dict[str, str]:
    """Return SHA-256 by path below a result's folder, of all but the manifest itself."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _hidden(path.relative_to(folder))
    ]
    return {
        path.relative_to(folder).as_posix(): _sha256(path, name=path.name)
        for path in files
        if path.name != MANIFEST
    }


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
