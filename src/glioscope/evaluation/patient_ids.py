"""The spellings under which public glioma data sets name their patients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class DataSet(StrEnum):
    """A public collection, or the editions of a challenge that share one numbering."""

    BRATS_2013 = "BraTS 2013"
    BRATS_2017_2019 = "BraTS 2017-2019"
    BRATS_2020 = "BraTS 2020"
    BRATS_2021_2023 = "BraTS 2021-2023"
    UCSF_PDGM = "UCSF-PDGM"
    UCSF_ALPTDG = "UCSF-ALPTDG"
    UPENN_GBM = "UPENN-GBM"
    TCGA = "TCGA"
    IVY_GAP = "IvyGAP"
    CPTAC = "CPTAC"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientId:
    """A patient's number in one data set, without time point, sample or file name.

    Args:
        canonical: The same for all spellings of one number.
        data_set: Whose number it is; ``None`` where the spelling is of no data set known here.
    """

    canonical: str
    data_set: DataSet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spelling:
    data_set: DataSet
    pattern: re.Pattern[str]
    canonical: str
    whole: bool = False

    def __call__(self, text: str) -> str | None:
        found = self.pattern.fullmatch(text) if self.whole else self.pattern.search(text)
        if found is None:
            return None
        parts = (part.upper() for part in found.groups())
        return self.canonical.format(*(int(p) if p.isdigit() else p for p in parts))


def _spelling(data_set: DataSet, pattern: str, canonical: str, *, whole: bool = False) -> _Spelling:
    separated = pattern.replace(" ", "[-_. ]")
    bounded = separated if whole else rf"(?<![A-Z0-9]){separated}(?![A-Z0-9])"
    compiled = re.compile(bounded, re.ASCII | re.IGNORECASE)
    return _Spelling(data_set=data_set, pattern=compiled, canonical=canonical, whole=whole)


# A space stands for any of - _ . and itself.  Numbers that could be anybody's (W10, 100001) must
# be the whole text; the others are found in file names and paths as well.
_SPELLINGS: Final = (
    _spelling(DataSet.BRATS_2013, r"BraTS 2013 pat(\d{1,4})", "brats_2013_pat{0:0>4}"),
    # The site's own number (TCIA02) came with 2018; 2017 wrote TCIA for the same patients.
    _spelling(
        DataSet.BRATS_2017_2019,
        r"BraTS1[789] (2013|[A-Z]+)\d{0,2} ([A-Z0-9]{1,9}) \d{1,3}",
        "BraTS19_{0}_{1}_1",
    ),
    _spelling(DataSet.BRATS_2020, r"BraTS20 Training (\d{1,3})", "BraTS20_Training_{0:0>3}"),
    _spelling(DataSet.BRATS_2020, r"BraTS20 Validation (\d{1,3})", "BraTS20_Validation_{0:0>3}"),
    # 2021 and 2023 gave a patient the same number; 2023 added the time point.
    _spelling(DataSet.BRATS_2021_2023, r"BraTS2021 (\d{5})", "BraTS-GLI-{0:0>5}"),
    _spelling(DataSet.BRATS_2021_2023, r"BraTS GLI (\d{5})", "BraTS-GLI-{0:0>5}"),
    _spelling(DataSet.UCSF_PDGM, r"UCSF PDGM (\d{1,4})", "UCSF-PDGM-{0:0>4}"),
    _spelling(
        DataSet.UCSF_ALPTDG,
        r"(?:UCSF ALPTDG )?(100\d{3})(?:\.0)?(?: time\d)?",
        "UCSF-ALPTDG-{0}",
        whole=True,
    ),
    _spelling(DataSet.UPENN_GBM, r"UPENN GBM (\d{1,5})", "UPENN-GBM-{0:0>5}"),
    _spelling(DataSet.TCGA, r"TCGA ([A-Z0-9]{2}) ([A-Z0-9]{4})", "TCGA-{0:0>2}-{1:0>4}"),
    _spelling(DataSet.IVY_GAP, r"(?:IvyGAP )?W(\d{1,2})(?: \d{1,3})*", "W{0}", whole=True),
    _spelling(DataSet.CPTAC, r"(C3[LN]) (\d{5})", "{0}-{1:0>5}"),
)


def read_id(text: str) -> PatientId:
    """Return whose number a text carries.

    ``UCSF-PDGM-0429_FU003d``, ``ucsf-pdgm-429`` and ``UCSF-PDGM-0429_nifti`` are one patient,
    so are all time points of BraTS 2023 and all samples of a TCGA barcode.  A text that no data
    set is known for is kept, in capitals and with single spaces, so that it can still be
    compared with itself.  Bare five-digit numbers are such texts: several challenges use them.

    Args:
        text: An id, or a file name or path that holds one.
    """
    tidy = " ".join(text.split())
    for spelling in _SPELLINGS:
        canonical = spelling(tidy)
        if canonical is not None:
            return PatientId(canonical=canonical, data_set=spelling.data_set)
    return PatientId(canonical=tidy.upper(), data_set=None)
