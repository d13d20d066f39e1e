"""A study that tells nobody whose it is, from a folder as it came."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from glioscope import __version__
from glioscope.core import InputError, OutputError, Progress, Silent
from glioscope.io import scan, write_atomically
from glioscope.privacy.headers.profile import EDITION
from glioscope.privacy.headers.pseudonym import Pseudonyms
from glioscope.privacy.study.dicom import DicomPatient
from glioscope.privacy.study.nifti import NiftiPatient
from glioscope.privacy.study.report import REPORT, earlier_report, make_report
from glioscope.privacy.study.staging import check_output, staged

_PSEUDONYM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeidentifyConfig:
    """How a study is made shareable.

    Args:
        key: The project's secret, 32 bytes: the same key gives the same new identifiers.
        patient: Pseudonym; derived from the key if not given.
        keep_face: Leave the face in the voxels; the headers and the report say so.
    """

    key: bytes = field(repr=False)
    patient: str | None = None
    keep_face: bool = False

    def __post_init__(self) -> None:
        if self.patient is not None and not _PSEUDONYM.fullmatch(self.patient):
            msg = (
                "the pseudonym can't be the name of a folder; give letters, digits, -, _ and ."
                " only, at most 32"
            )
            raise InputError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deidentified:
    """A finished output.

    Args:
        report: As written into ``deidentification.json``; nothing of the input.
        table: Old identifiers to new ones; ``None`` where an earlier run had written all.
    """

    report: Mapping[str, Any]
    table: Mapping[str, Any] | None = field(repr=False)


def deidentify(
    source: Path,
    output: Path,
    config: DeidentifyConfig,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    keep_table: Callable[[Mapping[str, Any]], None] | None = None,
) -> Deidentified:
    """Write a study without whose it is, by PS3.15, Annex E.

    DICOM is taken where there is any; else NIfTI with its JSON side-cars.

    Args:
        source: Folder of one patient; left untouched.
        output: New or empty; it appears when all is written.
        config: Key and choices.
        resume: Go on with a killed run; a finished one is left as it is.
        progress: Told of the stages.
        keep_table: Given the old and new identifiers before the output appears; if it fails, there
            is no output whose way back is lost.

    Raises:
        InputError: If the folder holds several patients or nothing that may be shared, or the
            folders lie in each other.
        CaseError: If the face can't be found.
        OutputError: If the output holds files or can't be written; nothing is left of it.
    """
    check_output(source, output)
    contents = scan(source)
    pseudonyms = Pseudonyms(key=config.key, name=config.patient)
    kind = DicomPatient if contents.dicom else NiftiPatient
    patient = kind.of(contents, pseudonyms=pseudonyms, keep_face=config.keep_face)
    run = pseudonyms.fingerprint(
        __version__, EDITION, str(config.keep_face), patient.name, patient.content_id()
    )
    earlier = earlier_report(output, run=run) if resume else None
    if earlier is not None:
        if keep_table is not None:
            msg = f"{output.name} was finished before; for its table, write it again elsewhere"
            raise OutputError(msg)
        return Deidentified(report=earlier, table=None)
    with staged(output, run=run, resume=resume) as folder:
        outcome = patient.write(folder, progress=progress or Silent())
        report = make_report(
            run=run,
            written=outcome.written,
            left_out=outcome.left_out,
            tally=outcome.tally,
            keep_face=config.keep_face,
            notices=outcome.notices,
        )
        if not outcome.written:
            reasons = "; ".join(f"{n} {reason}" for reason, n in sorted(outcome.left_out.items()))
            msg = f"no file of the study may be shared ({reasons}); give the scans as well"
            raise InputError(msg)
        write_atomically(folder / REPORT, (json.dumps(report, indent=2) + "\n").encode())
        if keep_table is not None:
            keep_table(outcome.table)
    return Deidentified(report=report, table=outcome.table)
