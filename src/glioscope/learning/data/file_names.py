"""What the files of public data sets are called: one reader of names a layout.

Where the facts come from: BraTS 2013, 2018, 2021 and 2023 and TCGA-LGG from files of these sets;
BraTS 2019, 2020 (with its mask of case 355 under a foreign name), 2024 and 2025, and UPENN-GBM from
the names that public loaders of these sets expect; UCSF-PDGM from published listings of version 5
(``T1gad`` is what the features of its first version call T1c).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from glioscope.core import InputError, Sequence
from glioscope.io import LabelConvention

Role = Sequence | Literal["labels", "brain"]
"""What a file is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """What the name of one file says.

    Args:
        case_id: As the name spells it.
        patient: The case without its time point.
        role: What the file is for.
        source: Data set.
        rank: Of several files for one role the lowest counts; two of one rank are too many.
        whole_tumor_only: Of labels: one mask of the whole tumor.
        convention: Of labels: what their numbers mean, where these don't tell it themselves.
    """

    case_id: str
    patient: str
    role: Role
    source: str
    rank: int = 0
    whole_tumor_only: bool = False
    convention: LabelConvention | None = None


Reader = Callable[[PurePosixPath], NamedFile | None]
"""Takes a path below the folder that is listed; ``None`` for a file of no interest."""

_READERS: dict[str, Reader] = {}
_ONLY_BY_NAME: Final[set[str]] = set()


def _roles(words: str) -> Mapping[str, Role]:
    """Give the words for T1, T1c, T2, FLAIR, labels and brain, in this order, their roles."""
    return dict(zip(words.split(), (*Sequence, "labels", "brain"), strict=False))


_BRATS_WORDS: Final = _roles("t1 t1ce t2 flair seg")
_BRATS_2023_WORDS: Final = _roles("t1n t1c t2w t2f seg")
_BRATS_2013_WORDS: Final = _roles(
    "t1_subtrmeandivstd t1c_subtrmeandivstd t2_subtrmeandivstd flair_subtrmeandivstd otmulticlass"
    " brainmask"
)
_TCGA_WORDS: Final = _roles("t1 t1c t2 flair flair-abnormality")
_UPENN_WORDS: Final = _roles("t1 t1gd t2 flair segm")
_UCSF_WORDS: Final[Mapping[str, tuple[Role, int]]] = {
    **{f"{word}_bias": (role, 0) for word, role in _roles("t1 t1c t2 flair").items()},
    **{word: (role, 1) for word, role in _roles("t1 t1c t2 flair").items()},
    "t1gad_bias": (Sequence.T1C, 0),
    "t1gad": (Sequence.T1C, 1),
    "tumor_segmentation": ("labels", 0),
    "brain_segmentation": ("brain", 0),
    # without the ventricles and the fluid around the brain
    "brain_parenchyma_segmentation": ("brain", 1),
}
"""Role and rank of each word: images with their bias field corrected come first."""

_FIRST_AFTER_TREATMENT: Final = 100
"""BraTS 2024 counts its time points from here; BraTS 2023 has 000 and 001."""


def layout(name: str, *, recognized: bool = True) -> Callable[[Reader], Reader]:
    """Return a decorator that enters a reader of names.

    Args:
        name: Not yet taken.
        recognized: Whether its files are told from those of all other layouts by their names;
            otherwise it is read only where a user asks for it.

    Raises:
        ValueError: If the name is taken.
    """

    def enter(reader: Reader) -> Reader:
        if name in _READERS:
            msg = f"a layout is called {name!r} already; choose another name"
            raise ValueError(msg)
        _READERS[name] = reader
        if not recognized:
            _ONLY_BY_NAME.add(name)
        return reader

    return enter


def layout_names() -> tuple[str, ...]:
    """Return the names of all layouts, sorted."""
    return tuple(sorted(_READERS))


def readers(name: str | None = None) -> tuple[Reader, ...]:
    """Return the reader of a layout, or without a name all that recognize their own files.

    Raises:
        InputError: For an unknown name; the message lists the known ones.
    """
    if name is None:
        return tuple(reader for key, reader in _READERS.items() if key not in _ONLY_BY_NAME)
    if name not in _READERS:
        msg = f"no layout is called {name!r}; known: {', '.join(layout_names())}"
        raise InputError(msg)
    return (_READERS[name],)


def _stem(path: PurePosixPath) -> str | None:
    found = re.fullmatch(r"(.+)\.nii(?:\.gz)?", path.name, re.IGNORECASE)
    return found[1] if found else None


def _split(path: PurePosixPath, case: str) -> tuple[str, str] | None:
    """Return the case in a file's name, and the word after it in small letters."""
    found = re.fullmatch(rf"({case})[_-](.+)", _stem(path) or "", re.IGNORECASE)
    return (found[1], found[2].lower()) if found else None


def _plain(
    path: PurePosixPath, case: str, words: Mapping[str, Role], source: str
) -> NamedFile | None:
    """Read a name that is the case and one of some words; case and patient are one."""
    found = _split(path, case)
    if found is None or found[1] not in words:
        return None
    return NamedFile(case_id=found[0], patient=found[0], role=words[found[1]], source=source)


@layout("brats2018")
def _brats_2018(path: PurePosixPath) -> NamedFile | None:
    """2017 to 2019; the folders HGG and LGG tell high from low grade, which is no WHO grade."""
    case = r"BraTS1[789]_[A-Z0-9]+_[A-Z0-9]+_\d+"
    return _plain(path, case, _BRATS_WORDS, "BraTS 2018/2019")


@layout("brats2020")
def _brats_2020(path: PurePosixPath) -> NamedFile | None:
    if path.name.lower().startswith("w39_1998.09.19_segm.nii") and path.parent.name.lower() == (
        "brats20_training_355"
    ):
        path = path.with_name(f"{path.parent.name}_seg.nii")
    return _plain(path, r"BraTS20_(?:Training|Validation)_\d+", _BRATS_WORDS, "BraTS 2020")


@layout("brats2021")
def _brats_2021(path: PurePosixPath) -> NamedFile | None:
    return _plain(path, r"BraTS2021_\d{5}", _BRATS_WORDS, "BraTS 2021")


@layout("brats2023")
def _brats_2023(path: PurePosixPath) -> NamedFile | None:
    return _brats_gli(path, "BraTS 2023", range(_FIRST_AFTER_TREATMENT))


@layout("brats2024")
def _brats_2024(path: PurePosixPath) -> NamedFile | None:
    return _brats_gli(path, "BraTS 2024", range(_FIRST_AFTER_TREATMENT, 1000))


@layout("brats2025", recognized=False)
def _brats_2025(path: PurePosixPath) -> NamedFile | None:
    """Before and after treatment, under the names of 2023 and 2024."""
    return _brats_gli(path, "BraTS 2025", range(1000))


def _brats_gli(path: PurePosixPath, source: str, time_points: range) -> NamedFile | None:
    found = _split(path, r"BraTS-GLI-\d{5}-\d{3}")
    if found is None or found[1] not in _BRATS_2023_WORDS:
        return None
    patient, time_point = found[0].rsplit("-", 1)
    if int(time_point) not in time_points:
        return None
    # after treatment 4 is the cavity; in a file without 3 it would be taken for enhancing tumor
    treated = int(time_point) >= _FIRST_AFTER_TREATMENT
    return NamedFile(
        case_id=found[0],
        patient=patient,
        role=_BRATS_2023_WORDS[found[1]],
        source=source,
        convention=LabelConvention.BRATS_2024 if treated else None,
    )


@layout("brats2013")
def _brats_2013(path: PurePosixPath) -> NamedFile | None:
    """Standardized files whose folder alone names the case."""
    found = re.fullmatch(r"(brats_2013_pat\d+)_\d+", path.parent.name, re.IGNORECASE)
    role = _BRATS_2013_WORDS.get((_stem(path) or "").lower())
    if found is None or role is None:
        return None
    return NamedFile(
        case_id=found[0],
        patient=found[1],
        role=role,
        source="BraTS 2013",
        convention=LabelConvention.BRATS_2013,
    )


@layout("tcga_lgg")
def _tcga_lgg(path: PurePosixPath) -> NamedFile | None:
    """Clinical head scans with one mask of all that is bright in FLAIR."""
    found = _split(path, r"TCGA-[A-Z0-9]{2}-[A-Z0-9]{4}")
    if found is None or found[1] not in _TCGA_WORDS:
        return None
    return NamedFile(
        case_id=found[0],
        patient=found[0],
        role=_TCGA_WORDS[found[1]],
        source="TCGA-LGG",
        whole_tumor_only=found[1] == "flair-abnormality",
    )


@layout("ucsf_pdgm")
def _ucsf_pdgm(path: PurePosixPath) -> NamedFile | None:
    """Follow-ups (``_FU003d``) are cases of the same patient; bias-corrected files come first."""
    found = _split(path, r"UCSF-PDGM-\d{3,4}(?:_FU\d+d)?")
    if found is None or found[1] not in _UCSF_WORDS:
        return None
    role, rank = _UCSF_WORDS[found[1]]
    patient = re.split("_FU", found[0], flags=re.IGNORECASE)[0]
    return NamedFile(case_id=found[0], patient=patient, role=role, source="UCSF-PDGM", rank=rank)


@layout("upenn_gbm")
def _upenn_gbm(path: PurePosixPath) -> NamedFile | None:
    """With labels that an expert corrected (``images_segm``) and none that a program made."""
    found = _split(path, r"UPENN-GBM-\d{5}_\d{2}")
    if found is None or found[1] not in _UPENN_WORDS:
        return None
    patient = found[0].rsplit("_", 1)[0]
    role = _UPENN_WORDS[found[1]]
    return NamedFile(case_id=found[0], patient=patient, role=role, source="UPENN-GBM")


@layout("upenn_gbm_automated", recognized=False)
def _upenn_gbm_automated(path: PurePosixPath) -> NamedFile | None:
    """With a program's labels (``automated_segm``) wherever there are no expert's."""
    source = "UPENN-GBM, automated labels"
    found = _split(path, r"UPENN-GBM-\d{5}_\d{2}")
    if found is None or found[1] not in {*_UPENN_WORDS, "automated_approx_segm"}:
        return None
    return NamedFile(
        case_id=found[0],
        patient=found[0].rsplit("_", 1)[0],
        role=_UPENN_WORDS.get(found[1], "labels"),
        source=source,
        rank=int(found[1] == "automated_approx_segm"),
    )
