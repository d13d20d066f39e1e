from __future__ import annotations

import pytest
from pydicom import Dataset

from glioscope.core import InputError
from glioscope.service.fetch.study import FoundSeries, FoundStudy, Query


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"study_uid": "../../etc"}, "--study takes a StudyInstanceUID"),
        ({"study_uid": "1.2\\1.3"}, "--study takes a StudyInstanceUID"),
        ({"study_uid": "1" * 65}, "64 characters at most"),
        ({"dates": "2020-01-01"}, "--date takes YYYYMMDD"),
        ({"patient_id": "A\\B"}, "--patient-id takes 1 to 64"),
        ({"accession": "\n"}, "--accession takes 1 to 64"),
        ({"patient_id": "A", "modality": "mr"}, "--modality takes a code"),
        ({"modality": "MR"}, "say which studies"),
        ({}, "say which studies"),
    ],
)
def test_a_query_that_can_not_be_one_is_refused(values: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Query(**values)


@pytest.mark.parametrize("dates", ["20200101", "20200101-20201231", "20200101-", "-20201231"])
def test_dates_are_asked_for_as_dicom_writes_them(dates: str) -> None:
    assert Query(dates=dates).keys() == {"StudyDate": dates}


def test_a_query_and_a_study_do_not_show_the_patient_when_they_are_printed() -> None:
    query = Query(patient_id="H-4711", accession="A-0815")
    study = FoundStudy(uid="1.2", date="", patient_name="Doe^Jane", series=())

    assert "4711" not in repr(query)
    assert "0815" not in repr(query)
    assert "Doe" not in repr(study)


def answer(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def test_series_are_those_of_the_modality_by_number() -> None:
    series = [
        answer(SeriesInstanceUID="1.3", SeriesNumber="12", Modality="MR"),
        answer(SeriesInstanceUID="1.4", SeriesNumber="2", Modality="MR"),
        answer(SeriesInstanceUID="1.5", SeriesNumber="1", Modality="SEG"),
    ]

    study = FoundStudy.of(answer(StudyInstanceUID="1.2"), series, modality="MR")

    assert [one.uid for one in study.series] == ["1.4", "1.3"]
    assert study.instances is None


def test_what_a_pacs_leaves_out_or_writes_badly_is_unknown() -> None:
    series = FoundSeries.of(answer(SeriesInstanceUID="1.3", SeriesDescription="\x1b[31mT1\x07"))

    assert series.number is None
    assert series.instances is None
    assert series.description == "?[31mT1?"


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        (Query(study_uid="1.2"), True),
        (Query(study_uid="1.3"), False),
        (Query(patient_id="H-4711"), True),
        (Query(patient_id="h-4711 "), True),
        (Query(patient_id="H-47*"), True),
        (Query(patient_id="H-471"), False),
        (Query(dates="20200101", accession="A-1"), False),
        (Query(dates="20200101"), True),
    ],
)
def test_an_answer_of_a_pacs_that_ignored_a_key_is_not_taken(query: Query, allowed: bool) -> None:
    study = answer(StudyInstanceUID="1.2", PatientID="H-4711", StudyDate="20200101")

    assert query.allows(study) is allowed
