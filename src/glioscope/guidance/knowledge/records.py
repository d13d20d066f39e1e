"""TOML files of records to frozen dataclasses; a record that is not whole is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from glioscope.core import InputError

Record = TypeVar("Record")


def data_files(package: str, folder: str) -> tuple[Traversable, ...]:
    """Return the TOML files of a package's data folder, by name."""
    found = (entry for entry in files(package).joinpath(folder).iterdir())
    return tuple(sorted((f for f in found if f.name.endswith(".toml")), key=lambda f: f.name))


def tables(file: Traversable, key: str) -> Iterator[Mapping[str, Any]]:
    """Yield the tables ``[[key]]`` of a file.

    Raises:
        InputError: If the file is no TOML or holds anything else.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{file.name}: no TOML ({error}); mend that line"
        raise InputError(msg) from error
    if extra := sorted(set(content) - {key}):
        msg = f"{file.name}: holds {', '.join(extra)}; only [[{key}]] belongs here"
        raise InputError(msg)
    yield from content.get(key, ())


def check_keys(
    kind: type[Any], table: Mapping[str, Any], *, file: str, names: Mapping[str, str]
) -> None:
    """Refuse a table with keys that the record does not have, or without those it needs.

    Args:
        kind: Dataclass of the record.
        table: As written.
        file: Named in errors.
        names: Keys of the file by field, where they differ (``id`` for ``statement_id``).

    Raises:
        InputError: If a key is unknown or missing.
    """
    keys = {names.get(f.name, f.name).replace("_", "-"): f for f in fields(kind)}
    label = f"{file}: {table.get('id', 'a record without id')}"
    if unknown := sorted(set(table) - set(keys)):
        msg = f"{label}: unknown {', '.join(unknown)}; known are {', '.join(keys)}"
        raise InputError(msg)
    needed = {
        key
        for key, f in keys.items()
        if f.default is MISSING and f.default_factory is MISSING and key not in table
    }
    if needed:
        msg = f"{label}: lacks {', '.join(sorted(needed))}"
        raise InputError(msg)


def record(
    kind: type[Record], table: Mapping[str, Any], *, file: str, names: Mapping[str, str]
) -> Record:
    """Return the record of a table; lists become tuples, hyphens of keys underscores.

    Raises:
        InputError: As `check_keys`.
    """
    check_keys(kind, table, file=file, names=names)
    back = {key: field for field, key in names.items()}
    values = {
        back.get(key, key.replace("-", "_")): tuple(value) if isinstance(value, list) else value
        for key, value in table.items()
    }
    return kind(**values)


def unique(pairs: Iterator[tuple[str, Record]], what: str) -> dict[str, Record]:
    """Return records by id.

    Raises:
        InputError: If an id is there twice.
    """
    found: dict[str, Record] = {}
    for ident, entry in pairs:
        if ident in found:
            msg = f"{what} {ident} is there twice; give one of them another id"
            raise InputError(msg)
        found[ident] = entry
    return found
