"""Training, validation and test cases, split by patient and never by file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from typing import Final

import numpy as np

from glioscope.core import InputError
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.who import people

PARTS: Final = ("train", "validation", "test")

Strata = Callable[[ListedCase], Hashable]
"""Names the group of a case, of which each part gets its share; ``None`` is a group too."""

_Group = tuple[str, ...]
"""The case ids of one patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which case is learned from, which one chooses the model, and which one tests it.

    Args:
        parts: Case ids by part; a subset of ``PARTS``.
        patients: Whose each case is, as the data set names him or her; a case that is not here is
            named as its patient.

    Raises:
        InputError: If a part is unknown, a case stands twice, or a patient in two parts.  Patients
            under several names are found by ``split_file.verdicts``, which the functions that
            write and read a split call.
    """

    parts: Mapping[str, tuple[str, ...]]
    patients: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown:
            msg = f"{unknown[0]!r} is no part of a split; known: {', '.join(PARTS)}"
            raise InputError(msg)
        part_of: dict[str, str] = {}
        side_of: dict[str, str] = {}
        for part, case in ((part, case) for part, cases in self.parts.items() for case in cases):
            if case in part_of:
                msg = f"case {case} is in {part_of[case]} and in {part}; keep it once"
                raise InputError(msg)
            part_of[case] = part
            side = side_of.setdefault(self.patient(case), part)
            if side != part:
                msg = f"patient {self.patient(case)} is in {side} and in {part}; keep one side"
                raise InputError(msg)

    def patient(self, case: str) -> str:
        """Return whose case it is."""
        return self.patients.get(case, case)

    def of(self, part: str) -> tuple[str, ...]:
        """Return the case ids of a part; none if the split has no such part."""
        return self.parts.get(part, ())


def folds(
    cases: Iterable[ListedCase],
    *,
    count: int = 5,
    seed: int = 0,
    strata: Strata | None = None,
    validation: float = 0.0,
) -> tuple[Split, ...]:
    """Return the splits of a cross-validation: each patient is tested in one of them.

    Numbers of patients differ by one at most between folds, within a stratum as well.

    Args:
        cases: In any order; the same ones give the same folds.
        count: Of folds, 2 or more.
        seed: Of the order in which patients are dealt.
        strata: Of the first case of each patient.
        validation: Share of the patients that are not tested which ``validation`` gets.

    Raises:
        InputError: If there are fewer patients than folds, or a share can't be had.
    """
    known = _by_id(cases)
    patients = _shuffled(known, seed=seed, strata=strata)
    if not 2 <= count <= len(patients):
        msg = f"{len(patients)} patients can't be dealt to {count} folds; choose 2 or more, and no"
        msg += " more than there are patients"
        raise InputError(msg)
    if validation == 1:
        msg = "a validation share of 1 leaves nobody to learn from; choose less"
        raise InputError(msg)
    splits = []
    for fold in range(count):
        others = [group for place, group in enumerate(patients) if place % count != fold]
        parts = _dealt(others, (1 - validation, validation), names=PARTS[:2])
        parts["test"] = list(patients[fold::count])
        splits.append(_split(parts, known))
    return tuple(splits)


def shares(
    cases: Iterable[ListedCase],
    *,
    shares: tuple[float, float, float] = (0.7, 0.2, 0.1),
    seed: int = 0,
    strata: Strata | None = None,
) -> Split:
    """Return one split whose parts have given shares of the patients, within one patient.

    Each stratum is shared out as well, within two patients.

    Args:
        cases: In any order; the same ones give the same split.
        shares: Of training, validation and test, 0 or more, 1 in all.
        seed: Of the order in which patients are dealt.
        strata: Of the first case of each patient.

    Raises:
        InputError: If the shares are none, or there are so few patients that a part with a share
            would be empty.
    """
    known = _by_id(cases)
    return _split(_dealt(_shuffled(known, seed=seed, strata=strata), shares, names=PARTS), known)


def few(split: Split, patients: int, seed: int = 0) -> Split:
    """Keep a few of the patients that are learned from, and all others.

    With one seed the fewer are among the more: the 2 among the 5, the 5 among the 10.

    Args:
        split: Left untouched.
        patients: How many stay in ``train``.
        seed: Of the choice.

    Raises:
        InputError: If there are not as many.
    """
    groups = people({case: split.patient(case) for case in split.of("train")})
    if not 1 <= patients <= len(groups):
        msg = f"{patients} of {len(groups)} training patients can't be kept; choose 1 to"
        msg += f" {len(groups)}"
        raise InputError(msg)
    order = np.random.default_rng(seed).permutation(len(groups))[:patients]
    kept = set(chain.from_iterable(groups[place] for place in order))
    parts = {**split.parts, "train": tuple(case for case in split.of("train") if case in kept)}
    left = {case: split.patient(case) for case in chain.from_iterable(parts.values())}
    return replace(split, parts=parts, patients=left)


def _by_id(cases: Iterable[ListedCase]) -> dict[str, ListedCase]:
    known: dict[str, ListedCase] = {}
    for case in cases:
        if case.case_id in known:
            msg = f"case {case.case_id} is given twice; give each case once"
            raise InputError(msg)
        known[case.case_id] = case
    return known


def _shuffled(known: Mapping[str, ListedCase], *, seed: int, strata: Strata | None) -> list[_Group]:
    """Return the patients stratum by stratum, in random order within each."""
    groups = people({name: case.patient for name, case in known.items()})
    order = np.random.default_rng(seed).permutation(len(groups))
    by_stratum: defaultdict[Hashable, list[_Group]] = defaultdict(list)
    for place in order:
        group = groups[place]
        by_stratum[None if strata is None else strata(known[group[0]])].append(group)
    # strata may be of types that can't be compared, such as None and str
    names = sorted(by_stratum, key=repr)
    return list(chain.from_iterable(by_stratum[name] for name in names))


def _dealt(
    patients: list[_Group], shares: tuple[float, ...], *, names: tuple[str, ...]
) -> dict[str, list[_Group]]:
    """Deal patients so that after each one every part has its share of them, within one.

    Patients come stratum by stratum, so that what holds after each holds for the strata.  It is
    the quota method of Balinski and Young, Am Math Mon 1975;82(7):701 (doi:10.2307/2318729).
    """
    exact = _exact(shares)
    parts: dict[str, list[_Group]] = {name: [] for name in names}
    for total, group in enumerate(patients, start=1):
        chosen = max(
            (
                name
                for name, share in zip(names, exact, strict=True)
                if len(parts[name]) < share * total
            ),
            key=lambda name: exact[names.index(name)] / (len(parts[name]) + 1),
        )
        parts[chosen].append(group)
    empty = [name for name, share in zip(names, exact, strict=True) if share and not parts[name]]
    if empty:
        msg = f"{len(patients)} patients are too few for a part of"
        msg += f" {float(exact[names.index(empty[0])]):.0%} ({empty[0]}); change the shares"
        raise InputError(msg)
    return parts


def _exact(shares: tuple[float, ...]) -> tuple[Fraction, ...]:
    if not all(0 <= share <= 1 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        told = ", ".join(f"{share:g}" for share in shares)
        msg = f"{told} are no shares; give numbers from 0 to 1 that are 1 in all"
        raise InputError(msg)
    exact = [Fraction(share).limit_denominator(10**6) for share in shares]
    return tuple(share / sum(exact) for share in exact)


def _split(parts: Mapping[str, list[_Group]], known: Mapping[str, ListedCase]) -> Split:
    named = {name: tuple(sorted(chain.from_iterable(parts.get(name, ())))) for name in PARTS}
    return Split(
        parts={name: cases for name, cases in named.items() if cases},
        patients={name: case.patient for name, case in sorted(known.items())},
    )
