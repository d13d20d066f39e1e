"""What the name of a NIfTI file says: sequence, role, variant and patient.

Known are the names of BraTS 2013 to 2025, UCSF-PDGM, UPENN-GBM, BIDS, exports of TCIA and
dcm2niix, and plain names in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from glioscope.core import Sequence


class Role(StrEnum):
    """What a NIfTI file is for."""

    IMAGE = "an image"
    LABELS = "labels"
    BRAIN_MASK = "a brain mask"
    OTHER = "another kind of image"
    """Diffusion, perfusion, angiography and the like: none of the four sequences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameClue:
    """What one name says.

    Args:
        role: What the file is for.
        sequence: ``None`` if the name does not tell.
        variants: Words that mark a processed copy, such as ``bias``.
        prefix: What stands before the first word of a sequence, without words of planes.
    """

    role: Role
    sequence: Sequence | None
    variants: frozenset[str]
    prefix: str


_PLANE: Final = r"(?:ax|axi|axial|sag|sagittal|cor|coronal|tra|trans|obl|se|tse|fse|3d|2d|pre|mr)"
_TECHNIQUE: Final = r"(?:w|wi|n|tse|se|fse|tfe|tfl|ffe|mprage|mpr|spgr|bravo|vibe|spc|space|blade)"
_WORDS: Final = (
    (Sequence.FLAIR, re.compile(r"(?!.*t1).*flair.*|t2f|fla|tirm|tir2d\d?|darkfluid")),
    (
        Sequence.T1C,
        re.compile(
            rf"{_PLANE}*t1{_TECHNIQUE}?(?:c|ce|gd|gad|gado|km|post|cpost|postgd|contrast|postcontrast)"
            r"|(?:ce|c|gd|post)t1w?"
        ),
    ),
    (
        Sequence.T1,
        re.compile(rf"{_PLANE}*t1{_TECHNIQUE}?{_PLANE}*|mprage|mpr|spgr|bravo|mp2rage|t1.*flair"),
    ),
    (Sequence.T2, re.compile(rf"{_PLANE}*t2{_TECHNIQUE}?{_PLANE}*")),
)
_CONTRAST: Final = re.compile(
    r"gd|gad|gado|gadolinium|gadovist|gadavist|dotarem|magnevist|multihance|prohance"
    r"|ce|post|postcontrast|postgd|postgad|contrast|enhanced|km|c|cm"
)
_NATIVE: Final = frozenset(
    {"pre", "precontrast", "without", "wo", "no", "non", "native", "unenhanced"}
)
_OTHER: Final = re.compile(
    r"e?adc|dwi|dti|swi|swan|asl|bold|fmri|dsc|dce|perf|perfusion|pwi|r?cbf|r?cbv|mtt|ttp|tmax"
    r"|ktrans|mra|mrv|tof|fieldmap|fmap|epi|trace|hardi|noddi|qsm|phase|pdw?|pdt2|sbref"
    r"|t2s|t2star|t2starw|mip|mips|subtraction"
)
_LABELS: Final = re.compile(
    r".*seg|.*segm|.*segmentations?|labels?|.*mask|masks?|otmulticlass|gt|groundtruth|truth"
    r"|roi|.*abnormality|annotations?|probabilit(?:y|ies)|uncertainty|aparc"
)
_BRAIN: Final = frozenset({"brain", "brainmask", "hdbet", "bet", "parenchyma", "skull"})
_VARIANTS: Final = frozenset(
    {"bias", "biascorr", "n4", "unstripped", "denoised", "normalized", "norm", "brain", "bet"}
    | {"stripped", "reg", "registered", "coreg", "resampled", "defaced"}
)
_NO_PREFIX: Final = re.compile(
    rf"{_PLANE}|\d+|post|pre|gd|gad|ce|mrhr|scan|img|image|wip|brain|head"
)
_SPACE_ENTITY: Final = re.compile(r"(?:^|_)(?:space|rec|run|res)-[a-z0-9]+")
_TARGET: Final = re.compile(r"(?:_|-)(?:to|in|on|2)(?:_|-)[a-z0-9]+")
"""``flair_to_t1``: what comes after ``to`` is where the image lies, not what it is."""

_PATIENTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"brats-[a-z]+-\d{4,5}-\d{3}",
        r"brats2021_\d{5}",
        r"brats\d\d_(?:training|validation|testing)_\d+",
        r"brats1\d_[a-z0-9]+_[a-z0-9]+_\d+",
        r"brats_(?:2013|tcia)_pat\d+_\d+",
        r"ucsf-pdgm-\d{3,5}(?:_fu\d+d)?",
        r"upenn-gbm-\d{5}_\d\d",
        r"tcga-[a-z0-9]{2}-[a-z0-9]{4}",
        r"(?<![a-z0-9])sub-[a-z0-9]+",
        r"(?<![a-z0-9])(?:patient|subject|case|pat)[-_]?\d+(?![a-z0-9])",
    )
)
_SESSION: Final = re.compile(r"(?<![a-z0-9])ses-[a-z0-9]+", re.IGNORECASE)


def clue_of_name(path: PurePosixPath) -> NameClue:
    """Return what a file's name says; where it tells no sequence, its folder's name may.

    All files in a folder of labels (``truth/``, ``masks/``) are labels.

    Args:
        path: Below the input folder.
    """
    clue = _clue(path.name)
    labels = any(_holds_labels(folder) for folder in path.parts[:-1])
    if labels and clue.role is not Role.BRAIN_MASK:
        return replace(clue, role=Role.LABELS, sequence=None)
    if clue.role is Role.IMAGE and clue.sequence is None and path.parent.name:
        return replace(clue, sequence=_clue(path.parent.name).sequence)
    return clue


def patient_of_path(path: PurePosixPath) -> str | None:
    """Return the case identifier of a known data set in a path, with the session if it has one.

    The file's name counts before the folders', the nearest folder first.
    """
    for part in reversed(path.parts):
        for pattern in _PATIENTS:
            found = pattern.search(part)
            if found:
                session = _SESSION.search(path.as_posix())
                return found[0].lower() + (f"/{session[0].lower()}" if session else "")
    return None


def _holds_labels(folder: str) -> bool:
    """Tell whether every word of a folder's name speaks of labels, as in ``brain-masks``."""
    words = [word for word in re.split(r"[^a-z0-9]+", folder.lower()) if word]
    labels = [word for word in words if _LABELS.fullmatch(word)]
    return bool(labels) and set(words) <= {*labels, *_BRAIN, "tumor", "lesion", "expert", "manual"}


def _clue(name: str) -> NameClue:
    stem = re.sub(r"\.nii(?:\.gz)?$", "", name.lower())
    shortened = _TARGET.sub("", _SPACE_ENTITY.sub("", stem))
    words = [word for word in re.split(r"[^a-z0-9]+", shortened) if word]
    role = _role(words, stem)
    return NameClue(
        role=role,
        sequence=_sequence(words) if role is Role.IMAGE else None,
        variants=frozenset(words) & _VARIANTS,
        prefix=_prefix(words),
    )


def _role(words: list[str], stem: str) -> Role:
    if any(_LABELS.fullmatch(word) for word in words):
        return Role.BRAIN_MASK if _BRAIN & set(words) else Role.LABELS
    if "t2*" in stem or any(_OTHER.fullmatch(word) for word in words):
        return Role.OTHER
    return Role.IMAGE


def _of_word(word: str) -> Sequence | None:
    return next((sequence for sequence, words in _WORDS if words.fullmatch(word)), None)


def _sequence(words: list[str]) -> Sequence | None:
    """Weigh the words of a name.

    T2 FLAIR is FLAIR; T1 FLAIR is a T1 (of one vendor); a T1 with a word of contrast and none of
    its absence is T1c; T1 and T2 together are told apart by the last word or not at all.
    """
    named = {sequence for word in words if (sequence := _of_word(word))}
    if Sequence.T1C in named and named <= {Sequence.T1, Sequence.T1C}:
        return Sequence.T1C
    if named == {Sequence.T1, Sequence.FLAIR}:
        named = {Sequence.T1}
    if named == {Sequence.T2, Sequence.FLAIR}:
        named = {Sequence.FLAIR}
    found = next(iter(named)) if len(named) == 1 else _of_word(words[-1]) if named else None
    if found is Sequence.T1 and _has_contrast(words):
        return Sequence.T1C
    return found


def _has_contrast(words: list[str]) -> bool:
    if _NATIVE & set(words):
        return False
    first = next((place for place, word in enumerate(words) if _of_word(word)), 0)
    strong = [word for word in words if len(word) > 1 and _CONTRAST.fullmatch(word)]
    return bool(strong) or words[first + 1 : first + 2] == ["c"]


def _prefix(words: list[str]) -> str:
    first = next((place for place, word in enumerate(words) if _of_word(word)), 0)
    return "-".join(word for word in words[:first] if not _NO_PREFIX.fullmatch(word))
