"""The cases of a run: found, given facts, prepared, split by patient."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glioscope.core import InputError, Progress
from glioscope.io import write_atomically
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.consent import permitted
from glioscope.learning.data.layouts import list_folder, merge
from glioscope.learning.data.listing import LeftOut, ListedCase, Listing
from glioscope.learning.data.split import Split, few, folds, shares
from glioscope.learning.data.split_file import read_split, write_split
from glioscope.learning.data.table import facts_from, list_table
from glioscope.learning.runs.config import DataConfig, RunConfig, SplitConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.privacy.consent.decision import ConsentPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a run learns from.

    Args:
        cases: By id, all prepared.
        split: Their ids by part.
        unlabelled: Training cases whose labels, of every kind, must not be used.
        cache: Where they are prepared.
    """

    cases: Mapping[str, ListedCase]
    split: Split
    unlabelled: frozenset[str]
    cache: CaseCache

    @property
    def spacing_mm(self) -> float:
        """Spacing of the training grid."""
        return self.cache.open(next(iter(self.cases))).about.spacing_mm[0]

    def part(self, name: str, *, sources: tuple[str, ...] = ()) -> tuple[ListedCase, ...]:
        """Return the cases of a part, of some data sets or of all.

        Args:
            name: ``train``, ``validation`` or ``test``.
            sources: Data sets; empty for all.
        """
        cases = [self.cases[case_id] for case_id in self.split.parts.get(name, ())]
        return tuple(case for case in cases if not sources or case.source in sources)


def gather(
    config: RunConfig,
    folder: RunFolder,
    *,
    progress: Progress,
    consent: ConsentPolicy | None = None,
) -> Gathered:
    """Find, prepare and split the cases of a run, and write down who they are.

    A resumed run takes the split that it wrote.

    Args:
        config: Of the run.
        folder: Of the run.
        progress: Told of who is left out.
        consent: How consent to training is asked for; where not given, consent files that are
            there count.

    Raises:
        InputError: If there is nothing to learn from, or a split has a patient on two sides.
        OutputError: If the disk is full.
    """
    listing = _with_sequences(listed(config.data), config.data)
    listing = permitted(
        listing, consent or ConsentPolicy(command="train"), roots=_places(config.data)
    )
    cache = CaseCache(folder=cache_folder(config.data, folder), grid=config.data.grid)
    ready, refused = cache.fill(listing.cases, workers=1, progress=progress)
    left_out = (*listing.left_out, *refused)
    if not ready:
        msg = f"none of {len(left_out)} cases can be used ({_reasons(left_out)}); see cases.json"
        raise InputError(msg)
    split = _split(config.split, ready, folder)
    by_id = {case.case_id: case for case in ready}
    unlabelled = _unlabelled(config, split)
    _write_cases(folder, ready, left_out, unlabelled)
    for case in left_out:
        progress.note(f"left out {case.case_id}: {case.reason}")
    told = ", ".join(f"{len(ids)} {part}" for part, ids in split.parts.items())
    hidden = f"; {len(unlabelled)} of them without labels" if unlabelled else ""
    progress.note(f"cases: {told}{hidden}; {len(left_out)} left out")
    return Gathered(cases=by_id, split=split, unlabelled=unlabelled, cache=cache)


def _places(data: DataConfig) -> tuple[Path, ...]:
    return (*map(Path, data.folders), *(Path(table).parent for table in data.tables))


def listed(data: DataConfig) -> Listing:
    """Return the cases of all data sets, with what the tables say of them.

    Raises:
        InputError: If none is named, or one holds no case.
    """
    found = [list_folder(Path(folder)) for folder in data.folders]
    found += [list_table(Path(table)) for table in data.tables]
    if not found:
        msg = "no data: name a folder by --data, or folders or tables in [data]"
        raise InputError(msg)
    listing = merge(found)
    for table in data.facts:
        listing = facts_from(Path(table), listing)
    return listing


def _with_sequences(listing: Listing, data: DataConfig) -> Listing:
    """Leave out the cases that have none of the sequences that the network looks at."""
    wanted = set(data.sequences)
    seen = tuple(case for case in listing.cases if wanted & set(case.images))
    reason = f"has none of the sequences {', '.join(map(str, data.sequences))}"
    blind = [case for case in listing.cases if not wanted & set(case.images)]
    return Listing(
        cases=seen,
        left_out=(
            *listing.left_out,
            *(LeftOut(case_id=case.case_id, reason=reason) for case in blind),
        ),
    )


def cache_folder(data: DataConfig, folder: RunFolder) -> Path:
    """Return where prepared cases are kept."""
    return folder.path.parent / "cache" if data.cache is None else Path(data.cache)


def _split(config: SplitConfig, cases: tuple[ListedCase, ...], folder: RunFolder) -> Split:
    if folder.split.exists():
        return _of_the_ready(read_split(folder.split), cases)
    if config.file is not None:
        split = _of_the_ready(read_split(Path(config.file)), cases)
    elif config.folds:
        split = folds(
            cases,
            count=config.folds,
            seed=config.seed,
            strata=_stratum,
            validation=config.validation,
        )[config.fold]
    else:
        split = shares(cases, shares=config.shares, seed=config.seed, strata=_stratum)
    if config.few:
        split = few(split, config.few, seed=config.seed)
    write_split(split, folder.split)
    return split


def _of_the_ready(split: Split, cases: tuple[ListedCase, ...]) -> Split:
    """Return the split without the cases that are not there."""
    there = {case.case_id for case in cases}
    parts = {name: tuple(i for i in ids if i in there) for name, ids in split.parts.items()}
    if not parts.get("train"):
        msg = "none of the training cases of the split is there; give the data that it was made of"
        raise InputError(msg)
    return Split(parts=parts, patients=split.patients)


def _stratum(case: ListedCase) -> str:
    """Data set and kind of labels, and the grade where it is known."""
    kind = "unlabelled" if case.labels is None else "whole" if case.whole_tumor_only else "full"
    return f"{case.source}, {kind}, {case.facts.grade}"


def _unlabelled(config: RunConfig, split: Split) -> frozenset[str]:
    train = sorted(split.parts["train"])
    order = np.random.default_rng((config.seed, 1)).permutation(train).tolist()
    hidden = order[: round(config.data.without_labels * len(train))]
    return frozenset(hidden)


def _write_cases(
    folder: RunFolder,
    ready: tuple[ListedCase, ...],
    left_out: tuple[LeftOut, ...],
    unlabelled: frozenset[str],
) -> None:
    content = {
        "used": {
            case.case_id: {
                "patient": case.patient,
                "source": case.source,
                "sequences": sorted(map(str, case.images)),
                "labels": "none"
                if case.labels is None or case.case_id in unlabelled
                else "whole tumor"
                if case.whole_tumor_only
                else "all regions",
            }
            for case in ready
        },
        "left_out": {case.case_id: case.reason for case in left_out},
    }
    write_atomically(folder.cases, (json.dumps(content, indent=1) + "\n").encode())


def _reasons(left_out: tuple[LeftOut, ...]) -> str:
    shown = [f"{case.case_id}: {case.reason}" for case in left_out[:3]]
    return "; ".join(shown) + ("; and more" if len(left_out) > len(shown) else "")
