"""Predictions of a result and of a table, by the shipped models."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest

from glioscope.core import InputError, OutputError, Patient, Target
from glioscope.pipeline.predict import predict_result, predict_table, read_patients
from glioscope.prediction import IMAGE_GROUPS, Known, feature_names, load_model

FIRST_ORDER = (
    "Median",
    "10Percentile",
    "90Percentile",
    "MeanAbsoluteDeviation",
    "RobustMeanAbsoluteDeviation",
)


def average(scale: float = 2500.0) -> dict[str, float]:
    """What was measured of the average training patient, T1c at any scale."""
    names = feature_names(IMAGE_GROUPS)
    mean = dict(zip(names, load_model().domain.mean.tolist(), strict=True))
    shape = {
        name.removeprefix("log "): math.exp(mean[name]) if name.startswith("log ") else mean[name]
        for name in feature_names(("shape",))
    }
    median = mean["Median / Mean"] * scale
    return {
        **{f"original_shape_{name}": value for name, value in shape.items()},
        **{f"original_firstorder_{n}": mean[f"{n} / Mean"] * scale for n in FIRST_ORDER},
        "original_firstorder_Mean": scale,
        "original_firstorder_InterquartileRange": mean["InterquartileRange / Median"] * median,
        "original_firstorder_Skewness": mean["Skewness"],
        "original_firstorder_Kurtosis": math.exp(mean["log Kurtosis"]),
        "original_firstorder_Entropy": mean["Entropy - log2 Mean"] + math.log2(scale),
        "original_firstorder_Uniformity": math.exp(mean["log Uniformity x Mean"]) / scale,
        "original_firstorder_Variance": (mean["standard deviation / Mean"] * scale) ** 2,
        "original_firstorder_Maximum": math.exp(mean["log Maximum / Mean"]) * scale,
        "diagnostics_Image-original_Mean": scale / math.exp(mean["log Mean / ImageMean"]),
        "midline_distance_mm": mean["distance from the midline"],
    }


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def predicted(tmp_path: Path, *rows: dict[str, Any]) -> list[dict[str, str]]:
    predict_table(write_rows(tmp_path / "rows.csv", list(rows)), tmp_path / "out.csv")
    return read_rows(tmp_path / "out.csv")


def result_of(row: dict[str, float], *, age: float | None, sex: str | None) -> dict[str, Any]:
    """A result.json with what the row holds, as the report writes it."""
    shape = {n.rsplit("_", 1)[1]: {"value": v} for n, v in row.items() if "_shape_" in n}
    intensity = {n.rsplit("_", 1)[1]: {"value": v} for n, v in row.items() if "_firstorder_" in n}
    intensity["ImageMean"] = {"value": row["diagnostics_Image-original_Mean"]}
    return {
        "case_id": "P1",
        "patient": {"age": None if age is None else {"value": age}, "sex": sex},
        "measurements": {"shape": {"whole_tumor": shape}, "intensity": intensity},
        "location": {"midline_distance": {"value": row["midline_distance_mm"]}},
    }


def write_result(folder: Path, **patient: Any) -> Path:
    path = folder / "result.json"
    path.write_text(json.dumps(result_of(average(), **patient)), encoding="utf-8")
    return path


def test_a_row_and_the_result_of_the_same_patient_are_told_the_same(tmp_path: Path) -> None:
    (row,) = predicted(tmp_path, {"id": "A", "age": 60, "sex": "F", **average()})

    case = predict_result(write_result(tmp_path, age=60.0, sex="F"))

    idh = {o.name: o.probability for o in case.assessment.predictions[Target.IDH].outcomes}
    assert float(row["p_idh_mutant"]) == pytest.approx(idh["mutant"], rel=1e-4)
    assert case.assessment.survival is not None
    assert float(row["risk"]) == pytest.approx(case.assessment.survival.risk, rel=1e-4)


def test_the_columns_that_were_promised_are_there(tmp_path: Path) -> None:
    (row,) = predicted(tmp_path, {"id": "A", "age": 60, "sex": "F", **average()})

    assert row["id"] == "A"
    assert all(
        0 <= float(row[name]) <= 1 for name in ("p_idh_mutant", "p_grade_4", "p_1p19q_codeleted")
    )
    assert row["p_mgmt_methylated"] == ""
    assert row["abstained"] == ""
    assert math.isfinite(float(row["risk"]))
    assert float(row["median_survival_days"]) > 0


def test_the_scale_of_the_scanner_does_not_matter(tmp_path: Path) -> None:
    one, other = predicted(
        tmp_path,
        {"id": "A", "age": 60, "sex": "F", **average(scale=2500)},
        {"id": "B", "age": 60, "sex": "F", **average(scale=117)},
    )

    for name in ("p_idh_mutant", "p_grade_4", "p_1p19q_codeleted", "risk"):
        assert float(one[name]) == pytest.approx(float(other[name]), rel=1e-4), name


def test_the_young_are_likelier_mutant_and_live_longer(tmp_path: Path) -> None:
    young, old = predicted(
        tmp_path,
        {"id": "young", "age": 30, "sex": "F", **average()},
        {"id": "old", "age": 75, "sex": "F", **average()},
    )

    assert float(young["p_idh_mutant"]) > float(old["p_idh_mutant"])
    assert float(young["risk"]) < float(old["risk"])


def test_age_and_sex_may_be_missing(tmp_path: Path) -> None:
    (row,) = predicted(tmp_path, {"id": "A", **average()})

    assert 0 < float(row["p_idh_mutant"]) < 1
    assert row["p_idh_mutant_age_sex"] == ""
    case = predict_result(write_result(tmp_path, age=None, sex=None))
    assert any("Age was not given" in text for text in case.assessment.missing)
    assert any("0." in text for text in case.assessment.missing)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"original_shape_VoxelVolume": 0}, "VoxelVolume"),
        ({"age": 300}, "age 300"),
        ({"sex": "x"}, "sex"),
        ({"original_firstorder_Mean": "many"}, "not a finite number"),
        ({"original_shape_MeshVolume": 9e9}, "outside those of the training patients"),
        ({"age": 4}, "age 4"),
    ],
)
def test_an_absurd_row_is_told_why_and_stops_no_other(
    tmp_path: Path, wrong: dict[str, Any], why: str
) -> None:
    good = {"id": "good", "age": 60, "sex": "F", **average()}

    bad_row, good_row = predicted(tmp_path, {**good, "id": "bad", **wrong}, good)

    assert why in bad_row["abstained"]
    assert bad_row["p_idh_mutant"] == bad_row["risk"] == ""
    assert good_row["abstained"] == ""


def test_a_row_without_any_feature_abstains(tmp_path: Path) -> None:
    (row,) = predicted(tmp_path, {"id": "A", "age": 60, "sex": "F"})

    assert "no tumor was measured" in row["abstained"]


def test_rows_come_out_in_their_order(tmp_path: Path) -> None:
    names = [f"patient {number}" for number in (3, 1, 2)]

    rows = predicted(tmp_path, *({"id": name, "age": 60, **average()} for name in names))

    assert [row["id"] for row in rows] == names


def test_the_input_is_never_written_over(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.csv", [{"id": "A", **average()}])
    before = path.read_bytes()

    with pytest.raises(OutputError, match="is the input"):
        predict_table(path, path)

    assert path.read_bytes() == before


def test_a_table_without_ids_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.csv", [{"age": 60, **average()}])

    with pytest.raises(InputError, match="row 1: no id"):
        predict_table(path, tmp_path / "out.csv")

    assert not (tmp_path / "out.csv").exists()


def test_what_the_pathologist_told_conditions_the_rest(tmp_path: Path) -> None:
    path = write_result(tmp_path, age=60.0, sex="F")

    told = predict_result(path, known=Known(idh="mutant")).assessment

    assert told.predictions[Target.IDH].known == "mutant"
    entities = {o.name: o.probability for o in told.predictions[Target.ENTITY].outcomes}
    assert entities["glioblastoma_idh_wildtype_4"] == 0
    assert sum(entities.values()) == pytest.approx(1)


def test_age_and_sex_given_now_overrule_those_of_the_result(tmp_path: Path) -> None:
    path = write_result(tmp_path, age=75.0, sex="M")

    case = predict_result(path, patient=Patient(age_years=30.0, sex="F"))

    assert case.patient == Patient(age_years=30.0, sex="F")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"measurements": null}'])
def test_what_is_no_result_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match="result"):
        predict_result(path)


def test_reasons_share_out_what_the_patient_differs_in(tmp_path: Path) -> None:
    assessment = predict_result(write_result(tmp_path, age=30.0, sex="F")).assessment

    reasons = assessment.predictions[Target.IDH].reasons
    assert reasons[0].group == "age"
    assert reasons[0].contribution > 0
    assert "30 years" in reasons[0].text


def test_age_and_sex_of_a_cohort_are_read(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "patients.csv",
        [{"id": "A", "age": 60, "sex": "female"}, {"id": "B", "age": "", "sex": "M"}],
    )

    assert read_patients(path) == {
        "A": Patient(age_years=60.0, sex="F"),
        "B": Patient(sex="M"),
    }


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"id": "A", "age": 60}, {"id": "A", "age": 61}], "row 2: A stands twice"),
        ([{"id": "A", "age": 300}], "row 1: age 300"),
        ([{"id": "", "age": 30}], "row 1: no id"),
    ],
)
def test_a_table_of_patients_that_can_not_be_true_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], why: str
) -> None:
    with pytest.raises(InputError, match=why):
        read_patients(write_rows(tmp_path / "patients.csv", rows))
