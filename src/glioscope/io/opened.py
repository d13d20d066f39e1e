"""A study as it was given, folder or archive, as a folder to read from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glioscope.io.archive import is_archive, unpacked
from glioscope.io.folder import Contents, scan


@contextmanager
def opened(study: Path) -> Iterator[Contents]:
    """List a folder, or an archive, or the one archive that is all there is in a folder.

    What is unpacked is there for as long as this lasts.

    Raises:
        InputError: If it is missing, can't be read, or is an archive that can't be opened safely.
    """
    archive = study if is_archive(study) else None
    if archive is None:
        contents = scan(study)
        archive = _only_archive(contents)
    if archive is None:
        yield contents
        return
    with unpacked(archive) as folder:
        yield scan(folder)


def _only_archive(contents: Contents) -> Path | None:
    """Return the archive of a folder without images; of several nobody knows which is meant."""
    found = [path for path in contents.archives if is_archive(path)]
    images = contents.dicom or contents.nifti
    return found[0] if len(found) == 1 and not images else None
