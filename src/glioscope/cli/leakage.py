"""glioscope leakage: is a patient of the test set in the training set, under any name?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.cli import options

if TYPE_CHECKING:
    from glioscope.evaluation import IdColumn, LeakageReport


def leakage(
    train: Annotated[Path, typer.Argument(help="CSV with the ids that a model has seen.")],
    test: Annotated[Path, typer.Argument(help="CSV with the ids that it is tested on.")],
    *,
    id_column: Annotated[
        str | None, typer.Option("--id-column", help="Column of the ids, in both files.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Find patients on both sides of a split, under any of their public names.

    Exit code 2 if there are any.
    """
    import json

    from glioscope.core import InputError
    from glioscope.evaluation import LeakageRegistry, read_id_column

    ours, theirs = (read_id_column(path, column=id_column) for path in (train, test))
    report = LeakageRegistry.load().overlaps(ours.ids, theirs.ids)
    if as_json:
        columns = {"train_column": ours.column, "test_column": theirs.column}
        typer.echo(json.dumps({**columns, **report.as_json()}, indent=2))
        if not report.disjoint:
            # main() would print its own object, a second one on stdout.
            typer.echo(f"glioscope: error: {report.refusal()}", err=True)
            raise typer.Exit(InputError.exit_code)
        return
    typer.echo(_source("train", train, ours, report.train_patients))
    typer.echo(_source("test ", test, theirs, report.test_patients))
    typer.echo("\n".join(_lines(report)))
    if not report.disjoint:
        raise InputError(report.refusal())


def _source(side: str, path: Path, found: IdColumn, patients: int) -> str:
    column = "no header line" if found.column is None else f"column {found.column!r}"
    guess = ", the first: no column is named id, patient, subject or case"
    empty = (
        f", {_count(found.empty_rows, 'row')} without an id left out" if found.empty_rows else ""
    )
    return (
        f"{side}  {path.name}: {_count(len(found.ids), 'id')}, {_count(patients, 'patient')}"
        f" ({column}{guess if found.first and found.column is not None else ''}{empty})"
    )


def _lines(report: LeakageReport) -> list[str]:
    lines = [f"patients known to be on both sides: {len(report.shared)}", *_table(report)]
    for side, unknown in (("train", report.unknown_train), ("test", report.unknown_test)):
        if unknown:
            lines.append(
                f"unknown to the registry, compared by their own spelling only: "
                f"{_count(len(unknown), 'id')} of {side} ({_first(unknown)})"
            )
    lines += [
        f"can't be excluded: {doubt.train_set} ({_count(len(doubt.train_ids), 'id')} of train)"
        f" against {doubt.test_set} ({_count(len(doubt.test_ids), 'id')} of test); no table"
        " says who is who"
        for doubt in report.doubts
    ]
    if report.proven:
        lines.append("all ids are known, and no patient is on both sides")
    return lines


def _table(report: LeakageReport) -> list[str]:
    if report.disjoint:
        return []
    rows = [("train", "test"), *((_all(s.train_ids), _all(s.test_ids)) for s in report.shared)]
    width = max(len(left) for left, _ in rows)
    return ["", *(f"  {left:<{width}}  {right}" for left, right in rows), ""]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _all(ids: tuple[str, ...]) -> str:
    return ", ".join(ids)


def _first(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (", ..." if len(ids) > 5 else "")
