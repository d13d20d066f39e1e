"""The one object that every output is a view of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from glioscope.core.assessment import Assessment
from glioscope.core.case import Case
from glioscope.core.findings import Findings
from glioscope.core.notices import Notice
from glioscope.core.plan import Plan
from glioscope.core.segmentation import Segmentation

RESULT_SCHEMA_VERSION = "1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What the user told of the patient; nothing is read from the images.

    Args:
        age_years: At the scan.
        sex: As DICOM codes it.
    """

    age_years: float | None = None
    sex: Literal["F", "M", "O"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """Everything that is known of one case.

    Args:
        patient: Age and sex as given.
        case: The prepared sequences, with choices, alignments and qualities.
        segmentation: On the case's grid.
        findings: Measured and located.
        assessment: What the tumor is likely to be; ``None`` where that was not asked for.
        plan: What guidelines support; ``None`` where that was not asked for.
        versions: Software by name, such as ``{"glioscope": "0.1.0"}``.
        configuration: The configuration that made it, by subsystem, as plain values.
        notices: All notices of all stages, alarms first.
    """

    patient: Patient
    case: Case
    segmentation: Segmentation
    findings: Findings
    assessment: Assessment | None = None
    plan: Plan | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
