"""The NIfTI files of one patient, as series."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from glioscope.core import (
    InputError,
    Notice,
    Sequence,
    Series,
    Severity,
    SourceFile,
    Volume,
)
from glioscope.io.folder import Contents, listed
from glioscope.io.names import NameClue, Role, clue_of_name
from glioscope.io.nifti import load_nifti
from glioscope.io.sidecar import acquisition_of_nifti

_CHUNK: Final = 1 << 20


def images_of(contents: Contents) -> dict[Path, NameClue]:
    """Return the NIfTI files whose names do not say that they are something else."""
    clues = {path: clue_of_name(contents.name(path)) for path in contents.nifti}
    return {path: clue for path, clue in clues.items() if clue.role is Role.IMAGE}


def read_nifti_series(
    contents: Contents, *, without: Iterable[Path] = ()
) -> tuple[tuple[Series, ...], tuple[Notice, ...]]:
    """Read all images of a folder that holds NIfTI.

    Args:
        contents: The folder.
        without: Files that the user gave another role.

    Returns:
        The series and what was left out.  A file that claims no sequence and can't be used is
        left out; one that claims a sequence and can't be used is refused.

    Raises:
        InputError: If a file that claims one of the four sequences can't be used.
    """
    taken = {path.resolve() for path in without}
    clues = {
        path: clue for path, clue in images_of(contents).items() if path.resolve() not in taken
    }
    plain, notices = _plain_ones(clues, contents)
    series: list[Series] = []
    for path in plain:
        try:
            series.append(nifti_series(path, name=contents.name(path)))
        except InputError as error:
            if clues[path].sequence is not None:
                raise
            notices += (_left_out("unusable-file", f"{error}", severity=Severity.WARNING),)
    return tuple(series), _role_notices(contents, taken) + notices


def nifti_series(
    path: Path, *, name: PurePosixPath, declared: Sequence | None = None, by_user: bool = False
) -> Series:
    """Read one NIfTI file as a series.

    Args:
        path: The file.
        name: Its path below the input folder, which becomes the series' id.
        declared: What the user says it is; without it the name is asked.
        by_user: The user said so.

    Raises:
        InputError: If it can't be used.
    """
    loaded = load_nifti(path, name=str(name))
    data = np.asarray(loaded.volume.data, dtype=np.float32)
    if data.min() == data.max():
        msg = f"{name} is constant ({data.flat[0]:g} everywhere); convert it again from its source"
        raise InputError(msg)
    return Series(
        series_id=str(name),
        volume=Volume(data=data, affine=loaded.volume.affine),
        acquisition=acquisition_of_nifti(path, description=loaded.description, name=str(name)),
        declared=declared if by_user else clue_of_name(name).sequence,
        by_user=by_user,
        sources=(SourceFile(path=str(name), sha256=sha256_of(path)),),
        notices=loaded.notices,
    )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _plain_ones(
    clues: dict[Path, NameClue], contents: Contents
) -> tuple[list[Path], tuple[Notice, ...]]:
    """Prefer the plain file of a folder to its processed copies (``T1c`` to ``T1c_bias``)."""
    rivals: defaultdict[tuple[Path, Sequence], list[Path]] = defaultdict(list)
    for path, clue in clues.items():
        if clue.sequence is not None:
            rivals[path.parent, clue.sequence].append(path)
    processed = [
        path
        for paths in rivals.values()
        for path in paths
        if len(clues[path].variants) > min(len(clues[other].variants) for other in paths)
    ]
    if not processed:
        return list(clues), ()
    message = f"Left out as processed copies: {listed([str(contents.name(p)) for p in processed])}."
    return [path for path in clues if path not in processed], (_left_out("copy", message),)


def _role_notices(contents: Contents, taken: set[Path]) -> tuple[Notice, ...]:
    by_role: defaultdict[Role, list[str]] = defaultdict(list)
    for path in contents.nifti:
        role = clue_of_name(contents.name(path)).role
        if role is not Role.IMAGE and path.resolve() not in taken:
            by_role[role].append(str(contents.name(path)))
    told = {
        Role.LABELS: "Left out as labels",
        Role.BRAIN_MASK: "Left out as brain masks (give one with --brain-mask to use it)",
        Role.OTHER: "Left out as none of the four sequences",
    }
    return tuple(
        _left_out("not-an-image" if role is not Role.OTHER else "other-image", message)
        for role, names in sorted(by_role.items())
        if (message := f"{told[role]}: {listed(names)}.")
    )


def _left_out(code: str, message: str, *, severity: Severity = Severity.INFO) -> Notice:
    return Notice(code=f"left-out-{code}", severity=severity, message=message)
