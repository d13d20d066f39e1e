"""Plan as plain JSON values; the shape is documented in ``plan.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib.resources import files
from typing import Any, Final

from glioscope.core import Plan
from glioscope.report.numbers import rounded
from glioscope.report.plain import Json
from glioscope.report.plan.words import PLAN_STATEMENT

PLAN_SCHEMA_VERSION: Final = "1.0"

RENAMED: Final[Mapping[tuple[str, str], str]] = {("RuleTrace", "rule"): "id"}
"""Fields that go by another name in the file, by type and field."""


def plan_to_json(plan: Plan) -> Json:
    """Return everything of a plan as plain values, numbers to 6 significant digits.

    Keys have a fixed order, so the same plan always gives the same bytes.

    Raises:
        OutputError: If a number is not finite.
    """
    return {
        "schema_version": PLAN_SCHEMA_VERSION,
        "statement": PLAN_STATEMENT,
        **_record(plan),
    }


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) that every plan.json keeps to."""
    source = files("glioscope.report").joinpath("plan.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(source)
    return schema


def _record(value: object) -> Json:
    kind = type(value).__name__
    return {
        RENAMED.get((kind, field.name), field.name): _plain(getattr(value, field.name))
        for field in fields(value)  # type: ignore[arg-type]  # only called with dataclasses
    }


def _plain(value: object) -> object:
    if is_dataclass(value):
        return _record(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return rounded(value)
    return str(value) if isinstance(value, str) else value
