"""What a reader must know about the input or the run, beside the findings."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core.labels import Sequence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One warning, alarm or remark; the report prints all, ``run.json`` keeps all.

    Args:
        code: Stable, kebab-case, such as ``"sequence-missing"``; documented for programs.
        severity: How much it matters.
        message: One or two plain sentences: what, with the value, and what it means for the
            reader.  Never any text of the patient.
        sequence: The sequence it is about, if one.
    """

    code: str
    severity: Severity
    message: str
    sequence: Sequence | None = None
