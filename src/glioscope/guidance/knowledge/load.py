"""The shipped statements and sources, and the release that they make up."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from glioscope.core import InputError, Source, Statement, Strength
from glioscope.guidance.knowledge.records import check_keys, data_files, record, tables, unique

_PACKAGE: Final = "glioscope.guidance.knowledge"
_RULES_PACKAGE: Final = "glioscope.guidance.rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Everything that a plan may cite.

    Args:
        statements: By id.
        sources: By id.
        release: Number and digest of all records and rules: other content, another release.
    """

    statements: Mapping[str, Statement]
    sources: Mapping[str, Source]
    release: str


@cache
def load_knowledge() -> Knowledge:
    """Return the shipped knowledge.

    Raises:
        InputError: If a file of it is damaged.
    """
    sources = (
        record(Source, table, file=file.name, names={"source_id": "id"})
        for file in data_files(_PACKAGE, "data/sources")
        for table in tables(file, "source")
    )
    statements = (
        _statement(table, file.name)
        for file in data_files(_PACKAGE, "data/statements")
        for table in tables(file, "statement")
    )
    return Knowledge(
        statements=unique(((entry.statement_id, entry) for entry in statements), "statement"),
        sources=unique(((entry.source_id, entry) for entry in sources), "source"),
        release=_release(),
    )


def _statement(table: Mapping[str, Any], file: str) -> Statement:
    names = {"statement_id": "id"}
    check_keys(Statement, table, file=file, names=names)
    try:
        strength = Strength(table["strength"])
    except ValueError as error:
        known = ", ".join(Strength)
        msg = f"{file}: {table['id']}: strength {table['strength']}; give one of {known}"
        raise InputError(msg) from error
    return record(Statement, {**table, "strength": strength}, file=file, names=names)


def _release() -> str:
    digest = hashlib.sha256()
    for package, folder in (
        (_PACKAGE, "data"),
        (_PACKAGE, "data/sources"),
        (_PACKAGE, "data/statements"),
        (_RULES_PACKAGE, "data"),
    ):
        for file in data_files(package, folder):
            # a checkout of Windows may end its lines otherwise
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    text = files(_PACKAGE).joinpath("data", "release.toml").read_text(encoding="utf-8")
    return f"{tomllib.loads(text)['number']}+{digest.hexdigest()[:8]}"
