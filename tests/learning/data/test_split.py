from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from itertools import chain, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glioscope.core import InputError, Sequence
from glioscope.evaluation import LeakageRegistry
from glioscope.io import read_csv
from glioscope.learning.data.listing import Facts, ListedCase
from glioscope.learning.data.split import Split, few, folds, shares
from glioscope.learning.data.who import people

ROOT = Path(__file__).parents[3]
TABLES = Path(os.environ.get("GLIOSCOPE_DATA", ROOT.parent / "shared" / "data")) / "tables"
needs_tables = pytest.mark.skipif(
    not TABLES.is_dir(), reason="no tables; set GLIOSCOPE_DATA to their folder"
)


def a_case(case_id: str, patient: str | None = None, *, grade: int | None = None) -> ListedCase:
    return ListedCase(
        case_id=case_id,
        patient=patient or case_id,
        source="made up",
        images={Sequence.T1: Path("t1.nii")},
        facts=Facts(grade=grade),
    )


def grade(case: ListedCase) -> int | None:
    return case.facts.grade


@st.composite
def cohorts(draw: st.DrawFn) -> list[ListedCase]:
    """Draw patients with one to three time points each and a grade, in any order."""
    visits = draw(st.lists(st.integers(1, 3), min_size=10, max_size=40))
    grades = draw(st.lists(st.sampled_from([None, 2, 4]), min_size=40, max_size=40))
    cases = [
        a_case(f"case {patient}-{visit}", f"patient {patient}", grade=grades[patient])
        for patient, count in enumerate(visits)
        for visit in range(count)
    ]
    return draw(st.permutations(cases))


def patients_of(split: Split, part: str) -> set[str]:
    return {split.patient(case) for case in split.of(part)}


def by_grade(cases: list[ListedCase], patients: set[str]) -> Counter[int | None]:
    grades = {case.patient: case.facts.grade for case in cases}
    return Counter(grades[patient] for patient in patients)


@settings(max_examples=60, deadline=None)
@given(cases=cohorts(), seed=st.integers(0, 5), stratified=st.booleans())
def test_shares_are_kept_within_one_patient_and_nobody_is_on_two_sides(
    cases: list[ListedCase], seed: int, *, stratified: bool
) -> None:
    wanted = {"train": 0.7, "validation": 0.2, "test": 0.1}

    split = shares(cases, seed=seed, strata=grade if stratified else None)

    sides = {part: patients_of(split, part) for part in wanted}
    everyone = {case.patient for case in cases}
    assert sum(map(len, sides.values())) == len(everyone)
    assert set(chain.from_iterable(sides.values())) == everyone
    assert sorted(chain(*split.parts.values())) == sorted(case.case_id for case in cases)
    for part, share in wanted.items():
        assert abs(len(sides[part]) - share * len(everyone)) < 1
    if stratified:
        for stratum, total in by_grade(cases, everyone).items():
            for part, share in wanted.items():
                assert abs(by_grade(cases, sides[part])[stratum] - share * total) < 2


@settings(max_examples=40, deadline=None)
@given(cases=cohorts(), count=st.integers(2, 10), seed=st.integers(0, 5))
def test_each_patient_is_tested_once_and_folds_are_even(
    cases: list[ListedCase], count: int, seed: int
) -> None:
    splits = folds(cases, count=count, seed=seed, strata=grade)

    everyone = {case.patient for case in cases}
    tested = [patients_of(split, "test") for split in splits]
    assert sorted(chain.from_iterable(tested)) == sorted(everyone)
    assert max(map(len, tested)) - min(map(len, tested)) <= 1
    for stratum in by_grade(cases, everyone):
        counts = [by_grade(cases, side)[stratum] for side in tested]
        assert max(counts) - min(counts) <= 1
    for split in splits:
        assert patients_of(split, "train") == everyone - patients_of(split, "test")
        assert split.of("validation") == ()


@settings(max_examples=15, deadline=None)
@given(cases=cohorts(), seed=st.integers(0, 5))
def test_validation_takes_its_share_of_those_who_are_not_tested(
    cases: list[ListedCase], seed: int
) -> None:
    for split in folds(cases, seed=seed, validation=0.25):
        train, chosen, test = (patients_of(split, part) for part in split.parts)

        assert list(split.parts) == ["train", "validation", "test"]
        assert train.isdisjoint(chosen)
        assert test.isdisjoint(train | chosen)
        assert abs(len(chosen) - 0.25 * (len(train) + len(chosen))) < 1


@settings(max_examples=15, deadline=None)
@given(cases=cohorts(), seed=st.integers(0, 5))
def test_the_order_in_which_cases_come_does_not_matter(cases: list[ListedCase], seed: int) -> None:
    ordered = sorted(cases, key=lambda case: case.case_id)

    assert shares(cases, seed=seed, strata=grade) == shares(ordered, seed=seed, strata=grade)
    assert folds(cases, seed=seed) == folds(ordered, seed=seed)


@settings(max_examples=60, deadline=None)
@given(
    weights=st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20)),
    count=st.integers(60, 120),
)
def test_any_shares_are_kept_within_one_patient(weights: tuple[int, int, int], count: int) -> None:
    first, second, third = (weight / sum(weights) for weight in weights)
    cases = [a_case(f"case {number}") for number in range(count)]

    split = shares(cases, shares=(first, second, third))

    for part, share in zip(split.parts.values(), (first, second, third), strict=True):
        assert abs(len(part) - share * count) < 1


def test_another_seed_gives_another_split() -> None:
    cases = [a_case(f"case {number}") for number in range(40)]

    assert shares(cases, seed=1) != shares(cases, seed=2)


SAME = {
    "BraTS2021_01477": "BraTS2021_01477",
    "TCGA-CS-4944": "TCGA-CS-4944",
    "BraTS-GLI-00000-000": "BraTS-GLI-00000",
    "UCSF-PDGM-0057": "UCSF-PDGM-0057",
    "first": "UPENN-GBM-00001",
    "UPENN-GBM-00001_21": "somebody",
    "7": "patient 1",
    "patient 1": "patient 2",
}
"""Cases and their patients: three patients under two names, and two who only look alike."""


def test_cases_of_a_patient_under_two_names_are_one_group() -> None:
    assert people(SAME) == (
        ("7",),
        ("BraTS-GLI-00000-000", "UCSF-PDGM-0057"),
        ("BraTS2021_01477", "TCGA-CS-4944"),
        ("UPENN-GBM-00001_21", "first"),
        ("patient 1",),
    )


@needs_tables
def test_three_public_sets_hold_as_many_people_as_the_registry_counts() -> None:
    ids = [
        row[0]
        for name in ("brats23_glioma_volumes_vasari", "ucsf_pdgm_v5", "upenn_gbm_clinical")
        for row in read_csv(TABLES / f"{name}.csv")[1:]
    ]
    registry = LeakageRegistry.load()

    groups = people({name: name for name in ids})

    assert len(groups) == len({registry.canonical_patient(name) for name in ids})
    assert sum(map(len, groups)) == len(ids)


def test_a_patient_under_two_names_stays_on_one_side() -> None:
    cases = [a_case(case, patient) for case, patient in SAME.items()]
    for split in folds(cases, count=5):
        sides = {case: part for part, ids in split.parts.items() for case in ids}

        assert sides["BraTS2021_01477"] == sides["TCGA-CS-4944"]
        assert sides["BraTS-GLI-00000-000"] == sides["UCSF-PDGM-0057"]
        assert sides["first"] == sides["UPENN-GBM-00001_21"]


@settings(max_examples=15, deadline=None)
@given(cases=cohorts(), seed=st.integers(0, 5))
def test_the_few_are_among_the_more(cases: list[ListedCase], seed: int) -> None:
    whole = shares(cases, seed=seed)
    counts = [count for count in (2, 5, 10) if count <= len(patients_of(whole, "train"))]

    kept = [few(whole, count, seed) for count in counts]

    for count, split in zip(counts, kept, strict=True):
        chosen = patients_of(split, "train")
        assert len(chosen) == count
        assert split.of("test") == whole.of("test")
        assert split.of("validation") == whole.of("validation")
        # all time points of those who stay
        assert set(split.of("train")) == {
            case for case in whole.of("train") if whole.patient(case) in chosen
        }
    for fewer, more in pairwise(kept):
        assert set(fewer.of("train")) < set(more.of("train"))


@pytest.mark.parametrize("patients", [0, 8])
def test_more_than_there_are_can_not_be_kept(patients: int) -> None:
    split = shares([a_case(f"case {number}") for number in range(10)])

    with pytest.raises(InputError, match=f"{patients} of 7 training patients can't be kept"):
        few(split, patients)


@pytest.mark.parametrize(
    ("parts", "patients", "told"),
    [
        ({"train": ("a",), "holdout": ("b",)}, {}, "'holdout' is no part of a split"),
        ({"train": ("a",), "test": ("a",)}, {}, "case a is in train and in test"),
        ({"train": ("a", "a")}, {}, "case a is in train and in train"),
        ({"train": ("a",), "test": ("b",)}, {"a": "x", "b": "x"}, "patient x is in train and in"),
        ({"train": ("a",), "test": ("b",)}, {"a": "b"}, "patient b is in train and in test"),
    ],
)
def test_a_mixed_split_can_not_be_made(
    parts: Mapping[str, tuple[str, ...]], patients: Mapping[str, str], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        Split(parts=parts, patients=patients)


def test_what_can_not_be_split_is_refused() -> None:
    three = [a_case(name) for name in "abc"]

    with pytest.raises(InputError, match="3 patients can't be dealt to 5 folds"):
        folds(three)
    with pytest.raises(InputError, match="3 patients can't be dealt to 1 folds"):
        folds(three, count=1)
    with pytest.raises(
        InputError, match=r"3 patients are too few for a part of 20% \(validation\)"
    ):
        shares(three)
    with pytest.raises(InputError, match=r"0\.5, 0\.2, 0\.1 are no shares"):
        shares(three, shares=(0.5, 0.2, 0.1))
    with pytest.raises(InputError, match="1 leaves nobody to learn from"):
        folds(three, count=3, validation=1)
    with pytest.raises(InputError, match="case a is given twice"):
        shares([three[0], *three])


def test_a_part_without_a_share_is_left_out() -> None:
    split = shares([a_case(name) for name in "abcd"], shares=(0.5, 0, 0.5))

    assert list(split.parts) == ["train", "test"]
    assert [len(cases) for cases in split.parts.values()] == [2, 2]
