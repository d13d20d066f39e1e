from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from highdicom.sr import MeasurementReport
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.coding import Code
from pydicom.uid import SegmentationStorage

from glioscope.core import Entity, Quantity, Region, Target
from glioscope.io.dicom_out import codes_sr
from glioscope.io.dicom_out.codes import LATERALITY, REGION_TYPES, SCHEME, SITES
from glioscope.io.dicom_out.codes_sr import outcome_code, probability_code, quantity_code
from glioscope.io.dicom_out.seg import make_segmentation
from glioscope.io.dicom_out.sr import make_report
from glioscope.io.dicom_out.sr_groups import measured
from glioscope.io.results.measured import REGION_ORDER, head_numbers, measured_groups
from glioscope.io.results.stated import abstained, notices, stated

KINDS = ("drawn", "without_tumor", "with_told_facts", "on_enhanced_files", "on_bare_headers")
ANSWERS = [
    *((Target.ENTITY, str(entity)) for entity in Entity),
    *((Target.GRADE, grade) for grade in ("2", "3", "4", "none")),
    *((Target.IDH, status) for status in ("mutant", "wildtype")),
    *((Target.CODELETION, status) for status in ("codeleted", "intact")),
    *((Target.MGMT, status) for status in ("methylated", "unmethylated")),
]


@pytest.fixture(scope="module")
def report(drawn: Any) -> Dataset:
    """Of two lesions and predictions, without a segmentation; tests only read it."""
    return make_report(drawn.result, drawn.origin, drawn.identity, segmentation=None)


def reread(report: Dataset) -> Any:
    """The report as another program reads it: written to bytes, parsed by highdicom."""
    buffer = BytesIO()
    dcmwrite(buffer, report, enforce_file_format=True)
    buffer.seek(0)
    root = dcmread(buffer)
    item = Dataset()
    for name in ("ValueType", "ConceptNameCodeSequence", "ContentTemplateSequence"):
        item[name] = root[name]
    item.ContinuityOfContent, item.ContentSequence = root.ContinuityOfContent, root.ContentSequence
    return MeasurementReport.from_sequence([item])


def groups_by_name(report: Dataset) -> dict[str, Any]:
    found = reread(report)
    return {
        group.tracking_identifier: group
        for group in (
            *found.get_image_measurement_groups(),
            *found.get_volumetric_roi_measurement_groups(),
        )
    }


def numbers_of(group: Any) -> list[tuple[str, float, str]]:
    return [(m.name.value, m.value, m.unit.value) for m in group.get_measurements()]


def expected(numbers: tuple[Quantity, ...]) -> list[tuple[str, float | None, str]]:
    return [(quantity_code(one.name).value, one.value, one.unit) for one in numbers]


def items_of(item: Dataset) -> Iterator[Dataset]:
    for child in item.get("ContentSequence", []):
        yield child
        yield from items_of(child)


def texts(report: Dataset) -> list[str]:
    return [str(item.TextValue) for item in items_of(report) if item.ValueType == "TEXT"]


def some_segmentation(drawn: Any, *names: str) -> Dataset:
    """What of a segmentation a report looks at: its segments and their tracking UIDs."""
    segmentation = Dataset()
    segmentation.SOPClassUID, segmentation.SOPInstanceUID = SegmentationStorage, "2.25.9001"
    segmentation.StudyInstanceUID = drawn.identity.study_uid
    segmentation.SeriesInstanceUID = "2.25.9000"
    segmentation.SegmentSequence = []
    for number, name in enumerate(names, 1):
        segment = Dataset()
        segment.SegmentNumber, segment.TrackingUID = number, drawn.identity.uid("tracking", name)
        segmentation.SegmentSequence.append(segment)
    return segmentation


@pytest.mark.parametrize("kind", KINDS)
def test_the_validator_finds_no_error(
    kind: str, errors_of: Callable[[Dataset], list[str]], request: pytest.FixtureRequest
) -> None:
    drawn = request.getfixturevalue(kind)
    report = make_report(drawn.result, drawn.origin, drawn.identity, segmentation=None)

    assert errors_of(report) == []


def test_dcmtk_takes_every_relation_and_reads_the_same_numbers(drawn: Any, tmp_path: Path) -> None:
    program = shutil.which("dsrdump")
    if program is None:
        pytest.skip("dsrdump (Debian's dcmtk) is not installed")
    segmentation = make_segmentation(drawn.result, drawn.origin, drawn.identity)
    report = make_report(drawn.result, drawn.origin, drawn.identity, segmentation=segmentation)
    dcmwrite(tmp_path / "report.dcm", report, enforce_file_format=True)

    told = subprocess.run(
        [program, "+Pc", "+Pl", str(tmp_path / "report.dcm")],
        check=False,
        capture_output=True,
        text=True,
    )

    assert told.returncode == 0
    assert not [line for line in told.stderr.splitlines() if line.startswith("E:")]
    for group in measured_groups(drawn.result):
        for one in group.numbers:
            code = quantity_code(one.name)
            assert f'{code.meaning}")="{one.value}" ({one.unit},UCUM' in told.stdout


def test_every_number_of_the_result_is_read_back_under_its_group(
    drawn: Any, report: Dataset
) -> None:
    groups = groups_by_name(report)

    measured = measured_groups(drawn.result)
    assert len(measured) > 8
    for group in measured:
        assert numbers_of(groups[group.tracking_id]) == expected(group.numbers)
    assert numbers_of(groups["head"]) == expected(head_numbers(drawn.result))


def test_numbers_stand_in_words_as_in_result_json(drawn: Any, report: Dataset) -> None:
    written = [
        str(item.MeasuredValueSequence[0].NumericValue)
        for item in items_of(report)
        if item.ValueType == "NUM"
    ]

    values = [one.value for group in measured_groups(drawn.result) for one in group.numbers]
    assert {float(value) for value in values if value is not None} <= {float(w) for w in written}
    assert max(map(len, written)) <= 16


def test_the_ends_of_an_interval_stand_below_their_number(drawn: Any) -> None:
    group = measured_groups(drawn.result)[0]
    whole = replace(group.numbers[0], low=1.25, high=9.75, interval="range over the networks")

    children = {
        item.ConceptNameCodeSequence[0].CodeValue: item for item in items_of(measured(whole)[0])
    }

    assert children["INTERVAL-LOW"].MeasuredValueSequence[0].FloatingPointValue == 1.25
    assert children["INTERVAL-HIGH"].MeasuredValueSequence[0].FloatingPointValue == 9.75
    assert children["INTERVAL"].TextValue == "range over the networks"
    assert children["METHOD"].TextValue == whole.method


def test_a_group_says_what_and_where_it_is(drawn: Any, report: Dataset) -> None:
    groups = groups_by_name(report)

    for group in measured_groups(drawn.result):
        found = groups[group.tracking_id]
        site = found.finding_sites[0]
        assert group.site is not None
        assert group.hemisphere is not None
        assert found.finding_type == REGION_TYPES[group.region]
        assert site.value == SITES[group.site]
        assert site.laterality == LATERALITY[group.hemisphere]
        assert found.tracking_uid == drawn.identity.uid("tracking", group.tracking_id)


def test_a_region_that_has_a_segment_refers_to_it_and_to_the_source(drawn: Any) -> None:
    segmentation = some_segmentation(drawn, "whole_tumor", "edema")
    report = make_report(drawn.result, drawn.origin, drawn.identity, segmentation=segmentation)

    volumes = reread(report).get_volumetric_roi_measurement_groups()

    assert [group.tracking_identifier for group in volumes] == ["whole_tumor", "edema"]
    for number, group in enumerate(volumes, 1):
        segment = group.referenced_segment
        assert segment.referenced_sop_instance_uid == "2.25.9001"
        assert segment[0].referenced_segment_numbers == [number]
        assert segment.source_series_for_segmentation.value == drawn.origin.series_uid
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert {one.SeriesInstanceUID for one in series} == {"2.25.9000", drawn.origin.series_uid}


def test_all_regions_refer_to_the_segments_of_the_binary_segmentation(drawn: Any) -> None:
    segmentation = make_segmentation(drawn.result, drawn.origin, drawn.identity)
    assert segmentation is not None
    report = make_report(drawn.result, drawn.origin, drawn.identity, segmentation=segmentation)

    volumes = reread(report).get_volumetric_roi_measurement_groups()

    assert [group.tracking_identifier for group in volumes] == [str(one) for one in REGION_ORDER]
    for group, segment in zip(volumes, segmentation.SegmentSequence, strict=True):
        assert group.referenced_segment.referenced_segment_numbers == [segment.SegmentNumber]
        assert group.tracking_uid == segment.TrackingUID


def test_of_a_label_map_the_unions_rest_on_the_images(drawn: Any) -> None:
    labelmap = make_segmentation(drawn.result, drawn.origin, drawn.identity, labelmap=True)
    report = make_report(drawn.result, drawn.origin, drawn.identity, segmentation=labelmap)

    found = reread(report)

    volumes = {g.tracking_identifier for g in found.get_volumetric_roi_measurement_groups()}
    images = {g.tracking_identifier for g in found.get_image_measurement_groups()}
    assert volumes == {str(region) for region in (Region.ET, Region.NCR, Region.ED)}
    assert {str(Region.WT), str(Region.TC)} <= images


def test_without_segments_all_source_images_are_named_once(drawn: Any, report: Dataset) -> None:
    named = [
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in items_of(report)
        if item.ValueType == "IMAGE"
    ]

    assert named == [one.SOPInstanceUID for one in drawn.origin.datasets]
    assert reread(report).get_volumetric_roi_measurement_groups() == []


def test_a_prediction_has_every_probability_and_its_caution(drawn: Any, report: Dataset) -> None:
    groups, said = groups_by_name(report), texts(report)

    answers = stated(drawn.result)
    assert any(answer.outcomes for answer in answers)
    for answer in answers:
        group = groups[f"predicted {answer.target}"]
        assert numbers_of(group) == [
            (probability_code(answer.target, one.name).value, one.probability, "1")
            for one in answer.outcomes
        ]
        left = {e.value.value for e in group.get_qualitative_evaluations()}
        assert left == {
            outcome_code(answer.target, one.name).value for one in answer.outcomes if one.in_set
        }
        assert answer.caution in said


def test_what_the_pathologist_told_is_no_prediction(with_told_facts: Any) -> None:
    drawn = with_told_facts
    groups = groups_by_name(
        make_report(drawn.result, drawn.origin, drawn.identity, segmentation=None)
    )

    assert "predicted idh" not in groups
    told = groups["told idh"]
    assert told.get_measurements() == []
    (evaluation,) = told.get_qualitative_evaluations()
    assert (evaluation.name.value, evaluation.value.value) == ("TOLD", "IDH-MUTANT")


def test_without_a_tumor_the_report_says_so(without_tumor: Any) -> None:
    drawn = without_tumor
    report = make_report(drawn.result, drawn.origin, drawn.identity, segmentation=None)

    groups = groups_by_name(report)

    (evaluation,) = groups["head"].get_qualitative_evaluations()
    assert (evaluation.name.value, evaluation.value.meaning) == ("TUMOR-FOUND", "No")
    assert measured_groups(drawn.result) == ()
    assert not any(name.startswith("predicted") for name in groups)
    assert abstained(drawn.result) in texts(report)


def test_notices_and_what_the_report_is_are_told_once(drawn: Any, report: Dataset) -> None:
    said = texts(report)

    assert said.count(drawn.result.content["statement"]) == 1
    messages = [notice.message for notice in notices(drawn.result)]
    assert messages
    assert all(said.count(message) == messages.count(message) for message in messages)
    assert (report.CompletionFlag, report.VerificationFlag) == ("PARTIAL", "UNVERIFIED")


def test_the_observer_is_a_program(report: Dataset) -> None:
    (observer,) = reread(report).get_observer_contexts()

    assert observer.observer_type.meaning == "Device"
    assert observer.observer_identifying_attributes.model_name == "Glioscope"


def test_the_same_result_gives_the_same_bytes_and_a_new_version_other_uids(
    drawn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def content() -> bytes:
        buffer = BytesIO()
        report = make_report(drawn.result, drawn.origin, drawn.identity, segmentation=None)
        dcmwrite(buffer, report, enforce_file_format=True)
        return buffer.getvalue()

    first = content()

    assert content() == first
    monkeypatch.setattr("glioscope.io.dicom_out.identity.__version__", "99.0")
    assert dcmread(BytesIO(content())).SOPInstanceUID != dcmread(BytesIO(first)).SOPInstanceUID


def test_it_is_filed_with_the_patient_and_study_of_the_scan(drawn: Any, report: Dataset) -> None:
    source = drawn.origin.datasets[0]
    for name in ("StudyInstanceUID", "PatientID", "PatientName", "PatientSex", "StudyDate"):
        assert report[name].value == source[name].value
    assert report.SeriesInstanceUID != source.SeriesInstanceUID


@pytest.mark.parametrize(("target", "name"), ANSWERS)
def test_every_answer_has_codes_that_fit(target: Target, name: str) -> None:
    for code in (outcome_code(target, name), probability_code(target, name)):
        assert len(code.value) <= 16
        assert len(code.meaning) <= 64


def test_no_two_answers_share_a_code() -> None:
    values = [
        code(*answer).value for answer in ANSWERS for code in (outcome_code, probability_code)
    ]

    assert len(values) == len(set(values))


def test_codes_of_the_standard_mean_there_what_they_mean_here() -> None:
    dictionary: Any = concepts
    ours = [one for one in vars(codes_sr).values() if isinstance(one, Code)]
    of_numbers = [quantity_code(name) for name in codes_sr.QUANTITIES]

    for code in [*ours, *of_numbers]:
        if code.scheme_designator not in {SCHEME, "UMLS"} and code != codes_sr.SOURCE:
            meanings = [
                known[code.value][0]
                for known in dictionary[code.scheme_designator].values()
                if code.value in known
            ]
            assert code.meaning in meanings
