"""Which files belong to one patient.

The rule, in this order:

1. A folder that holds DICOM is divided by patient (PatientID, name, birth date; by study where
   these are blanked), never by folder; NIfTI files beside DICOM do not count.
2. NIfTI files are divided by the case identifier of a known data set in their names or the names
   of their folders (BraTS, UCSF-PDGM, UPENN-GBM, TCGA, BIDS subject and session, ``patient7``).
3. NIfTI files without one are divided by folder.  Several folders are one patient only if
   each is named as a sequence (``T1/``, ``FLAIR/``) and no sequence comes twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Ordered
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from glioscope.core import InputError, Sequence
from glioscope.io.dicom_patient import patient_of_dicom
from glioscope.io.folder import Contents, listed
from glioscope.io.names import clue_of_name, patient_of_path
from glioscope.io.nifti_series import images_of
from glioscope.io.opened import opened


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """An image file, and whose it is as far as one can tell without the others."""

    path: PurePosixPath
    patient: str | None
    sequence: Sequence | None
    prefix: str = ""


def find_patients(folder: Path) -> tuple[Path, ...]:
    """Return one folder a patient (a patient and session in BIDS), sorted.

    Args:
        folder: A patient, or a cohort: a folder whose subfolders, at any depth, are patients.  An
            archive, or a folder with no image but one archive, is one patient.

    Returns:
        The folder itself if all of its images are of one patient, or if images of several lie
        side by side in it (`read_study` then says which).

    Raises:
        InputError: If the folder is missing, unreadable or holds no image, or an archive holds
            several patients.
    """
    with opened(folder) as contents:
        images = _dicom_images(contents, _first_of_each_folder(contents)) or _nifti_images(contents)
        if not images:
            msg = f"{contents.title} holds no NIfTI and no DICOM image; {_found(contents)}"
            raise InputError(msg)
        places = sorted(_divided(images, PurePosixPath()))
    if contents.root == folder:
        return tuple(folder / place for place in places)
    if len(places) > 1:
        msg = f"{contents.title}: the archive holds {len(places)} patients; unpack it as a cohort"
        raise InputError(msg)
    return (folder,)


def check_one_patient(contents: Contents, dicom: Mapping[Path, str] | None = None) -> None:
    """Refuse a folder that holds images of more than one patient.

    Args:
        contents: The folder.
        dicom: Whose each DICOM file is; without any, the NIfTI files are checked.

    Raises:
        InputError: Saying where which lie; never who they are.
    """
    images = _dicom_images(contents, dicom) if dicom else _nifti_images(contents)
    groups = _groups(images)
    if len(groups) < 2:
        return
    places = [
        f"{len(group)} in {min(str(image.path.parent) for image in group)}" for group in groups
    ]
    msg = (
        f"{contents.title} holds images of {len(groups)} patients or sessions"
        f" ({listed(places)}); give each a folder of its own, and the folder above as a cohort;"
        " if they are one patient's, put the files side by side in one folder"
    )
    raise InputError(msg)


def _found(contents: Contents) -> str:
    parts = [f"{contents.others} other files were found"]
    parts += [notice.message.rstrip(".") for notice in contents.notices()]
    return "; ".join(parts) + "; give the folder of the scans"


def _first_of_each_folder(contents: Contents) -> dict[Path, str]:
    """Open one DICOM file a folder: a cohort may hold very many."""
    first = {path.parent: path for path in reversed(contents.dicom)}
    found = {path: patient_of_dicom(path) for path in first.values()}
    return {path: patient for path, patient in found.items() if patient is not None}


def _dicom_images(contents: Contents, patients: Mapping[Path, str]) -> list[_Image]:
    return [
        _Image(path=contents.name(path), patient=patient, sequence=None)
        for path, patient in patients.items()
    ]


def _nifti_images(contents: Contents) -> list[_Image]:
    return [
        _Image(
            path=contents.name(path),
            patient=patient_of_path(contents.name(path)),
            sequence=clue.sequence,
            prefix=clue.prefix,
        )
        for path, clue in images_of(contents).items()
    ]


def _divided(images: list[_Image], place: PurePosixPath) -> list[PurePosixPath]:
    """Go down until each folder is one patient or holds images itself."""
    beside = any(image.path.parent == place for image in images)
    if beside or len(_groups(images)) < 2:
        return [place]
    children: defaultdict[PurePosixPath, list[_Image]] = defaultdict(list)
    for image in images:
        children[place / image.path.parts[len(place.parts)]].append(image)
    return [found for child, below in children.items() for found in _divided(below, child)]


def _groups(images: list[_Image]) -> list[list[_Image]]:
    """Divide images by patient."""
    known: defaultdict[str, list[_Image]] = defaultdict(list)
    unknown: list[_Image] = []
    for image in images:
        if image.patient is None:
            unknown.append(image)
        else:
            known[image.patient].append(image)
    groups = _groups_by_place(unknown)
    return list(known.values()) + (groups if len(groups) > 1 or not known else [])


def _groups_by_place(images: list[_Image]) -> list[list[_Image]]:
    leaves: defaultdict[PurePosixPath, list[_Image]] = defaultdict(list)
    for image in images:
        leaves[image.path.parent].append(image)
    if len(leaves) < 2:
        return _groups_by_prefix(images)
    named = all(clue_of_name(leaf / "image").sequence is not None for leaf in leaves)
    claims = [{image.sequence for image in group} for group in leaves.values()]
    twice = sum(len(claim) for claim in claims) > len(set().union(*claims))
    return [images] if named and not twice else list(leaves.values())


def _groups_by_prefix(images: Ordered[_Image]) -> list[list[_Image]]:
    """Divide the files of one folder if two prefixes each claim the same two sequences or more."""
    groups: defaultdict[str, list[_Image]] = defaultdict(list)
    for image in images:
        groups[image.prefix].append(image)
    claims = [{image.sequence for image in group} - {None} for group in groups.values()]
    shared = [len(one & other) for place, one in enumerate(claims) for other in claims[place + 1 :]]
    return list(groups.values()) if max(shared, default=0) >= 2 else [list(images)]
