"""No patient on both sides: who is who in the public glioma data sets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final, Self

from glioscope.core import InputError, ModelError, weights_folder
from glioscope.evaluation.leakage_report import Doubt, LeakageReport, SharedPatient
from glioscope.evaluation.patient_ids import DataSet, read_id

CHALLENGES: Final = frozenset(
    {DataSet.BRATS_2013, DataSet.BRATS_2017_2019, DataSet.BRATS_2020, DataSet.BRATS_2021_2023}
)
"""Data sets made of the patients of others."""

_ONE_HOSPITAL: Final = frozenset({DataSet.UCSF_PDGM, DataSet.UCSF_ALPTDG})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patient:
    """One side's ids of one patient, and the data sets that he or she is in."""

    ids: tuple[str, ...]
    data_sets: frozenset[DataSet]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakageRegistry:
    """The ids of public patients, united by patient.

    Args:
        patients: All canonical ids (``read_id``) of each patient.
        places: Where in ``patients`` each id is; ``of`` fills it.
    """

    patients: tuple[tuple[str, ...], ...]
    places: Mapping[str, int]

    @classmethod
    def of(cls, patients: Iterable[Iterable[str]]) -> Self:
        """Build from the ids of each patient, in any spelling.

        Raises:
            InputError: If an id belongs to two patients.
        """
        rows = tuple(tuple(read_id(text).canonical for text in ids) for ids in patients)
        places: dict[str, int] = {}
        for place, canonical in ((place, text) for place, ids in enumerate(rows) for text in ids):
            if places.setdefault(canonical, place) != place:
                msg = f"{canonical} belongs to two patients; unite them first"
                raise InputError(msg)
        return cls(patients=rows, places=places)

    @classmethod
    def load(cls) -> Self:
        """Read the registry that travels with Glioscope.

        Raises:
            ModelError: If it is missing or is not the one that was shipped.
        """
        return cls.of(_shipped())

    def knows(self, text: str) -> bool:
        """Return whether a table named this patient; a known spelling is not enough."""
        return read_id(text).canonical in self.places

    def canonical_patient(self, text: str) -> str:
        """Return one name for all ids of a patient; of an unknown one, its own spelling."""
        return self.names(text)[0]

    def names(self, text: str) -> tuple[str, ...]:
        """Return all canonical ids of the patient; of an unknown one, its own spelling."""
        canonical = read_id(text).canonical
        place = self.places.get(canonical)
        return (canonical,) if place is None else self.patients[place]

    def overlaps(self, train_ids: Iterable[str], test_ids: Iterable[str]) -> LeakageReport:
        """Compare two lists of ids, in any mixture of spellings and data sets.

        Args:
            train_ids: Of what a model has learned from, tuning and model selection included.
            test_ids: Of what it is to be tested on.

        Raises:
            InputError: If a list is empty or holds an empty id.
        """
        train = self._by_patient(train_ids, side="training")
        test = self._by_patient(test_ids, side="test")
        return LeakageReport(
            train_patients=len(train),
            test_patients=len(test),
            shared=tuple(
                SharedPatient(train_ids=train[name].ids, test_ids=test[name].ids)
                for name in train
                if name in test
            ),
            unknown_train=self._unknown(train),
            unknown_test=self._unknown(test),
            doubts=tuple(_doubts(train, test)),
        )

    def check_disjoint(self, train_ids: Iterable[str], test_ids: Iterable[str]) -> LeakageReport:
        """Refuse a split that has a patient on both sides.

        Returns:
            What stays unknown or in doubt: ``LeakageReport.proven`` says whether anything does.

        Raises:
            InputError: If a patient is on both sides, a list is empty or holds an empty id.
        """
        report = self.overlaps(train_ids, test_ids)
        if not report.disjoint:
            raise InputError(report.refusal())
        return report

    def _by_patient(self, ids: Iterable[str], *, side: str) -> dict[str, _Patient]:
        found: dict[str, dict[str, None]] = {}
        for text in ids:
            if not text.strip():
                msg = f"the {side} list holds an empty id; give every case its patient"
                raise InputError(msg)
            found.setdefault(self.canonical_patient(text), {})[text] = None
        if not found:
            msg = f"the {side} list holds no id; give at least one"
            raise InputError(msg)
        return {
            name: _Patient(ids=tuple(given), data_sets=self._data_sets(name))
            for name, given in found.items()
        }

    def _data_sets(self, name: str) -> frozenset[DataSet]:
        of_names = (read_id(text).data_set for text in self.names(name))
        return frozenset(data_set for data_set in of_names if data_set is not None)

    def _unknown(self, side: Mapping[str, _Patient]) -> tuple[str, ...]:
        return tuple(
            text for name, patient in side.items() if not self.knows(name) for text in patient.ids
        )


def check_disjoint(train_ids: Iterable[str], test_ids: Iterable[str]) -> LeakageReport:
    """Refuse a split that has a patient on both sides, by the shipped registry.

    Args:
        train_ids: Of what a model has learned from.
        test_ids: Of what it is to be tested on.

    Raises:
        InputError: If a patient is on both sides, a list is empty or holds an empty id.
        ModelError: If the registry is missing or damaged.
    """
    return LeakageRegistry.load().check_disjoint(train_ids, test_ids)


def _doubts(train: Mapping[str, _Patient], test: Mapping[str, _Patient]) -> Iterable[Doubt]:
    sides: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for (of_train, ours), (of_test, theirs) in product(_grouped(train), _grouped(test)):
        if _may_share(of_train, of_test):
            pair = sides.setdefault((_label(of_train), _label(of_test)), ({}, {}))
            pair[0].update(dict.fromkeys(ours))
            pair[1].update(dict.fromkeys(theirs))
    for (train_set, test_set), (ours_all, theirs_all) in sorted(sides.items()):
        yield Doubt(
            train_set=train_set,
            test_set=test_set,
            train_ids=tuple(ours_all),
            test_ids=tuple(theirs_all),
        )


def _grouped(side: Mapping[str, _Patient]) -> list[tuple[frozenset[DataSet], list[str]]]:
    groups: dict[frozenset[DataSet], list[str]] = {}
    for patient in side.values():
        groups.setdefault(patient.data_sets, []).extend(patient.ids)
    return list(groups.items())


def _may_share(first: frozenset[DataSet], second: frozenset[DataSet]) -> bool:
    """Whether two patients of these data sets may be one although no table unites them.

    A data set numbers its own patients once, so that two numbers of it are two patients; and
    collections of different hospitals are taken for different patients.
    """
    if not first or not second or first & second:
        return False
    sources, others = first - CHALLENGES, second - CHALLENGES
    return not sources or not others or sources | others == _ONE_HOSPITAL


def _label(data_sets: frozenset[DataSet]) -> str:
    sources = sorted(data_sets - CHALLENGES)
    return " + ".join(sources or [*sorted(data_sets)]) + ("" if sources else ", source unknown")


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[str, ...], ...]:
    folder = weights_folder("leakage")
    card_file = folder / "card.json"
    if not card_file.is_file():
        msg = f"the leakage registry is missing ({card_file.name} is not there); install"
        msg += " glioscope again"
        raise ModelError(msg)
    card = json.loads(card_file.read_text(encoding="utf-8"))
    content = _content(folder / card["patients"])
    if hashlib.sha256(content).hexdigest() != card["sha256"]:
        msg = f"the leakage registry is damaged ({card['patients']} has another SHA-256); install"
        msg += " glioscope again"
        raise ModelError(msg)
    return tuple(tuple(ids) for ids in json.loads(content))


def _content(path: Path) -> bytes:
    if not path.is_file():
        msg = f"the leakage registry is missing ({path.name} is not there); install glioscope again"
        raise ModelError(msg)
    return path.read_bytes()
