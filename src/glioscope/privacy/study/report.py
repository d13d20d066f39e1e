"""What was done to a study, told without anything that it held."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from glioscope import __version__
from glioscope.core import Notice
from glioscope.privacy.headers.cleaner import Tally
from glioscope.privacy.headers.profile import EDITION, Action
from glioscope.privacy.study.exclusion import Exclusion

REPORT: Final = "deidentification.json"

OPTIONS: Final[Mapping[str, str]] = {
    "113100": "Basic Application Confidentiality Profile",
    "113105": "Clean Descriptors Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113111": "Retain Safe Private Option",
}
FACE_OPTION: Final[Mapping[str, str]] = {"113102": "Clean Recognizable Visual Features Option"}
"""Codes of DCM, context group 7050 (PS3.16)."""

_WORDS: Final[Mapping[Action, str]] = {
    Action.REMOVE: "removed",
    Action.EMPTY: "emptied",
    Action.DUMMY: "replaced by a dummy",
    Action.KEEP: "kept",
    Action.CLEAN: "cleaned",
    Action.UID: "replaced by another UID",
}


def options(*, keep_face: bool) -> Mapping[str, str]:
    """Return the profile and the options that were applied: meanings by code."""
    return dict(OPTIONS) if keep_face else {**OPTIONS, **FACE_OPTION}


def make_report(
    *,
    run: str,
    written: int,
    left_out: Counter[Exclusion],
    tally: Tally,
    keep_face: bool,
    notices: tuple[Notice, ...] = (),
) -> Mapping[str, Any]:
    """Return the report as JSON holds it.

    Args:
        run: What tells this run from others.
        written: Files.
        left_out: Files, by reason.
        tally: Attributes, by what was done.
        keep_face: Whether the face stayed in the voxels.
        notices: Of the face; new identifiers only.
    """
    return {
        "program": f"glioscope {__version__}",
        "standard": f"DICOM PS3.15 {EDITION}, Table E.1-1",
        "options": [
            {"code": code, "meaning": meaning}
            for code, meaning in sorted(options(keep_face=keep_face).items())
        ],
        "run": run,
        "files_written": written,
        "files_left_out": [
            {"reason": reason.name.lower(), "explanation": str(reason), "files": count}
            for reason, count in sorted(left_out.items())
        ],
        "face": "kept" if keep_face else "removed",
        "attributes": {
            _WORDS[action]: dict(sorted(counts.items()))
            for action, counts in sorted(tally.counts.items())
        },
        "notices": [{"code": one.code, "message": one.message} for one in notices],
    }


def earlier_report(output: Path, *, run: str) -> Mapping[str, Any] | None:
    """Return the report of an output that the same run finished before, else ``None``."""
    try:
        report = json.loads((output / REPORT).read_bytes())
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) and report.get("run") == run else None


def summary(report: Mapping[str, Any]) -> str:
    """Return the report in a few lines."""
    lines = [f"{report['files_written']} files written; face {report['face']}"]
    for done, counts in report["attributes"].items():
        lines.append(f"{sum(counts.values())} values {done} ({len(counts)} attributes)")
    lines += [
        f"{left['files']} files left out: {left['explanation']}"
        for left in report["files_left_out"]
    ]
    lines += [notice["message"] for notice in report["notices"]]
    return "\n".join(lines)
