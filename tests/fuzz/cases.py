"""Case number to damaged study: the same one every time, on every machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.fuzz import dicom_cases, folder_cases, nifti_cases

SEED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FuzzCase:
    """One study to read.

    Args:
        kind: What was damaged.
        files: By path below the study's folder.
        deed: What else is done to the folder.
        given: What is given as the study, below the folder: the folder itself, or an archive.
    """

    kind: str
    files: dict[str, bytes]
    deed: Callable[[Path], None] | None = None
    given: str = "."

    def write(self, folder: Path) -> Path:
        """Write the study into an empty folder, and return what is given to be read."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if self.deed is not None:
            self.deed(folder)
        return folder / self.given


def fuzz_case(number: int) -> FuzzCase:
    """Return a case: 68% NIfTI, 25% DICOM, 5% archives, 2% folders."""
    random = np.random.default_rng([SEED, number])
    share = random.random()
    if share < 0.68:
        return FuzzCase(kind="nifti", files=nifti_cases.case(random))
    if share < 0.93:
        return FuzzCase(kind="dicom", files=dicom_cases.case(random))
    if share < 0.98:
        files = folder_cases.archive_case(random)
        given = next(iter(files)) if random.random() < 0.5 else "."
        return FuzzCase(kind="archive", files=files, given=given)
    files, deed = folder_cases.folder_case(random)
    return FuzzCase(kind="folder", files=files, deed=deed)
