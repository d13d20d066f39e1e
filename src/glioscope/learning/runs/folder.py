"""The folder of a run: everything that it was asked for, and everything that it reached."""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from glioscope import __version__
from glioscope.core import InputError, OutputError
from glioscope.io import write_atomically
from glioscope.learning.runs.config import RunConfig, StageConfig
from glioscope.learning.runs.reading import as_plain, config_from

PACKAGES = ("torch", "lightning", "monai", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """Names of the files of a run.

    ``run.json`` (configuration, git revision, versions, what is done), ``split.json``,
    ``cases.json`` (who was used and who was left out, and why), ``metrics.csv``, ``tensorboard/``,
    ``STAGE/last.ckpt``, ``STAGE/best.ckpt``, ``STAGE/network.safetensors`` and
    ``network.safetensors``, the weights that the run ends with.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def record(self) -> Path:
        """What was asked for and what is done."""
        return self.path / "run.json"

    @property
    def split(self) -> Path:
        """Who trains, validates and tests."""
        return self.path / "split.json"

    @property
    def cases(self) -> Path:
        """Who was used, and who was left out."""
        return self.path / "cases.json"

    @property
    def metrics(self) -> Path:
        """Figures by step."""
        return self.path / "metrics.csv"

    @property
    def network(self) -> Path:
        """Weights that the run ends with."""
        return self.path / "network.safetensors"

    def stage(self, stage: StageConfig) -> Path:
        """Folder of a stage."""
        return self.path / stage.name

    def begin(self, config: RunConfig, *, command: str) -> None:
        """Write ``run.json`` where there is none yet.

        Raises:
            OutputError: If it can't be written.
        """
        if not self.record.exists():
            self.write({**_origin(), "command": command, "config": as_plain(config), "done": []})

    def check(self, config: RunConfig, *, resume: bool) -> None:
        """Refuse a folder that this run can't begin in, or go on in.

        A split without ``run.json`` is of a run that never began; it is dropped.

        Raises:
            OutputError: If the folder holds another run or other files.
            InputError: If ``resume`` is asked for and the run was of another configuration, or
                there is none.
        """
        if not self.record.exists():
            if resume:
                msg = f"{self.path.name} holds no run to go on with; leave out --resume"
                raise InputError(msg)
            for left in (self.split, self.cases):
                left.unlink(missing_ok=True)
            if self.path.exists() and any(self.path.iterdir()):
                msg = f"{self.path.name} is not empty and holds no run; choose another folder"
                raise OutputError(msg)
            return
        if not resume:
            msg = (
                f"{self.path.name} holds a run; go on with it by --resume, or choose another folder"
            )
            raise OutputError(msg)
        changed = sorted(_differences(self.read()["config"], as_plain(config)))
        if changed:
            msg = (
                f"{self.path.name} holds a run of another configuration (other: "
                f"{', '.join(changed)}); give the same to go on, or choose another folder"
            )
            raise InputError(msg)

    def read(self) -> dict[str, Any]:
        """Return ``run.json``.

        Raises:
            InputError: If there is none.
        """
        try:
            content: dict[str, Any] = json.loads(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            msg = f"{self.path} holds no run (run.json: {error}); name the folder of one"
            raise InputError(msg) from error
        return content

    def config(self) -> RunConfig:
        """Return the configuration of the run.

        Raises:
            InputError: If there is no run, or it is of another version.
        """
        return config_from(self.read()["config"], where=f"{self.path.name}/run.json")

    def write(self, content: dict[str, Any]) -> None:
        """Write ``run.json``."""
        write_atomically(self.record, (json.dumps(content, indent=1) + "\n").encode())

    def note(self, **news: object) -> None:
        """Add to ``run.json``."""
        self.write({**self.read(), **news})


def holds_run(folder: Path) -> bool:
    """Return whether a folder is that of a training run; ``analyze`` writes a ``run.json`` too."""
    try:
        content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return bool(content["config"]["stages"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def git_revision(folder: Path) -> str | None:
    """Return the commit of the working tree around a folder, with ``+`` where it was changed.

    ``None`` where there is no git or no repository: an installed package has neither.
    """
    found = _git(folder, "rev-parse", "HEAD")
    if found is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return found.strip() + ("+" if changed else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's git
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _origin() -> dict[str, Any]:
    versions = {"python": platform.python_version(), "glioscope": __version__}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {"format": 1, "versions": versions, "git": git_revision(Path(__file__).parent)}


def _differences(one: Any, other: Any, at: str = "") -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(set(one) | set(other))
        return [
            name
            for key in keys
            for name in _differences(one.get(key), other.get(key), f"{at}.{key}".strip("."))
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [name for n, (a, b) in pairs for name in _differences(a, b, f"{at}[{n}]")]
    return [] if one == other else [at]
