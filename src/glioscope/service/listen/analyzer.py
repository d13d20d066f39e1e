"""Analyzes one study in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydicom import dcmread

from glioscope.core import GlioscopeError
from glioscope.service.listen import child

ANALYZE: Final = (sys.executable, "-m", "glioscope", "analyze")
_POLL_S: Final = 0.05
_OLDEST_YEARS: Final = 120
_YEARS: Final = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_REFUSAL: Final = "glioscope: error: "


class AnalysisError(GlioscopeError):
    """An analysis ended without a result; its message holds no text of the patient."""


class StoppedError(GlioscopeError):
    """An analysis was ended because the listener stops; it goes on at the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzer:
    """How a study is analyzed.

    Args:
        command: The start of the command; what it is given follows: ``STUDY -o RESULT --case-id
            PSEUDONYM --dicom --resume --quiet`` and, when the study tells them, ``--age`` and
            ``--sex``.
        options: Put at its end, such as ``("--threads", "2")``.
        timeout_seconds: What takes longer is ended.
        inherited: Open files that the child holds as long as it lives, such as a lock.
    """

    command: tuple[str, ...] = ANALYZE
    options: tuple[str, ...] = ()
    timeout_seconds: float = 3600.0
    inherited: tuple[int, ...] = ()

    def run(self, study: Path, output: Path, case_id: str, stop: threading.Event) -> None:
        """Analyze a study; all that the command says is kept in ``analysis.log`` beside output.

        Args:
            study: Folder of its images.
            output: Folder of the result; what a killed run left there is gone on with.
            case_id: Pseudonym.
            stop: Ends the analysis when it is set.

        Raises:
            AnalysisError: If it fails or takes too long.
            StoppedError: If it was stopped.
        """
        asked = [str(study), "-o", str(output), "--case-id", case_id]
        asked += ["--dicom", "--resume", "--quiet", *age_and_sex(study), *self.options]
        log = output.with_name("analysis.log")
        with log.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - the command is the operator's own
                [sys.executable, "-I", child.__file__, *self.command, *asked],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                pass_fds=self.inherited,
            )
        try:
            code = self._wait(process, stop)
        finally:
            # closing the pipe kills the command, if it still runs
            process.communicate()
        if code != 0:
            raise AnalysisError(_reason(code, log))

    def _wait(self, process: subprocess.Popen[bytes], stop: threading.Event) -> int:
        deadline = time.monotonic() + self.timeout_seconds
        while (code := process.poll()) is None:
            if stop.wait(_POLL_S):
                msg = "the listener stops"
                raise StoppedError(msg)
            if time.monotonic() > deadline:
                msg = f"the analysis took more than {self.timeout_seconds:g} s and was ended"
                raise AnalysisError(msg)
        return code


def age_and_sex(study: Path) -> tuple[str, ...]:
    """Return what a study tells of the patient, as options of the command.

    Args:
        study: Folder of DICOM files; the first one is read.

    Returns:
        ``--age`` in years and ``--sex``; without one that is missing or makes no sense.
    """
    first = min(study.iterdir())
    header = dcmread(first, stop_before_pixels=True, specific_tags=["PatientAge", "PatientSex"])
    options: tuple[str, ...] = ()
    age = re.fullmatch(r"(\d{3})([YMWD])", str(header.get("PatientAge") or "").strip())
    if age is not None and (years := int(age[1]) * _YEARS[age[2]]) <= _OLDEST_YEARS:
        options += ("--age", f"{years:.4g}")
    sex = str(header.get("PatientSex") or "").strip().upper()
    return (*options, "--sex", sex) if sex in {"F", "M", "O"} else options


def _reason(code: int, log: Path) -> str:
    """Return the refusal that the command ended with; of other output nothing, for privacy."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    refusals = [line.removeprefix(_REFUSAL) for line in lines if line.startswith(_REFUSAL)]
    if refusals:
        return refusals[-1]
    return f"the analysis ended with exit code {code}; {json.dumps(log.name)} in work/ says more"
