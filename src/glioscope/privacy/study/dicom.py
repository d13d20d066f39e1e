"""The DICOM files of one patient, made shareable."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glioscope.core import InputError, Notice, Progress
from glioscope.io import BROKEN, Contents, read_study, write_atomically
from glioscope.privacy.face.erase_dicom import erase_face_in_dataset
from glioscope.privacy.face.search import Faces, find_faces
from glioscope.privacy.headers.cleaner import HeaderCleaner, Tally
from glioscope.privacy.headers.pseudonym import Pseudonyms
from glioscope.privacy.headers.values import Keeper
from glioscope.privacy.headers.words import Tokens
from glioscope.privacy.study.exclusion import Exclusion
from glioscope.privacy.study.instance import cleaned_file
from glioscope.privacy.study.inventory import Instance, Inventory, take_inventory
from glioscope.privacy.study.layout import places
from glioscope.privacy.study.outcome import Outcome
from glioscope.privacy.study.reading import read_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomPatient:
    """A patient's DICOM files and what they become.

    Args:
        contents: The folder.
        inventory: Of its DICOM files.
        pseudonyms: Of the project.
        keep_face: Leave the voxels as they are.
    """

    contents: Contents
    inventory: Inventory
    pseudonyms: Pseudonyms
    keep_face: bool

    @classmethod
    def of(cls, contents: Contents, *, pseudonyms: Pseudonyms, keep_face: bool) -> DicomPatient:
        """Read what the folder holds.

        Raises:
            InputError: If it is of more than one patient, or nothing in it may be shared.
        """
        inventory = take_inventory(contents)
        if not inventory.instances:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(inventory.left_out.items()))
            msg = f"no file of {contents.title} may be shared ({reasons}); give the scans as well"
            raise InputError(msg)
        return cls(
            contents=contents, inventory=inventory, pseudonyms=pseudonyms, keep_face=keep_face
        )

    @property
    def name(self) -> str:
        """The pseudonym."""
        return self.pseudonyms.patient(self.inventory.identity)

    def content_id(self) -> str:
        """Return what changes with the files, without telling of them."""
        return "\0".join(sorted(one.sop_uid for one in self.inventory.instances))

    def write(self, folder: Path, *, progress: Progress) -> Outcome:
        """Write all files that may be shared.

        Args:
            folder: What is there already, of a killed run, is not written again.
            progress: Told of the stages and files.

        Raises:
            CaseError: If the face can't be found.
            OutputError: If a file can't be written.
        """
        days = self.pseudonyms.shift_days(self.inventory.identity)
        tokens = Tokens(self.inventory.telling)
        keeper = Keeper(pseudonyms=self.pseudonyms, shift_days=days, tokens=tokens)
        tally = Tally()
        cleaner = HeaderCleaner(keeper=keeper, patient=self.name, tally=tally)
        faces = {} if self.keep_face else self._faces(progress)
        new = places(
            self.inventory.instances,
            pseudonyms=self.pseudonyms,
            patient=self.name,
            shift_days=days,
        )
        left_out: Counter[Exclusion] = Counter(self.inventory.left_out)
        written: list[Instance] = []
        progress.stage("writing")
        for number, one in enumerate(self.inventory.instances, start=1):
            content = self._cleaned(one, cleaner, faces)
            if isinstance(content, Exclusion):
                left_out[content] += 1
            else:
                write_atomically(folder / new[one.path], content)
                written.append(one)
            progress.step(number, len(self.inventory.instances))
        return Outcome(
            written=len(written),
            left_out=left_out,
            tally=tally,
            notices=self._told(faces),
            table=self._table(written, days),
        )

    def _faces(self, progress: Progress) -> dict[str, Faces]:
        """Find the faces of each study, by its UID."""
        by_study: defaultdict[str, list[Path]] = defaultdict(list)
        for one in self.inventory.instances:
            by_study[one.study_uid].append(one.path)
        found: dict[str, Faces] = {}
        for uid, paths in by_study.items():
            with tempfile.TemporaryDirectory(prefix="glioscope-") as place:
                # only the files of one study: of several, the latest alone would be read
                for number, path in enumerate(paths):
                    (Path(place) / f"{number:06d}.dcm").symlink_to(path.resolve())
                study = read_study(Path(place), case_id=self.name)
            found[uid] = find_faces(study, progress=progress)
        return found

    def _cleaned(
        self, one: Instance, cleaner: HeaderCleaner, faces: Mapping[str, Faces]
    ) -> bytes | Exclusion:
        try:
            file = read_plain(one.path)
            if not self.keep_face:
                try:
                    erase_face_in_dataset(file, faces[one.study_uid], name="a file")
                except InputError:
                    return Exclusion.NO_FACE_REMOVED
            return cleaned_file(file, cleaner, keep_face=self.keep_face)
        except BROKEN:
            return Exclusion.DAMAGED

    def _told(self, faces: Mapping[str, Faces]) -> tuple[Notice, ...]:
        """Return the notices of the faces, with the new UIDs in place of the old."""
        series = {one.series_uid for one in self.inventory.instances}
        told: list[Notice] = []
        for notice in (one for found in faces.values() for one in found.notices):
            message = notice.message
            for uid in series:
                message = message.replace(uid, self.pseudonyms.uid(uid))
            told.append(Notice(code=notice.code, severity=notice.severity, message=message))
        return tuple(told)

    def _table(self, written: list[Instance], days: int) -> Mapping[str, Any]:
        new = self.pseudonyms.uid
        return {
            "patient": {self.inventory.patient_id: self.name},
            "days_added_to_dates": days,
            "studies": {one.study_uid: new(one.study_uid) for one in written},
            "series": {one.series_uid: new(one.series_uid) for one in written},
            "instances": {one.sop_uid: new(one.sop_uid) for one in written},
        }
