"""Folders of public data sets, listed without reading a voxel."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from glioscope.core import InputError, Sequence
from glioscope.learning.data.file_names import NamedFile, Role, layout_names, readers
from glioscope.learning.data.files import fault
from glioscope.learning.data.listing import LeftOut, ListedCase, Listing

_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file with what its name says."""

    path: Path
    place: PurePosixPath
    named: NamedFile


def list_folder(
    folder: Path,
    *,
    layout: str | None = None,
    needs_labels: bool = False,
    thorough: bool = False,
) -> Listing:
    """List the cases of a data set as it was published, at any depth below a folder.

    A case with any of the four sequences is listed.  One is left out, with its reason, if it has
    none, if two files claim one sequence, if a file is empty, cut off or no NIfTI, or if its files
    lie on several grids, which no layout here allows.  Hidden files and what no layout knows are
    passed over.

    Args:
        folder: Of one data set or of several.
        layout: See ``file_names.layout_names``; left out, each file is recognized by its name.
            Names can't tell BraTS 2025 from 2023 and 2024: ask for ``brats2025`` by name.
        needs_labels: Whether cases without an expert's labels are left out.
        thorough: Whether files are decompressed and their voxels checked; by default headers and
            lengths are.

    Raises:
        InputError: If the folder is missing, the layout unknown, no file belongs to a case, or
            all cases would be left out.
    """
    known = readers(layout)
    if not folder.is_dir():
        msg = f"{folder.name}: no such folder; give the folder that holds the cases"
        raise InputError(msg)
    unreadable: list[LeftOut] = []
    groups: defaultdict[str, list[_Entry]] = defaultdict(list)
    for path in _files(folder, unreadable):
        place = PurePosixPath(path.relative_to(folder).as_posix())
        # a case may lie in the folder itself, which then names it
        seen = PurePosixPath(folder.resolve().name) / place
        named = next((found for read in known if (found := read(seen)) is not None), None)
        if named is not None:
            groups[named.case_id].append(_Entry(path=path, place=place, named=named))
    if not groups:
        msg = f"{folder.name} holds no case of {layout or 'a known layout'}; known layouts:"
        msg += f" {', '.join(layout_names())}; list other data in a table of paths"
        raise InputError(msg)
    listed = (_listed(entries, needs_labels=needs_labels) for entries in groups.values())
    return checked([*listed, *unreadable], one_grid=True, thorough=thorough)


def merge(listings: Iterable[Listing]) -> Listing:
    """Unite the listings of several data sets.

    Raises:
        InputError: If there is none, or a case stands in two of them.
    """
    known: dict[str, ListedCase] = {}
    left_out: list[LeftOut] = []
    given = tuple(listings)
    for listing in given:
        left_out += listing.left_out
        for case in listing.cases:
            other = known.get(case.case_id)
            if other is not None:
                msg = (
                    f"case {case.case_id} is in {other.source} ({_one_file(other)}) and in"
                    f" {case.source} ({_one_file(case)}); list it once"
                )
                raise InputError(msg)
            known[case.case_id] = case
    if not given:
        msg = "no listing was given; give at least one"
        raise InputError(msg)
    return _sorted(known.values(), left_out)


def checked(found: Iterable[ListedCase | LeftOut], *, one_grid: bool, thorough: bool) -> Listing:
    """Look at the files of cases, and leave out those that nobody can learn from.

    Args:
        found: Cases, and those that are left out already.
        one_grid: Whether all files of a case must lie on one voxel grid.
        thorough: Whether voxels are read, not headers only.

    Raises:
        InputError: If none is left; the message gives the reason of the first.
    """
    cases: list[ListedCase] = []
    left_out: list[LeftOut] = []
    for item in found:
        if isinstance(item, LeftOut):
            left_out.append(item)
            continue
        reason = fault(item, one_grid=one_grid, thorough=thorough)
        if reason is None:
            cases.append(item)
        else:
            left_out.append(LeftOut(case_id=item.case_id, reason=reason))
    listing = _sorted(cases, left_out)
    if not cases:
        first = f"; {listing.left_out[0].case_id}: {listing.left_out[0].reason}" if left_out else ""
        msg = f"none of {len(left_out)} cases can be used{first}; mend or replace the files"
        raise InputError(msg)
    return listing


def _sorted(cases: Iterable[ListedCase], left_out: Iterable[LeftOut]) -> Listing:
    return Listing(
        cases=tuple(sorted(cases, key=lambda case: case.case_id)),
        left_out=tuple(sorted(left_out, key=lambda case: (case.case_id, case.reason))),
    )


def _files(folder: Path, unreadable: list[LeftOut]) -> Iterator[Path]:
    """Walk in a fixed order, into linked folders too, but into none twice."""

    def note(error: OSError) -> None:
        name = Path(error.filename).relative_to(folder).as_posix()
        reason = f"the folder can't be read ({error.strerror})"
        unreadable.append(LeftOut(case_id=name, reason=reason))

    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=note, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _listed(entries: list[_Entry], *, needs_labels: bool) -> ListedCase | LeftOut:
    named = entries[0].named
    chosen = _best(entries)
    reason = _missing(chosen, needs_labels=needs_labels) or _twice(entries, chosen)
    if reason is not None:
        return LeftOut(case_id=named.case_id, reason=reason)
    labels, brain = chosen.get("labels"), chosen.get("brain")
    return ListedCase(
        case_id=named.case_id,
        patient=named.patient,
        source=named.source,
        images={sequence: chosen[sequence].path for sequence in Sequence if sequence in chosen},
        labels=None if labels is None else labels.path,
        whole_tumor_only=labels is not None and labels.named.whole_tumor_only,
        convention=None if labels is None else labels.named.convention,
        brain=None if brain is None else brain.path,
    )


def _best(entries: list[_Entry]) -> dict[Role, _Entry]:
    best: dict[Role, _Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.named.rank):
        best.setdefault(entry.named.role, entry)
    return best


def _missing(chosen: dict[Role, _Entry], *, needs_labels: bool) -> str | None:
    if not any(sequence in chosen for sequence in Sequence):
        return "no image of any sequence"
    if needs_labels and "labels" not in chosen:
        return "no labels"
    return None


def _twice(entries: list[_Entry], chosen: dict[Role, _Entry]) -> str | None:
    ranks = Counter((entry.named.role, entry.named.rank) for entry in entries)
    for role, entry in chosen.items():
        if ranks[role, entry.named.rank] > 1:
            rivals = [
                str(other.place)
                for other in entries
                if (other.named.role, other.named.rank) == (role, entry.named.rank)
            ]
            more = f" and {len(rivals) - _NAMED} more" if len(rivals) > _NAMED else ""
            return f"several files for {role}: {', '.join(rivals[:_NAMED])}{more}"
    return None


def _one_file(case: ListedCase) -> str:
    return next(iter(case.images.values())).name
