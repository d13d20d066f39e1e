from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

from glioscope.core import CaseResult, Notice, OutputError, Region, Sequence, Severity
from glioscope.report import result_schema, result_to_json
from glioscope.report.plain import plain
from glioscope.report.serialize import result_bytes

MakeResult = Callable[..., CaseResult]

CASES: dict[str, dict[str, Any]] = {
    "all parts": {},
    "no tumor": {"tumor": False},
    "nothing enhances": {"core": False},
    "one sequence": {"sequences": (Sequence.FLAIR,)},
    "not located": {"located": False},
}


def validator() -> Draft202012Validator:
    return Draft202012Validator(result_schema())


def quantities(value: object) -> Iterator[dict[str, Any]]:
    """Every object that holds a value and a unit."""
    if isinstance(value, dict):
        if "value" in value and "unit" in value:
            yield value
        for part in value.values():
            yield from quantities(part)
    elif isinstance(value, list):
        for part in value:
            yield from quantities(part)


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(result_schema())


@pytest.mark.parametrize("options", CASES.values(), ids=CASES.keys())
def test_every_result_keeps_to_the_schema(make_result: MakeResult, options: dict[str, Any]) -> None:
    document = json.loads(result_bytes(make_result(**options)))

    validator().validate(document)


@pytest.mark.parametrize(
    "path", [("measurements", "volumes", "whole_tumor", "unit"), ("location", "midline_shift")]
)
def test_the_schema_refuses_what_is_left_out(result: CaseResult, path: tuple[str, ...]) -> None:
    document = copy.deepcopy(result_to_json(result))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]

    with pytest.raises(ValidationError, match="required"):
        validator().validate(document)


def test_the_schema_refuses_a_volume_in_another_unit(result: CaseResult) -> None:
    document = copy.deepcopy(result_to_json(result))
    document["measurements"]["volumes"]["whole_tumor"]["unit"] = "mm3"

    with pytest.raises(ValidationError, match="mL"):
        validator().validate(document)


def test_volumes_are_those_of_the_findings(result: CaseResult) -> None:
    told = result_to_json(result)["measurements"]["volumes"]

    for region, quantity in result.findings.measurements.volumes.items():
        assert quantity.value is not None
        assert told[region]["value"] == pytest.approx(quantity.value, rel=1e-5)
        assert told[region]["region"] == region
        assert told[region]["method"] == quantity.method


def test_intensity_and_centroid_are_those_of_the_findings(result: CaseResult) -> None:
    document = result_to_json(result)
    intensity = document["measurements"]["intensity"]

    assert list(intensity) == ["ImageMean", "Median"]
    assert intensity["Median"]["value"] == 2361.29
    assert intensity["Median"]["region"] == "whole_tumor"
    assert intensity["ImageMean"]["path"][-1] == "measure"
    assert document["location"]["centroid_template_mm"] == [-31.25, 18.0, 22.125]


def test_without_a_tumor_there_is_neither_intensity_nor_centroid(make_result: MakeResult) -> None:
    document = result_to_json(make_result(tumor=False))

    assert document["measurements"]["intensity"] == {}
    assert document["location"]["centroid_template_mm"] is None


def test_every_number_leads_back_to_named_steps(result: CaseResult) -> None:
    document = result_to_json(result)
    steps = {step["step"] for step in document["provenance"]}
    found = list(quantities(document))

    assert len(found) > 60
    for quantity in found:
        assert quantity["unit"]
        assert quantity["method"]
        assert set(quantity["path"]) <= steps
    assert document["measurements"]["volumes"]["edema"]["path"][-1] == "measure"


def test_an_undefined_number_is_null(make_result: MakeResult) -> None:
    document = result_to_json(make_result(core=False))

    assert document["measurements"]["volumes"]["enhancing_tumor"]["value"] is None
    assert document["measurements"]["volumes"]["whole_tumor"]["value"] > 0


def test_no_tumor_is_said(make_result: MakeResult) -> None:
    document = result_to_json(make_result(tumor=False))

    assert document["has_tumor"] is False
    assert document["measurements"]["lesions"] == []
    assert document["measurements"]["multifocal"] is None


def test_missing_sequences_are_listed_with_their_cost(result: CaseResult) -> None:
    missing = result_to_json(result)["sequences"]["missing"]

    assert [entry["sequence"] for entry in missing] == ["t1", "t2"]
    assert all(entry["cost"] for entry in missing)


def test_the_same_result_gives_the_same_bytes(make_result: MakeResult) -> None:
    assert result_bytes(make_result()) == result_bytes(make_result())


def test_no_voxels_dates_or_folders_are_told(result: CaseResult) -> None:
    text = result_bytes(result).decode()

    assert len(text) < 100_000
    assert "/home" not in text
    assert not re.search(r"20\d\d-?[01]\d-?[0-3]\d", text)
    assert json.loads(text)["configuration"]["prepare"]["template"] == "template.nii.gz"


def test_a_number_that_is_not_finite_is_refused(result: CaseResult) -> None:
    measurements = result.findings.measurements
    broken = replace(measurements.volumes[Region.WT], value=float("nan"))
    volumes = {**measurements.volumes, Region.WT: broken}
    findings = replace(result.findings, measurements=replace(measurements, volumes=volumes))

    with pytest.raises(OutputError, match="nan"):
        result_to_json(replace(result, findings=findings))


def test_notices_of_every_stage_stand_once_alarms_first(result: CaseResult) -> None:
    late = Notice(code="late", severity=Severity.ALARM, message="Late.")
    findings = replace(result.findings, notices=(late, *result.notices))
    codes = [n["code"] for n in result_to_json(replace(result, findings=findings))["notices"]]

    assert codes == ["sequence-disagreement", "late", "sequence-missing", "series-left-out"]


class Mode(Enum):
    FAST = "fast"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PurePosixPath("/secret/brain.nii.gz"), "brain.nii.gz"),
        (PureWindowsPath(r"C:\secret\brain.nii.gz"), "brain.nii.gz"),
        ("models/tumor", "models/tumor"),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (True, True),
        (Mode.FAST, "fast"),
        ({"b": (1, 2), "a": None}, {"a": None, "b": [1, 2]}),
        ({"x", "a"}, ["a", "x"]),
    ],
)
def test_configuration_becomes_plain_values(value: object, expected: object) -> None:
    assert plain(value) == expected
