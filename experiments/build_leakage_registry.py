"""Unite all ids of the same patient from the public tables into the leakage registry.

    python experiments/build_leakage_registry.py --output src/glioscope/weights/leakage

Data: the folder tables/ of GLIOSCOPE_DATA (default ../shared/data).  Ids only go in, no clinical
value.  The CaPTk table of UPENN-GBM is not read: its 611 ids are all in the clinical table.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Final

from glioscope.evaluation import DataSet, read_id

DATA: Final = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))

# All ids of one row are one patient.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "brats20_brats21_tcia_grade_374.csv": ("BraTS_2020_ID", "BraTS_2021_ID", "TCIA_ID"),
    "brats_gbm_clinical_635.csv": ("2023_subject_id", "2021_subject_id", "dataset_id"),
    "brats_gbm_shape_radiomics_461.csv": ("2023_subject_id", "2021_subject_id", "dataset_id"),
    "brats_cases_14.csv": ("case", "brats21", "tcia", "brats20"),
    "brats23_glioma_volumes_vasari.csv": ("id",),
    "ucsf_pdgm_v5.csv": ("ID", "BraTS21 ID"),
    "ucsf_pdgm_pyradiomics_t1c_wholetumor.csv": ("ID", "Image"),
    "ucsf_postop_298.csv": ("SubjectID", "Full ID"),
    "upenn_gbm_clinical.csv": ("ID",),
    "tcga_lgg_gbm_1122.csv": ("Patient ID", "Sample ID"),
    "tcga_lgg_110.csv": ("patient",),
}
NO_ID: Final = {"", "new-not-previously-in-TCIA"}

# Six exams of UCSF-PDGM were follow-ups under a number of their own until version 3 of the
# collection renamed them (0429_FU003d was 0138).  Tables made before still use the old number.
# The tables prove 138, 175 and 278: the BraTS id is the same under both names.
FOLLOW_UPS: Final = {138: 429, 175: 396, 181: 409, 278: 431, 289: 391, 315: 433}


def rows() -> Iterator[tuple[str, list[str]]]:
    """Yield table and ids of each row that has any."""
    for table, columns in COLUMNS.items():
        with (DATA / "tables" / table).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                texts = [spelled(row[column].strip(), row) for column in columns]
                ids = [text for text in texts if text not in NO_ID]
                if ids:
                    yield table, ids


def spelled(text: str, row: Mapping[str, str]) -> str:
    """Return a bare UCSF-PDGM number (00000057) under the name of its collection."""
    if re.fullmatch(r"\d{8}", text) and row["dataset"].startswith("UCSF-PDGM"):
        return f"UCSF-PDGM-{int(text):04d}"
    return text


def canonical(text: str, table: str) -> str:
    """Return the canonical id; a spelling that nobody can read must not pass."""
    read = read_id(text)
    if read.data_set is None:
        sys.exit(f"{table}: {text} is of no known data set; add its spelling to patient_ids.py")
    return read.canonical


class Union:
    """Sets that grow together (union-find)."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def find(self, item: str) -> str:
        """Return the representative; a new item is its own."""
        parent = self.parent.setdefault(item, item)
        while parent != self.parent[parent]:
            parent = self.parent[parent]
        self.parent[item] = parent
        return parent

    def unite(self, items: Iterable[str]) -> None:
        """Make one set of all the sets that these are in."""
        first, *others = (self.find(item) for item in items)
        for other in others:
            self.parent[other] = first

    def sets(self) -> list[list[str]]:
        """Return all sets, sorted within and among each other."""
        groups = defaultdict(list)
        for item in sorted(self.parent):
            groups[self.find(item)].append(item)
        return sorted(groups.values())


def unite() -> list[list[str]]:
    """Return the ids of each patient."""
    union = Union()
    for table, ids in rows():
        union.unite([canonical(text, table) for text in ids])
    for old, baseline in FOLLOW_UPS.items():
        union.unite([f"UCSF-PDGM-{old:04d}", f"UCSF-PDGM-{baseline:04d}"])
    return union.sets()


def check_same_number() -> int:
    """Return on how many patients a row shows that BraTS 2021 and 2023 use the same number."""
    shown = {}
    for table, ids in rows():
        old = [text[-5:] for text in ids if text.startswith("BraTS2021_")]
        new = [text[10:15] for text in ids if text.startswith("BraTS-GLI-")]
        if old and new:
            if set(old) != set(new):
                sys.exit(f"{table}: {ids} break the rule that 2021 and 2023 share a number")
            shown[old[0]] = new[0]
    return len(shown)


def check_links(patients: list[list[str]]) -> list[list[str]]:
    """Return the patients with two numbers of one data set; only follow-ups may have them."""
    twice = []
    for ids in patients:
        numbers = Counter(read_id(text).data_set for text in ids)
        if max(numbers.values()) > 1:
            if not any(f"UCSF-PDGM-{old:04d}" in ids for old in FOLLOW_UPS):
                sys.exit(f"{ids} are one patient in the tables, with two numbers of one data set")
            twice.append(ids)
    return twice


def links(patients: list[list[str]]) -> dict[str, int]:
    """Return how many patients two data sets share."""
    shared: Counter[str] = Counter()
    for ids in patients:
        sets = sorted({str(read_id(text).data_set) for text in ids})
        shared.update(" = ".join(pair) for pair in combinations(sets, 2))
    return dict(sorted(shared.items()))


def main() -> None:
    """Write patients.json and card.json; print a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    folder = parser.parse_args().output
    same_number = check_same_number()
    patients = unite()
    twice = check_links(patients)
    lines = ",\n".join(json.dumps(ids) for ids in patients)
    content = f"[\n{lines}\n]\n".encode()
    numbers = Counter(read_id(text).data_set for ids in patients for text in ids)
    card = {
        "name": "leakage",
        "version": "1.0.0",
        "summary": "Which ids of the public glioma data sets are one patient.",
        "patients": "patients.json",
        "sha256": hashlib.sha256(content).hexdigest(),
        "patients_united": len(patients),
        "ids": {str(data_set): numbers[data_set] for data_set in DataSet},
        "patients_shared": links(patients),
        "patients_with_two_numbers_of_one_data_set": twice,
        "same_number_in_brats_2021_and_2023_shown_on": same_number,
        "license": "Apache-2.0",
        "command": "python experiments/build_leakage_registry.py"
        " --output src/glioscope/weights/leakage",
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "patients.json").write_bytes(content)
    text = json.dumps(card, indent=2) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8", newline="\n")
    print(text, end="")
    print(f"{len(content)} bytes")


if __name__ == "__main__":
    main()
