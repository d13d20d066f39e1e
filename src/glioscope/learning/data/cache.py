"""Prepared cases on disk: made once by the product's own preparation, read by every training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from glioscope.core import (
    Case,
    CaseError,
    InputError,
    Progress,
    Silent,
)
from glioscope.learning.data.about import About, tumor_box
from glioscope.learning.data.entry import ABOUT, CachedCase, arrays_of
from glioscope.learning.data.grids import to_sample, training_grid
from glioscope.learning.data.listing import LeftOut, ListedCase
from glioscope.learning.data.truth import Truth, read_listed, read_truth
from glioscope.learning.data.workers import in_processes
from glioscope.learning.data.writing import sweep, write_folder
from glioscope.learning.sample import Sample
from glioscope.preparation import prepare

FORMAT: Final = 1
"""Of the folder of a case; another number makes every case be prepared again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCache:
    """Cases on one training grid, a folder a case: ``FOLDER/GRID/CASE``.

    Several caches, of other grids, may share a folder, and several processes may fill one.

    Args:
        folder: Made when it is filled.
        grid: Name of a training grid, see ``training_grid``.

    Raises:
        InputError: If no grid has that name.
    """

    folder: Path
    grid: str

    def __post_init__(self) -> None:
        training_grid(self.grid)

    @property
    def place(self) -> Path:
        """Where the folders of the cases lie."""
        return self.folder / self.grid

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The cases that are there, sorted; none of them is opened."""
        found = self.place.glob(f"[!.]*/{ABOUT}")
        return tuple(sorted(path.parent.name for path in found))

    def open(self, case_id: str) -> CachedCase:
        """Open a case.

        Raises:
            InputError: If it is not in the cache.
            CaseError: If its files are damaged.
        """
        if not (self.place / _folder_name(case_id)).is_dir():
            msg = f"case {case_id} is not in the cache {self.place.name}; fill the cache with it"
            raise InputError(msg)
        return CachedCase.at(self.place / case_id)

    def fill(
        self, cases: Many[ListedCase], *, workers: int = 1, progress: Progress | None = None
    ) -> tuple[tuple[ListedCase, ...], tuple[LeftOut, ...]]:
        """Prepare the cases that are not there yet, whose files changed, or that are damaged.

        A killed run leaves nothing half-written, and the next goes on where it was.

        Args:
            cases: Any number; each ``case_id`` once.
            workers: Processes side by side, each with one thread; 1 works in this one.  With
                more, a script needs its ``if __name__ == "__main__"``.
            progress: Told of each case that is done.

        Returns:
            The cases that are ready, and those that can't be prepared with their reason; both in
            the order given.

        Raises:
            InputError: If two cases have the same ``case_id``, or one is no name of a folder.
            OutputError: If the disk is full or can't be written to.
        """
        progress = progress or Silent()
        _check_names(cases)
        sweep(self.place)
        progress.stage("prepare cases")
        reasons: dict[str, str | None] = {}
        # a view of a mapping can't be sent to another process
        sendable = [replace(case, images=dict(case.images)) for case in cases]
        for number, reason in in_processes(partial(_reason, self), sendable, workers=workers):
            reasons[cases[number].case_id] = reason
            progress.step(len(reasons), len(cases))
        ready = tuple(case for case in cases if reasons[case.case_id] is None)
        left_out = tuple(
            LeftOut(case_id=case.case_id, reason=reason)
            for case in cases
            if (reason := reasons[case.case_id]) is not None
        )
        return ready, left_out


def _reason(cache: CaseCache, listed: ListedCase) -> str | None:
    """Make sure that a case is there; return why it can't be."""
    try:
        wanted = _made_from(listed, cache.grid)
        if not _is_current(cache.place / listed.case_id, wanted):
            _prepare(cache, listed, wanted)
    except InputError as error:
        return " ".join(str(error).split())
    return None


def _prepare(cache: CaseCache, listed: ListedCase, made_from: dict[str, Any]) -> None:
    study = read_listed(listed)
    case = prepare(study)
    truth = read_truth(listed, case=case, study=study)
    grid = training_grid(cache.grid)
    regions, known = (None, (0, 0, 0)) if truth is None else (truth.regions, truth.known)
    sample = to_sample(case, regions, known, grid)
    about = _about(case, truth, sample, affine=grid.over(case).grid.affine, made_from=made_from)
    place = cache.place / listed.case_id
    write_folder(
        place,
        arrays_of(sample, truth, case.brain),
        about=(ABOUT, about.as_json()),
        is_current=partial(_is_current, place, made_from),
    )


def _about(
    case: Case,
    truth: Truth | None,
    sample: Sample,
    *,
    affine: np.ndarray[Any, np.dtype[np.float64]],
    made_from: dict[str, Any],
) -> About:
    i, j, k = sample.image.shape[1:]
    x, y, z = np.sqrt((affine[:3, :3] ** 2).sum(axis=0)).tolist()
    voxels = None if truth is None else np.count_nonzero(truth.labels.data)
    return About(
        case_id=case.case_id,
        made_from=made_from,
        presence=tuple(int(value) for value in sample.presence),
        known=tuple(int(value) for value in sample.known),
        shape=(i, j, k),
        affine=tuple(tuple(row) for row in affine.tolist()),
        spacing_mm=(x, y, z),
        case_shape=case.brain.shape,
        case_affine=tuple(tuple(row) for row in case.brain.affine.tolist()),
        tumor_ml=None if voxels is None else voxels * case.brain.voxel_volume_ml,
        tumor=tumor_box(sample.regions[0].numpy()),
        notices=tuple(notice.code for notice in case.notices),
    )


def _made_from(listed: ListedCase, grid: str) -> dict[str, Any]:
    """Return what the arrays depend on: files by size and time of change, grid, format."""
    files = {str(sequence): path for sequence, path in sorted(listed.images.items())}
    others = {"labels": listed.labels, "brain": listed.brain}
    files |= {role: path for role, path in others.items() if path is not None}
    return {
        "format": FORMAT,
        "grid": repr(training_grid(grid)),
        "whole_tumor_only": listed.whole_tumor_only,
        "convention": None if listed.convention is None else str(listed.convention),
        "files": {role: _state(role, path, listed.case_id) for role, path in files.items()},
    }


def _state(role: str, path: Path, case_id: str) -> dict[str, str | int]:
    try:
        found = path.stat()
    except OSError as error:
        msg = (
            f"case {case_id}: {path.name}, listed as {role}, can't be read"
            f" ({error.strerror}); look where it is, or list the data set again"
        )
        raise CaseError(msg) from error
    return {"name": path.name, "bytes": found.st_size, "modified_ns": found.st_mtime_ns}


def _is_current(place: Path, made_from: dict[str, Any]) -> bool:
    try:
        return CachedCase.at(place).about.made_from == made_from
    except CaseError:
        return False


def _folder_name(case_id: str) -> str:
    if not case_id or case_id.startswith(".") or set(case_id) & set('/\\:*?"<>|\0'):
        msg = f"case id {case_id!r} can't name a folder; give one of letters, digits, - and _"
        raise InputError(msg)
    return case_id


def _check_names(cases: Many[ListedCase]) -> None:
    counts = Counter(_folder_name(case.case_id) for case in cases)
    twice = [case_id for case_id, count in counts.items() if count > 1]
    if twice:
        msg = f"{len(twice)} case ids stand for two cases, such as {twice[0]}; give each its own"
        raise InputError(msg)
