"""glioscope audit: which study was used for what, and whether the log still says the truth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.cli import consent, options
from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.privacy.audit.line import AuditLine

_COLUMNS = ("number", "time", "command", "use", "decision", "reason", "study", "user", "version")


def audit(
    file: Annotated[
        Path | None,
        typer.Argument(envvar="GLIOSCOPE_AUDIT", help="The log; that of the user if not given."),
    ] = None,
    *,
    expect: Annotated[
        str | None, typer.Option(help="Hash, noted elsewhere, of a line that must be in the log.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="File with the log's secret, if it has one.")
    ] = None,
    last: Annotated[int, typer.Option(help="Lines to show, the latest; 0 for all.", min=0)] = 20,
    check: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Fail if a line does not hold.")
    ] = True,
    as_json: options.Json = False,
) -> None:
    """Show the audit log and verify it: each line, their order, and that none is missing.

    Exit code 2 at the first line that does not hold, with its number.
    """
    import json

    from glioscope.privacy.audit.verification import verify

    log = consent.audit_log(file, key=key)
    found = verify(log, expect=expect)
    if as_json and (found.broken is None or not check):
        typer.echo(
            json.dumps(
                {
                    "status": "done" if found.broken is None else "broken",
                    "lines": len(found.lines),
                    "first_broken_line": found.broken,
                    "last_hash": found.last,
                    "notes": found.notes,
                    "shown": [asdict(line) for line in found.lines[-last:]],
                }
            )
        )
    elif not as_json:
        typer.echo("\n".join([*_table(found.lines[-last:]), *(f"note: {n}" for n in found.notes)]))
    if found.broken is not None and check:
        msg = (
            f"{log.path.name}: line {found.broken} {found.why}; the {len(found.lines)} lines before"
            " it hold"
        )
        raise InputError(msg)
    if found.broken is None and not as_json:
        typer.echo(f"{len(found.lines)} lines, all hold; hash of the last: {found.last}")


def _table(lines: tuple[AuditLine, ...]) -> list[str]:
    rows = [_COLUMNS, *(tuple(str(getattr(line, name)) for name in _COLUMNS) for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
