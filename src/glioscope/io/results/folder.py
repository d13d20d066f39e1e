"""Read a result folder: result.json, run.json and the labels on the scanner's grid.

Outputs for other systems are made from these files, whether minutes or years after the analysis:
their numbers are those of result.json, digit by digit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from glioscope.core import InputError, Volume
from glioscope.io.labels import LabelConvention, read_labels

RESULT: Final = "result.json"
RUN: Final = "run.json"
SEGMENTATION: Final = "segmentation.nii.gz"
REPORT: Final = "report.pdf"

_MAJOR: Final = "1"
_SAME_PLACE_MM: Final = 0.01
"""An affine goes through NIfTI's 32-bit floats, which round at a fraction of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenResult:
    """One result folder.

    Args:
        folder: Where it lies.
        content: ``result.json``, schema version 1.x.
        run: ``run.json``.
        labels: Integers of ``Label`` on the reference series' grid as acquired, uint8.
        digest: SHA-256 over the result and the labels: another content has another digest.
    """

    folder: Path
    content: Mapping[str, Any]
    run: Mapping[str, Any]
    labels: Volume
    digest: str

    @property
    def case_id(self) -> str:
        """Pseudonym."""
        return str(self.content["case_id"])

    @property
    def version(self) -> str:
        """Version of Glioscope that made the result."""
        return str(self.content["versions"]["glioscope"])

    @property
    def finished(self) -> datetime:
        """When the analysis ended, UTC."""
        return datetime.fromisoformat(str(self.run["finished"])).astimezone(UTC)

    @property
    def reference_series(self) -> str:
        """Series id of the reference sequence: a SeriesInstanceUID, or a NIfTI file's name."""
        reference = self.content["sequences"]["reference"]
        choices = self.content["sequences"]["choices"]
        return str(next(one["series_id"] for one in choices if one["sequence"] == reference))

    def files_of(self, series_id: str) -> Mapping[str, str]:
        """Return SHA-256 by path below the study's folder, of the files a series was read from."""
        found = (one["files"] for one in self.run["series"] if one["series_id"] == series_id)
        return {one["path"]: one["sha256"] for one in next(found, [])}


def read_result(folder: Path) -> WrittenResult:
    """Read a result folder.

    Args:
        folder: As ``glioscope analyze -o`` wrote it; the path of its ``result.json`` will do too.

    Raises:
        InputError: If it is none, is incomplete or damaged, or its files are not of one run.
    """
    folder = folder.parent if folder.name == RESULT else folder
    data = _bytes(folder, RESULT)
    content = _json(data, RESULT)
    version = str(content.get("schema_version", ""))
    if version.split(".", maxsplit=1)[0] != _MAJOR:
        msg = f"{RESULT} has schema version {version or 'none'}, not {_MAJOR}.x; analyze again"
        raise InputError(msg)
    run = _json(_bytes(folder, RUN), RUN)
    labels = read_labels(folder / SEGMENTATION, convention=LabelConvention.BRATS_2023)
    _check_one_run(content, run, labels)
    digest = hashlib.sha256(data + labels.affine.tobytes() + labels.data.tobytes()).hexdigest()
    return WrittenResult(folder=folder, content=content, run=run, labels=labels, digest=digest)


def report_bytes(result: WrittenResult) -> bytes:
    """Return the PDF of a result.

    Raises:
        InputError: If it is gone.
    """
    return _bytes(result.folder, REPORT)


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        msg = (
            f"{folder.name} holds no readable {name} ({error.strerror}): it is no complete result;"
            " give the folder that `glioscope analyze -o` wrote, or analyze again"
        )
        raise InputError(msg) from error


def _json(data: bytes, name: str) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except ValueError as error:
        msg = f"{name} is damaged (not JSON); analyze the study again"
        raise InputError(msg) from error
    if not isinstance(content, dict):
        msg = f"{name} is not one of Glioscope; give the folder that `glioscope analyze -o` wrote"
        raise InputError(msg)
    return content


def _check_one_run(content: Mapping[str, Any], run: Mapping[str, Any], labels: Volume) -> None:
    try:
        same = content["case_id"] == run["case_id"]
        grid = content["sequences"]["reference_grid"]
        shape, affine = tuple(grid["shape"]), np.array(grid["affine"], dtype=np.float64)
    except (KeyError, TypeError) as error:
        msg = f"{RESULT} or {RUN} lacks {error}; analyze the study again"
        raise InputError(msg) from error
    if not same or shape != labels.shape or _furthest_mm(affine, labels) > _SAME_PLACE_MM:
        msg = (
            f"{RESULT}, {RUN} and {SEGMENTATION} are not of one analysis (another case or grid);"
            " analyze the study again into an empty folder"
        )
        raise InputError(msg)


def _furthest_mm(affine: np.ndarray[Any, np.dtype[np.float64]], labels: Volume) -> float:
    """Return how far two grids of one shape lie apart at their corners, mm."""
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in labels.shape])).reshape(3, -1).T
    other = corners @ affine[:3, :3].T + affine[:3, 3]
    return float(np.linalg.norm(other - labels.world(corners), axis=1).max())
