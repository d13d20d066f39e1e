import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from glioscope.core import InputError
from glioscope.io.dicom_out.identity import identify
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.fhir import make_bundle, write_bundle
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import head_numbers, measured_groups

SEG = "1.2.840.10008.5.1.4.1.1.66.4"


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = (entry["resource"] for entry in bundle["entry"])
    return [one for one in found if one["resourceType"] == kind]


def numbers(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in resources(bundle, "Observation") if "valueQuantity" in one]


def predictions(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        one
        for one in resources(bundle, "Observation")
        if "predicted from imaging" in one["code"]["text"]
    ]


def values_of(content: Any, key: str) -> Iterator[Any]:
    if isinstance(content, dict):
        for name, value in content.items():
            if name == key:
                yield value
            yield from values_of(value, key)
    elif isinstance(content, list):
        for one in content:
            yield from values_of(one, key)


def with_content(result: WrittenResult, change: Callable[[dict[str, Any]], None]) -> WrittenResult:
    content = deepcopy(dict(result.content))
    change(content)
    return replace(result, content=content)


def test_numbers_are_those_of_result_json_digit_by_digit(
    written_result: WrittenResult, tmp_path: Path
) -> None:
    path = write_bundle(make_bundle(written_result), tmp_path)
    as_text = json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str)
    raw = json.loads(
        (written_result.folder / "result.json").read_text(encoding="utf-8"),
        parse_float=str,
        parse_int=str,
    )

    whole = raw["measurements"]["volumes"]["whole_tumor"]
    first = numbers(as_text)[0]

    assert first["code"]["text"] == "Volume, whole tumor"
    assert (first["valueQuantity"]["value"], first["valueQuantity"]["code"]) == (
        whole["value"],
        whole["unit"],
    )
    expected = [n for group in measured_groups(written_result) for n in group.numbers]
    expected += head_numbers(written_result)
    found = [
        (one["valueQuantity"]["value"], one["valueQuantity"]["code"]) for one in numbers(as_text)
    ]
    assert found == [(json.dumps(n.value), n.unit) for n in expected]
    assert {value for value, _ in found} <= set(values_of(raw, "value"))


def test_both_ends_of_an_interval_stand_beside_the_number(written_result: WrittenResult) -> None:
    def narrow(content: dict[str, Any]) -> None:
        content["measurements"]["volumes"]["whole_tumor"] |= {
            "low": 12.5,
            "high": 40.25,
            "interval": "range over the networks",
        }

    volume = numbers(make_bundle(with_content(written_result, narrow)))[0]
    ends = {
        one["code"]["coding"][0]["code"]: one["valueQuantity"]["value"]
        for one in volume["component"]
        if "valueQuantity" in one
    }

    assert ends == {"INTERVAL-LOW": 12.5, "INTERVAL-HIGH": 40.25}


def test_fhir_resources_accepts_the_bundle(written_result: WrittenResult, origin: Origin) -> None:
    bundle = make_bundle(written_result, origin, pdf=b"%PDF-1.7")

    parsed = Bundle.model_validate_json(json.dumps(bundle))

    assert len(parsed.entry) == len(bundle["entry"]) > 30


def test_fhir_resources_refuses_a_bundle_without_status(written_result: WrittenResult) -> None:
    bundle = make_bundle(written_result)
    del resources(bundle, "Observation")[0]["status"]

    with pytest.raises(ValueError, match="status"):
        Bundle.model_validate_json(json.dumps(bundle))


def test_every_reference_leads_to_an_entry_of_its_type(
    written_result: WrittenResult, origin: Origin
) -> None:
    bundle = make_bundle(written_result, origin)
    kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in bundle["entry"]}
    pointers = [one for one in _objects(bundle) if "reference" in one]

    assert len(kinds) == len(bundle["entry"])
    assert {(one["reference"], one["type"]) for one in pointers} <= set(kinds.items())
    assert {one["type"] for one in pointers} == {"Observation", "Device", "ImagingStudy"}


def test_the_report_lists_every_observation(written_result: WrittenResult) -> None:
    bundle = make_bundle(written_result)
    [report] = resources(bundle, "DiagnosticReport")

    listed = [one["reference"] for one in report["result"]]

    assert listed == [
        one["fullUrl"] for one in bundle["entry"] if one["request"]["url"] == "Observation"
    ]


def test_made_twice_it_is_the_same_and_of_another_result_it_is_another(
    written_result: WrittenResult, origin: Origin
) -> None:
    once = make_bundle(written_result, origin, identify(written_result, origin))
    again = make_bundle(written_result, origin)
    other = make_bundle(replace(written_result, digest="another"), origin)

    shared = {entry["fullUrl"] for entry in once["entry"]}.intersection(
        entry["fullUrl"] for entry in other["entry"]
    )
    kinds = {e["resource"]["resourceType"] for e in once["entry"] if e["fullUrl"] in shared}

    assert once == again
    assert kinds == {"Device", "ImagingStudy"}


def test_nothing_is_stored_twice_or_overwritten(written_result: WrittenResult) -> None:
    bundle = make_bundle(written_result)

    assert bundle["type"] == "transaction"
    for entry in bundle["entry"]:
        own = entry["resource"]["identifier"][0]
        assert entry["request"] == {
            "method": "POST",
            "url": entry["resource"]["resourceType"],
            "ifNoneExist": f"identifier={own['system']}|{own['value']}",
        }


def test_identifiers_are_not_the_placeholders_that_servers_replace(
    written_result: WrittenResult, origin: Origin
) -> None:
    bundle = make_bundle(written_result, origin)
    placeholders = {entry["fullUrl"] for entry in bundle["entry"]}

    for entry in bundle["entry"]:
        assert not placeholders & {one["value"] for one in entry["resource"]["identifier"]}
        assert not any(one in entry["request"]["ifNoneExist"] for one in placeholders)


def test_nothing_of_the_patient_leaves_but_the_pseudonym(
    written_result: WrittenResult, origin: Origin
) -> None:
    _name_patient(origin)

    text = json.dumps(make_bundle(written_result, origin))

    assert "Doe" not in text
    assert "MRN-77" not in text
    assert "for Jane" not in text
    assert written_result.case_id in text


def test_the_patient_is_named_when_that_is_asked_for(
    written_result: WrittenResult, origin: Origin
) -> None:
    _name_patient(origin)

    bundle = make_bundle(written_result, origin, identified=True)
    subject = resources(bundle, "DiagnosticReport")[0]["subject"]

    assert subject["display"] == "Doe Jane"
    assert subject["identifier"]["value"] == "MRN-77"
    assert subject["identifier"]["assigner"] == {"display": "Hospital"}
    assert all(one["subject"] == subject for one in resources(bundle, "Observation"))


def test_a_patient_whom_no_image_names_is_refused(written_result: WrittenResult) -> None:
    with pytest.raises(InputError, match="give the folder that was analyzed"):
        make_bundle(written_result, identified=True)


def test_malformed_tags_of_the_source_are_left_out(
    written_result: WrittenResult, origin: Origin
) -> None:
    source = origin.datasets[0]
    source.StudyDate = ""
    source.InstanceNumber = -1
    # as a file holds it: read only when it is asked for
    raw = RawDataElement(Tag("SeriesNumber"), "IS", 4, b"one ", 0, False, True)
    source._dict[Tag("SeriesNumber")] = raw
    del source.Modality

    bundle = make_bundle(written_result, origin)
    first = resources(bundle, "ImagingStudy")[0]["series"][0]

    assert "effectiveDateTime" not in resources(bundle, "DiagnosticReport")[0]
    assert "number" not in first
    assert "number" not in first["instance"][0]
    assert first["modality"]["code"] == "MR"


def test_the_study_lists_the_source_and_what_was_written(
    written_result: WrittenResult, origin: Origin
) -> None:
    bundle = make_bundle(written_result, origin, written=[_segmentation_object()])
    [study] = resources(bundle, "ImagingStudy")
    source, ours, named = study["series"]

    assert study["identifier"][0]["value"] == f"urn:oid:{origin.study_uid}"
    assert [one["code"] for one in study["modality"]] == ["MR", "SEG"]
    assert source["uid"] == origin.series_uid
    assert [one["uid"] for one in source["instance"]] == [
        one.SOPInstanceUID for one in origin.datasets
    ]
    assert ours["description"] == "Glioscope tumor segmentation"
    assert ours["instance"] == [
        {
            "uid": "2.25.5",
            "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{SEG}"},
            "number": 1,
        }
    ]
    assert named["uid"] not in {source["uid"], ours["uid"]}
    assert "instance" not in named


def test_the_day_of_the_study_is_the_time_of_the_observations(
    written_result: WrittenResult, origin: Origin
) -> None:
    origin.datasets[0].StudyDate = "20240229"

    dated = make_bundle(written_result, origin)
    undated = make_bundle(written_result)

    assert {one["effectiveDateTime"] for one in resources(dated, "Observation")} == {"2024-02-29"}
    assert not any("effectiveDateTime" in one for one in resources(undated, "Observation"))


def test_images_that_were_no_dicom_have_no_imaging_study(written_result: WrittenResult) -> None:
    nifti = replace(written_result, run={**written_result.run, "study_instance_uid": None})

    bundle = make_bundle(nifti)

    assert not resources(bundle, "ImagingStudy")
    assert not any("derivedFrom" in one for one in resources(bundle, "Observation"))
    assert len(numbers(bundle)) == len(numbers(make_bundle(written_result)))


def test_a_prediction_has_probabilities_and_the_caution_but_no_value(
    written_result: WrittenResult,
) -> None:
    found = predictions(make_bundle(written_result))
    stored = written_result.content["assessment"]["predictions"]

    assert len(found) == len(stored) >= 4
    for one, target in zip(found, ("entity", "grade", "idh", "1p19q", "mgmt"), strict=False):
        assert one["status"] == "preliminary"
        assert one["note"] == [{"text": stored[target]["statement"]}]
        assert not any(name.startswith("value") for name in one)
        shown = [part["valueQuantity"]["value"] for part in one.get("component", [])]
        assert shown == [outcome["probability"] for outcome in stored[target]["outcomes"]]
        verdicts = [part["interpretation"][0]["text"] for part in one.get("component", [])]
        assert [text.startswith("can't be excluded") for text in verdicts] == [
            outcome["in_set"] for outcome in stored[target]["outcomes"]
        ]


def test_what_the_pathologist_told_is_no_prediction(written_result: WrittenResult) -> None:
    def tell(content: dict[str, Any]) -> None:
        content["assessment"]["predictions"]["idh"] |= {"known": "mutant", "outcomes": []}

    bundle = make_bundle(with_content(written_result, tell))
    told = [one for one in resources(bundle, "Observation") if "valueCodeableConcept" in one]

    assert [one["valueCodeableConcept"]["text"] for one in told] == ["mutant"]
    assert "component" not in told[0]
    assert "not predicted" in told[0]["method"]["text"]


def test_a_question_that_images_do_not_answer_says_so(written_result: WrittenResult) -> None:
    def forget(content: dict[str, Any]) -> None:
        content["assessment"]["predictions"]["mgmt"]["outcomes"] = []

    mgmt = predictions(make_bundle(with_content(written_result, forget)))[-1]

    assert mgmt["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert "component" not in mgmt


def test_a_head_without_tumor_is_reported_as_such(written_result: WrittenResult) -> None:
    def heal(content: dict[str, Any]) -> None:
        content["measurements"] |= {"lesion_count": 0, "lesions": []}
        for volume in content["measurements"]["volumes"].values():
            volume["value"] = 0.0
        content["location"] |= {"left_percent": None, "main_lobe": None, "hemisphere": None}

    bundle = make_bundle(with_content(written_result, heal))
    [report] = resources(bundle, "DiagnosticReport")

    assert "No tumor was found." in report["conclusion"]
    assert [one["code"]["text"] for one in numbers(bundle)] == ["Midline shift"]


def test_the_conclusion_warns_before_anything_is_read(written_result: WrittenResult) -> None:
    [report] = resources(make_bundle(written_result), "DiagnosticReport")
    lines = report["conclusion"].splitlines()

    assert lines[0] == written_result.content["statement"]
    assert lines[1].startswith("Tumor found: 2 lesions, ")
    assert "Warning: T1 and T2 are missing; the result rests on T1c and FLAIR." in lines


def test_the_conclusion_says_why_nothing_was_predicted(written_result: WrittenResult) -> None:
    def abstain(content: dict[str, Any]) -> None:
        content["assessment"] |= {"abstained": "the tumor is too small", "predictions": {}}

    bundle = make_bundle(with_content(written_result, abstain))

    [report] = resources(bundle, "DiagnosticReport")
    assert "Nothing was predicted: the tumor is too small" in report["conclusion"]
    assert not predictions(bundle)


def test_side_and_lobe_are_coded(written_result: WrittenResult) -> None:
    satellite = next(
        one
        for one in numbers(make_bundle(written_result))
        if one["code"]["text"] == "Volume, enhancing tumor of lesion 2"
    )
    parts = {one["code"]["text"]: one for one in satellite["component"]}

    assert satellite["bodySite"]["text"] == "right frontal lobe"
    assert satellite["bodySite"]["coding"][0]["code"] == "83251001"
    assert parts["laterality"]["valueCodeableConcept"]["coding"][0]["code"] == "24028007"
    assert parts["tracking identifier"]["valueString"] == "lesion 2, enhancing_tumor"


def test_a_structure_of_the_users_own_atlas_has_a_name_but_no_code(
    written_result: WrittenResult,
) -> None:
    def rename(content: dict[str, Any]) -> None:
        content["location"]["main_lobe"] = "parcel 17"

    volume = numbers(make_bundle(with_content(written_result, rename)))[0]

    assert volume["bodySite"] == {"text": "left parcel 17"}


def test_the_pdf_travels_in_the_report(written_result: WrittenResult) -> None:
    pdf = b"%PDF-1.7 of this test"

    [report] = resources(make_bundle(written_result, pdf=pdf), "DiagnosticReport")
    [form] = report["presentedForm"]

    assert base64.b64decode(form["data"]) == pdf
    assert form["size"] == len(pdf)
    assert base64.b64decode(form["hash"]) == hashlib.sha1(pdf, usedforsecurity=False).digest()


def test_text_of_a_result_can_not_become_markup(written_result: WrittenResult) -> None:
    def inject(content: dict[str, Any]) -> None:
        content["statement"] = "<script>alert(1)</script> & more"

    [report] = resources(make_bundle(with_content(written_result, inject)), "DiagnosticReport")

    assert "<script>" not in report["text"]["div"]
    assert "&lt;script&gt;" in report["text"]["div"]


def _objects(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
        for value in content.values():
            yield from _objects(value)
    elif isinstance(content, list):
        for one in content:
            yield from _objects(one)


def _name_patient(origin: Origin) -> None:
    source = origin.datasets[0]
    source.PatientName = "Doe^Jane"
    source.PatientID = "MRN-77"
    source.IssuerOfPatientID = "Hospital"
    source.SeriesDescription = "T1 for Jane"


def _segmentation_object() -> Dataset:
    written = Dataset()
    written.SOPClassUID = SEG
    written.SOPInstanceUID = "2.25.5"
    written.SeriesInstanceUID = "2.25.6"
    written.SeriesNumber = 9101
    written.SeriesDescription = "Glioscope tumor segmentation"
    written.Modality = "SEG"
    written.InstanceNumber = 1
    return written
