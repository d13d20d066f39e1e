from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import UID

from glioscope.core import InputError
from glioscope.privacy.headers.pseudonym import Pseudonyms, identity_of

KEY = bytes(range(32))
KEYS = st.binary(min_size=32, max_size=32)
UIDS = st.lists(st.integers(0, 10**9), min_size=3, max_size=6).map(
    lambda parts: "1.2.826." + ".".join(map(str, parts))
)


@given(key=KEYS, uid=UIDS)
def test_a_new_uid_is_valid_and_the_same_each_time(key: bytes, uid: str) -> None:
    new = Pseudonyms(key=key).uid(uid)

    assert UID(new).is_valid
    assert new.startswith("2.25.")
    assert new != uid
    assert Pseudonyms(key=key, name="P1").uid(uid + "\0") == new


@given(key=KEYS, first=UIDS, second=UIDS)
def test_uids_stay_apart(key: bytes, first: str, second: str) -> None:
    names = Pseudonyms(key=key)

    assert (names.uid(first) == names.uid(second)) == (first == second)


@given(first=KEYS, second=KEYS, uid=UIDS)
def test_another_key_gives_another_uid(first: bytes, second: bytes, uid: str) -> None:
    same = Pseudonyms(key=first).uid(uid) == Pseudonyms(key=second).uid(uid)

    assert same == (first == second)


@pytest.mark.parametrize("uid", ["1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.2.1"])
def test_uids_of_the_standard_stay(uid: str) -> None:
    assert Pseudonyms(key=KEY).uid(uid) == uid


def test_what_only_begins_like_the_standards_root_does_not_stay() -> None:
    assert Pseudonyms(key=KEY).uid("1.2.840.10008.5.1.4.1.1.4.4711").startswith("2.25.")


@given(key=KEYS, identity=st.text(max_size=40))
def test_dates_move_more_than_a_year_and_less_than_eleven(key: bytes, identity: str) -> None:
    days = Pseudonyms(key=key).shift_days(identity)

    assert -11 * 365 < days < -365
    assert days == Pseudonyms(key=key).shift_days(identity)


def test_patients_move_differently() -> None:
    names = Pseudonyms(key=KEY)

    shifts = {names.shift_days(f"id {number}") for number in range(200)}

    assert len(shifts) > 190


def test_a_pseudonym_shows_nothing_and_is_the_same_each_time() -> None:
    names = Pseudonyms(key=KEY)

    assert re.fullmatch(r"GLIO-[A-Z2-7]{10}", names.patient("id 4711"))
    assert names.patient("id 4711") == Pseudonyms(key=KEY).patient("id 4711")
    assert names.patient("id 4711") != names.patient("id 4712")
    assert names.patient("id 4711") != Pseudonyms(key=bytes(32)).patient("id 4711")


def test_the_users_own_pseudonym_is_taken() -> None:
    assert Pseudonyms(key=KEY, name="P007").patient("id 4711") == "P007"


def test_the_key_is_not_printed() -> None:
    text = repr(Pseudonyms(key=b"secret secret secret secret 1234"))

    assert "secret" not in text


def test_a_short_key_is_refused() -> None:
    with pytest.raises(InputError, match="32 bytes, this one 16"):
        Pseudonyms(key=bytes(16))


def header(**values: str) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def test_a_patient_is_known_by_the_number_whatever_the_name() -> None:
    first = header(PatientID=" 4711", PatientName="Doe^Jane", StudyInstanceUID="1.2.1")
    later = header(PatientID="4711", PatientName="ROE^JANE", StudyInstanceUID="1.2.2")

    assert identity_of(first) == identity_of(later)


def test_without_a_number_the_name_and_birth_date_tell() -> None:
    one = header(PatientName="Doe^Jane", PatientBirthDate="19600101")
    same = header(PatientID="", PatientName="DOE JANE", PatientBirthDate="19600101")
    other = header(PatientName="Doe^Jane", PatientBirthDate="19700101")

    assert identity_of(one) == identity_of(same)
    assert identity_of(one) != identity_of(other)


def test_anonymous_patients_never_become_one() -> None:
    assert identity_of(header(StudyInstanceUID="1.2.1")) != identity_of(
        header(StudyInstanceUID="1.2.2")
    )
