"""glioscope predict: what the tumor is likely to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from glioscope.cli import consent, options
from glioscope.cli.analyze import sex_named
from glioscope.core import InputError, Patient


def predict(
    case: Annotated[
        Path | None,
        typer.Argument(help="result.json of an analysis, or the folder that holds it."),
    ] = None,
    *,
    table: Annotated[
        Path | None,
        typer.Option(help="CSV of many patients instead: id, age, sex, PyRadiomics' columns."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the pages; with --table the CSV."),
    ] = None,
    age: options.Age = None,
    sex: options.Sex = None,
    known: options.Known = None,
    for_patient: Annotated[
        bool, typer.Option("--for-patient", help="Write a page in plain words too.")
    ] = False,
    show_survival: Annotated[
        bool, typer.Option("--show-survival", help="Show survival on the patient's page.")
    ] = False,
    use: consent.For = "care",
    require_consent: consent.Required = False,
    audit: consent.Audit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Predict entity, grade, IDH, 1p/19q and survival from the findings of an analysis.

    Predicted from imaging; tissue diagnosis needed.  Each number comes with what age and sex alone
    say and with a set that holds the truth with 90% confidence.  Facts of the pathologist
    (--known idh=mutant) condition the rest.
    """
    if (case is None) == (table is None):
        msg = "give the result.json of one patient, or --table ROWS.csv, one of both"
        raise InputError(msg)
    asked = consent.policy("predict", required=require_consent, audit=audit)
    asked.allow(Path(str(case or table)), consent.use_named(use))
    if table is not None:
        _table(table, output, quiet=quiet, as_json=as_json)
        return
    from glioscope.pipeline.predict import predict_result
    from glioscope.prediction import parse_known

    if for_patient and output is None:
        msg = "--for-patient writes a page; say where with -o"
        raise InputError(msg)
    found = predict_result(
        Path(str(case)),
        patient=Patient(age_years=age, sex=sex_named(sex)),
        known=parse_known(known or ()),
    )
    if output is not None:
        from glioscope.report import write_assessment

        write_assessment(
            found.assessment,
            case_id=found.case_id,
            patient=found.patient,
            folder=output,
            for_patient=for_patient,
            show_survival=show_survival,
        )
    if as_json:
        from glioscope.report import assessment_json

        typer.echo(json.dumps({"status": "done", **assessment_json(found.assessment)}))
    elif not quiet:
        from glioscope.report import assessment_text

        typer.echo(assessment_text(found.assessment))
        if output is not None:
            typer.echo(f"pages: {output / 'prediction.html'}")


def _table(table: Path, output: Path | None, *, quiet: bool, as_json: bool) -> None:
    from glioscope.pipeline.predict import predict_table

    if output is None:
        msg = "--table needs a file for the predictions; give -o OUT.csv"
        raise InputError(msg)
    rows = predict_table(table, output)
    abstained = sum(row.abstained is not None for row in rows)
    if as_json:
        typer.echo(json.dumps({"status": "done", "rows": len(rows), "abstained": abstained}))
    elif not quiet:
        typer.echo(
            f"{len(rows)} rows, {abstained} abstained: {output}\n"
            "Predicted from imaging; tissue diagnosis needed.  Research software, not a medical"
            " device."
        )
