"""Predictions of one result, or of every row of a table of features."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from glioscope.core import (
    Assessment,
    Findings,
    InputError,
    OutputError,
    Patient,
    Target,
)
from glioscope.explanation import with_reasons
from glioscope.io import read_records, write_atomically
from glioscope.prediction import (
    Inputs,
    Known,
    assess,
    id_of,
    inputs_from_findings,
    inputs_from_result,
    inputs_from_row,
    patient_of,
)

RESULT = "result.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePrediction:
    """What was predicted of one case.

    Args:
        case_id: Pseudonym.
        patient: Age and sex that were used.
        assessment: With its reasons.
    """

    case_id: str
    patient: Patient
    assessment: Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One line of the table that is written; empty where there is nothing to say.

    Args:
        id: As given.
        entity: Most probable.
        entity_set: Entities that can't be excluded with 90% confidence, ``|`` between them.
        p_idh_mutant: Calibrated probability, as the next two.
        p_grade_4: WHO grade 4.
        p_1p19q_codeleted: Codeletion.
        p_mgmt_methylated: Always empty: no evidence that imaging tells it.
        p_idh_mutant_age_sex: What age and sex alone say, as the next two.
        p_grade_4_age_sex: WHO grade 4.
        p_1p19q_codeleted_age_sex: Codeletion.
        idh_set: 90% set, as the next two.
        grade_set: Of WHO grades; ``none`` is the entity "other".
        set_1p19q: Of the codeletion.
        risk: Log hazard against the average training patient; higher is shorter survival.
        median_survival_days: Empty where the curve does not reach one half in five years.
        survival_1_year: Probability, as the next.
        survival_2_years: Probability.
        inputs: Groups of inputs that were there.
        abstained: Why nothing is predicted.
    """

    id: str
    entity: str | None = None
    entity_set: str | None = None
    p_idh_mutant: float | None = None
    p_grade_4: float | None = None
    p_1p19q_codeleted: float | None = None
    p_mgmt_methylated: float | None = None
    p_idh_mutant_age_sex: float | None = None
    p_grade_4_age_sex: float | None = None
    p_1p19q_codeleted_age_sex: float | None = None
    idh_set: str | None = None
    grade_set: str | None = None
    set_1p19q: str | None = None
    risk: float | None = None
    median_survival_days: float | None = None
    survival_1_year: float | None = None
    survival_2_years: float | None = None
    inputs: str | None = None
    abstained: str | None = None


def assess_findings(findings: Findings, patient: Patient, known: Known | None = None) -> Assessment:
    """Predict from what the main job measured, with reasons.

    A measure that can't be true (of a tumor of a few voxels, say) ends in an abstention.

    Args:
        findings: Of one case.
        patient: Age and sex.
        known: Facts of the pathologist and the surgeon.

    Raises:
        InputError: If the age can't be true.
    """
    plain = Inputs(age_years=patient.age_years, sex=patient.sex)
    try:
        inputs = inputs_from_findings(findings, patient)
    except InputError as error:
        return Assessment(abstained=str(error), inputs=plain.groups)
    return explained(inputs, known)


def explained(inputs: Inputs, known: Known | None = None) -> Assessment:
    """Predict, with reasons."""
    return with_reasons(assess(inputs, known), inputs, known)


def predict_result(
    path: Path, *, patient: Patient | None = None, known: Known | None = None
) -> CasePrediction:
    """Predict from a result that was written before.

    Args:
        path: A ``result.json``, or the folder that holds it.
        patient: Age and sex, which overrule those of the result.
        known: Facts of the pathologist and the surgeon.

    Raises:
        InputError: If it is no result, or a value can't be true.
    """
    result = read_result_json(path)
    given = patient or Patient()
    inputs = inputs_from_result(result, given)
    own = patient_of(result)
    sex: Literal["F", "M", "O"] | None = given.sex or own.sex
    return CasePrediction(
        case_id=str(result.get("case_id", path.stem)),
        patient=Patient(age_years=inputs.age_years, sex=sex),
        assessment=explained(inputs, known),
    )


def predict_table(source: Path, output: Path) -> tuple[TableRow, ...]:
    """Predict every row of a table of features; a row that can't be used never stops the others.

    Args:
        source: CSV with an id, age, sex and PyRadiomics' columns.
        output: CSV, a line a row in the same order; appears whole or not at all.

    Raises:
        InputError: If the table can't be read, or a row has no id.
        OutputError: If the output can't be written, or is the input.
    """
    if output.resolve() == source.resolve():
        msg = f"{output.name} is the input; choose another file with -o"
        raise OutputError(msg)
    records = read_records(source)
    if not records:
        msg = f"{source.name}: has a header line only; give a line a patient"
        raise InputError(msg)
    rows = tuple(_row(record, f"{source.name}: row {n}") for n, record in enumerate(records, 1))
    write_atomically(output, _csv(rows).encode())
    return rows


def read_patients(path: Path) -> dict[str, Patient]:
    """Read age and sex of the patients of a cohort.

    Args:
        path: CSV with an id (the name of the patient's folder), age and sex.

    Returns:
        By id.

    Raises:
        InputError: If the table can't be read, an id is missing or stands twice, or a value can't
            be true.
    """
    patients: dict[str, Patient] = {}
    for number, record in enumerate(read_records(path), 1):
        try:
            name, inputs = id_of(record), inputs_from_row(record)
        except InputError as error:
            msg = f"{path.name}: row {number}: {error}"
            raise InputError(msg) from error
        if name in patients:
            msg = f"{path.name}: row {number}: {name} stands twice; keep one"
            raise InputError(msg)
        patients[name] = Patient(age_years=inputs.age_years, sex=inputs.sex)
    return patients


def read_result_json(path: Path) -> Mapping[str, Any]:
    """Return the content of a ``result.json``.

    Args:
        path: The file, or the folder that holds it.

    Raises:
        InputError: If it can't be read or is no result.
    """
    file = path / RESULT if path.is_dir() else path
    try:
        result = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{file.name} can't be read ({error.strerror}); give the result.json of an analysis"
        raise InputError(msg) from error
    except ValueError as error:
        msg = f"{file.name} is no JSON ({type(error).__name__}); give an analysis' result.json"
        raise InputError(msg) from error
    if not isinstance(result, dict):
        msg = f"{file.name} is no result of glioscope analyze; give its result.json"
        raise InputError(msg)
    return result


def _row(record: Mapping[str, str], where: str) -> TableRow:
    try:
        name = id_of(record)
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from error
    try:
        inputs = inputs_from_row(record)
        assessment = assess(inputs)
    except InputError as error:
        return TableRow(id=name, abstained=str(error))
    groups = "+".join(assessment.inputs)
    if assessment.abstained is not None:
        return TableRow(id=name, inputs=groups, abstained=assessment.abstained)
    return TableRow(
        id=name,
        inputs=groups,
        entity=assessment.predictions[Target.ENTITY].outcomes[0].name,
        entity_set=_set(assessment, Target.ENTITY),
        idh_set=_set(assessment, Target.IDH),
        grade_set=_set(assessment, Target.GRADE),
        set_1p19q=_set(assessment, Target.CODELETION),
        **probabilities(assessment),
        **_survival(assessment),
    )


def _set(assessment: Assessment, target: Target) -> str:
    return "|".join(assessment.predictions[target].prediction_set)


def probabilities(assessment: Assessment) -> dict[str, Any]:
    """Return what a table says of an assessment that did not abstain, by column."""
    asked = {
        "p_idh_mutant": (Target.IDH, "mutant"),
        "p_grade_4": (Target.GRADE, "4"),
        "p_1p19q_codeleted": (Target.CODELETION, "codeleted"),
    }
    found: dict[str, Any] = {}
    for column, (target, name) in asked.items():
        outcomes = assessment.predictions[target].outcomes
        own = next(outcome for outcome in outcomes if outcome.name == name)
        found[column] = own.probability
        found[f"{column}_age_sex"] = own.baseline
    return found


def _survival(assessment: Assessment) -> dict[str, Any]:
    curve = assessment.survival
    if curve is None:
        return {}
    return {
        "risk": curve.risk,
        "median_survival_days": curve.median_days,
        "survival_1_year": curve.one_year[0],
        "survival_2_years": curve.two_years[0],
    }


def _csv(rows: tuple[TableRow, ...]) -> str:
    names = [field.name for field in fields(TableRow)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in names])
    return text.getvalue()


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
