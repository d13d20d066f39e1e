"""Which cases are one patient's, under whatever names several data sets give him or her."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from glioscope.evaluation import LeakageRegistry, read_id


def people(patients: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Unite cases by patient.

    Two cases are one patient's if their patients, or their case ids where these are of a public
    data set, mean the same patient in the leakage registry.

    Args:
        patients: The patient of each case id, as the data set names him or her.

    Returns:
        The case ids of each patient, sorted; patients in the order of their first case.
    """
    registry = LeakageRegistry.load()
    first: dict[str, str] = {}
    root = {case: case for case in patients}

    def root_of(case: str) -> str:
        while root[case] != case:
            case = root[case]
        return case

    for case in sorted(patients):
        for name in _names(case, patients[case], registry):
            one, other = sorted((root_of(case), root_of(first.setdefault(name, case))))
            root[other] = one
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for case in sorted(patients):
        groups[root_of(case)].append(case)
    return tuple(tuple(group) for group in groups.values())


def public_names(cases: Iterable[str], patients: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the leakage registry can say most about: for each case its patient or its id.

    Args:
        cases: Case ids.
        patients: As for ``people``.
    """
    registry = LeakageRegistry.load()
    return tuple(
        dict.fromkeys(
            case
            if registry.knows(case) and not registry.knows(patients.get(case, case))
            else patients.get(case, case)
            for case in cases
        )
    )


def _names(case: str, patient: str, registry: LeakageRegistry) -> tuple[str, ...]:
    of_patient = registry.canonical_patient(patient)
    # a plain case id, such as 7, may be another patient's name elsewhere
    public = read_id(case).data_set is not None
    return (of_patient, registry.canonical_patient(case)) if public else (of_patient,)
