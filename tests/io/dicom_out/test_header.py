from __future__ import annotations

import warnings
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.config import disable_value_validation
from pydicom.uid import SecondaryCaptureImageStorage

from glioscope.io.dicom_out.header import new_object
from glioscope.io.dicom_out.identity import Output
from glioscope.io.dicom_out.origin import Origin


def with_source(drawn: Any, path: Path, **values: str) -> Origin:
    """The same source, but its first file says something else of the patient."""
    header = drawn.origin.slices[0]
    file = dcmread(header.path)
    with disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in values.items():
            setattr(file, name, value)
        dcmwrite(path, file)
    slices = (replace(header, path=path), *drawn.origin.slices[1:])
    return Origin(slices=slices, grid=drawn.origin.grid)


def filed(drawn: Any, origin: Origin) -> Dataset:
    buffer = BytesIO()
    made = new_object(
        origin,
        drawn.identity,
        Output.PICTURES,
        sop_class_uid=SecondaryCaptureImageStorage,
        modality="OT",
    )
    dcmwrite(buffer, made, enforce_file_format=True)
    buffer.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = dcmread(buffer)
        file.decode()
    return file


def test_a_name_in_another_character_set_is_the_same_name_in_utf8(
    drawn: Any, tmp_path: Path
) -> None:
    name = "Müller^Jörg"
    origin = with_source(
        drawn, tmp_path / "a.dcm", SpecificCharacterSet="ISO_IR 100", PatientName=name
    )

    file = filed(drawn, origin)

    assert file.SpecificCharacterSet == "ISO_IR 192"
    assert str(file.PatientName) == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PatientID", "A" * 80),
        ("StudyDate", "2020-01-01"),
        ("PatientSex", "weiblich"),
        ("AccessionNumber", "12345678901234567890"),
    ],
)
def test_a_value_that_breaks_a_rule_is_copied_so_that_the_archive_files_it_with_the_scan(
    name: str, value: str, drawn: Any, tmp_path: Path
) -> None:
    origin = with_source(drawn, tmp_path / "a.dcm", **{name: value})

    assert str(filed(drawn, origin)[name].value) == value


def test_what_the_source_lacks_stands_empty(on_bare_headers: Any) -> None:
    file = filed(on_bare_headers, on_bare_headers.origin)

    for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID"):
        assert file[name].is_empty


def test_nothing_of_the_scanner_or_of_the_technique_is_copied(drawn: Any) -> None:
    file = filed(drawn, drawn.origin)

    assert "EchoTime" not in file
    assert (file.Manufacturer, file.Modality) == ("Glioscope", "OT")
    assert file.SeriesInstanceUID == drawn.identity.series_uid(Output.PICTURES)
