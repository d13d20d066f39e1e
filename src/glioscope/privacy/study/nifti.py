"""The NIfTI files of one patient and their side-cars, made shareable."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from glioscope.core import InputError, Notice, Progress
from glioscope.io import (
    BROKEN_NIFTI,
    Contents,
    Role,
    check_one_patient,
    clue_of_name,
    read_study,
    write_atomically,
)
from glioscope.privacy.face.search import Faces, find_faces
from glioscope.privacy.headers.cleaner import Tally
from glioscope.privacy.headers.nifti import Stored, cleaned_nifti, read_stored
from glioscope.privacy.headers.profile import Action
from glioscope.privacy.headers.pseudonym import Pseudonyms
from glioscope.privacy.headers.sidecar import cleaned_sidecar, sidecar_bytes
from glioscope.privacy.study.exclusion import Exclusion
from glioscope.privacy.study.outcome import Outcome

_LARGEST_SIDECAR: Final = 1 << 23
_MOST_LABELS: Final = 64
"""Distinct values; a scan that is called a segmentation has more."""

_KINDS: Final = {Role.LABELS: "labels", Role.BRAIN_MASK: "brain-mask"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NiftiPatient:
    """A patient's NIfTI files and what they become.

    Args:
        contents: The folder.
        pseudonyms: Of the project.
        keep_face: Leave the voxels as they are.
    """

    contents: Contents
    pseudonyms: Pseudonyms
    keep_face: bool

    @classmethod
    def of(cls, contents: Contents, *, pseudonyms: Pseudonyms, keep_face: bool) -> NiftiPatient:
        """Look at what the folder holds.

        Raises:
            InputError: If it holds no NIfTI, or files of more than one patient.
        """
        if not contents.nifti:
            msg = f"{contents.title} holds no DICOM and no NIfTI file; give the folder of the scans"
            raise InputError(msg)
        check_one_patient(contents)
        return cls(contents=contents, pseudonyms=pseudonyms, keep_face=keep_face)

    @property
    def name(self) -> str:
        """The pseudonym; it follows from the folder's name, for NIfTI knows no patient."""
        return self.pseudonyms.patient(f"folder {self.contents.root.resolve().name}")

    def content_id(self) -> str:
        """Return what changes with the files."""
        return "\0".join(f"{path.name} {path.stat().st_size}" for path in self.contents.nifti)

    def write(self, folder: Path, *, progress: Progress) -> Outcome:
        """Write all files that may be shared.

        Args:
            folder: May hold files of a killed run, which are written again.
            progress: Told of the stages and files.

        Raises:
            CaseError: If the face can't be found.
            OutputError: If a file can't be written.
        """
        faces = None
        if not self.keep_face:
            study = read_study(self.contents.root, case_id=self.name)
            faces = find_faces(study, progress=progress)
        names = self._names()
        contents = self.contents
        others = contents.others + len(contents.archives) + len(contents.empty)
        left_out: Counter[Exclusion] = Counter()
        tally = Tally()
        written: dict[str, str] = {}
        progress.stage("writing")
        for number, path in enumerate(self.contents.nifti, start=1):
            content = self._cleaned(path, faces)
            if isinstance(content, Exclusion):
                left_out[content] += 1
            else:
                target = folder / self.name / f"{names[path]}.nii.gz"
                write_atomically(target, content)
                others -= _write_sidecar(path, target.with_name(f"{names[path]}.json"), tally)
                written[str(self.contents.name(path))] = target.name
            progress.step(number, len(self.contents.nifti))
        if others:
            left_out[Exclusion.OTHER_FILE] = others
        notices = () if faces is None else self._told(faces, names)
        table = {"patient": {self.contents.title: self.name}, "files": written}
        return Outcome(
            written=len(written), left_out=left_out, tally=tally, notices=notices, table=table
        )

    def _names(self) -> dict[Path, str]:
        """Return new names: pseudonym, sequence or kind, and a number where it comes again."""
        counts: Counter[str] = Counter()
        names: dict[Path, str] = {}
        for path in self.contents.nifti:
            clue = clue_of_name(self.contents.name(path))
            kind = _KINDS.get(clue.role) or str(clue.sequence or "image")
            counts[kind] += 1
            more = f"-{counts[kind]}" if counts[kind] > 1 else ""
            names[path] = f"{self.name}_{kind}{more}"
        return names

    def _cleaned(self, path: Path, faces: Faces | None) -> bytes | Exclusion:
        try:
            header, stored = read_stored(path)
            role = clue_of_name(self.contents.name(path)).role
            if faces is not None and not (role in _KINDS and _is_labels(stored)):
                erased = _erased(stored, faces, series_id=str(self.contents.name(path)))
                if erased is None:
                    return Exclusion.NO_FACE_REMOVED
                stored = erased
            return cleaned_nifti(header, stored)
        except BROKEN_NIFTI:
            return Exclusion.DAMAGED

    def _told(self, faces: Faces, names: Mapping[Path, str]) -> tuple[Notice, ...]:
        """Return the notices of the faces, with the new names in place of the old."""
        told: list[Notice] = []
        for notice in faces.notices:
            message = notice.message
            for path, new in names.items():
                message = message.replace(str(self.contents.name(path)), new)
            told.append(Notice(code=notice.code, severity=notice.severity, message=message))
        return tuple(told)


def _is_labels(stored: Stored) -> bool:
    return len(np.unique(stored)) <= _MOST_LABELS


def _erased(stored: Stored, faces: Faces, *, series_id: str) -> Stored | None:
    """Return the values without the face; ``None`` if the file is no series of the study."""
    face = faces.by_series.get(series_id)
    if face is None or stored.size != face.mask.data.size:
        return None
    mask = face.mask.data.reshape(stored.shape, order="F")
    result = stored.copy()
    # stored values grow with what they mean, unless the scale is negative
    result[mask] = np.nanmin(stored)
    return result


def _write_sidecar(path: Path, target: Path, tally: Tally) -> bool:
    """Write the side-car of a file; tell whether it has one that can be read."""
    stem = re.sub(r"\.nii(?:\.gz)?$", "", path.name, flags=re.IGNORECASE)
    sidecar = path.with_name(f"{stem}.json")
    try:
        if sidecar.stat().st_size > _LARGEST_SIDECAR:
            return False
        content = json.loads(sidecar.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(content, dict):
        return False
    kept, lost = cleaned_sidecar(content)
    tally.counts[Action.KEEP].update(f"JSON {key}" for key in kept)
    tally.counts[Action.REMOVE]["JSON keys"] += len(lost)
    write_atomically(target, sidecar_bytes(kept))
    return True
