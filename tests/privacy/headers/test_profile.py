"""Every row of the profile's table, at the top and nested, told without the engine."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence

from glioscope.privacy.headers.cleaner import HeaderCleaner
from glioscope.privacy.headers.pseudonym import Pseudonyms
from glioscope.privacy.headers.values import Keeper
from glioscope.privacy.headers.words import Tokens

TABLE = Path(__file__).parents[3] / "src/glioscope/privacy/headers/profile.csv"
ROWS = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
MARK = "Zqxwvk"
"""Stands in every text; no word of anything."""

DAYS = -400
SENSITIVE: Mapping[str, Any] = {
    "AE": "ZQXWVK_AE",
    "AS": "034Y",
    "CS": "ZQXWVK",
    "DA": "20200229",
    "DS": "4711.5",
    "DT": "20200229235959.5+0100",
    "IS": "4711",
    "LO": f"{MARK} was here",
    "LT": f"{MARK} was here",
    "PN": f"{MARK}^Jane",
    "SH": MARK,
    "ST": f"{MARK} was here",
    "TM": "235959",
    "UC": f"{MARK} was here",
    "UI": "1.2.3.4711",
    "UR": f"http://{MARK}.example",
    "US": 3,
    "UT": f"{MARK} was here",
    "OB": MARK.encode(),
    "UN": MARK.encode(),
}
MOVED = {"DA": "20190125", "DT": "20190125235959.5", "TM": "235959", "AS": "034Y"}
DUMMIES = {
    "AS": "000D",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "TM": "000000",
    "US": "0",
    "OB": str(bytes(8)),
    "UN": str(bytes(8)),
}


def cleaner() -> HeaderCleaner:
    pseudonyms = Pseudonyms(key=bytes(range(32)))
    keeper = Keeper(pseudonyms=pseudonyms, shift_days=DAYS, tokens=Tokens(frozenset()))
    return HeaderCleaner(keeper=keeper, patient="P1")


def tag_and_vr(row: Mapping[str, str]) -> tuple[int, str]:
    """A tag of the row's pattern, and its VR; those newer than pydicom are read as unknown."""
    if row["tag"] == "private":
        return 0x00091001, "LO"
    tag = int(row["tag"].replace("x", "0"), 16)
    if tag == 0x50000000:
        tag = 0x50043000
    vr = dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"
    return tag, vr.split(" ")[0]


def holding(tag: int, vr: str) -> Dataset:
    dataset = Dataset()
    if vr == "SQ":
        item = Dataset()
        item.PatientAddress, item.OperatorsName = MARK, MARK
        item.ReferencedSOPInstanceUID = "1.2.3.4711"
        item.CodeMeaning, item.CodeValue = f"T1 {MARK}", "12"
        dataset.add(DataElement(tag, vr, Sequence([item])))
    else:
        dataset.add(DataElement(tag, vr, SENSITIVE[vr]))
    return dataset


def outcome(dataset: Dataset, tag: int) -> str:
    """What happened: removed, empty, or the text of what is there now."""
    if tag not in dataset:
        return "removed"
    element = dataset[tag]
    if element.is_empty:
        return "empty"
    return str(element.value)


def basic_outcome(row: Mapping[str, str], vr: str) -> str:
    """What the basic profile asks for, written from PS3.15, Table E.1-1a and E.3.1."""
    code, kind = row["basic"], row["mr_type"]
    if "/" in code:
        allowed = code.split("/")
        wanted = {"1": "DZX", "2": "ZDX"}.get(kind, "XZD")
        code = next(letter for letter in wanted if letter in allowed)
    if code == "X":
        return "removed"
    if code == "Z":
        return "empty"
    return DUMMIES.get(vr, "REMOVED")


def expected(row: Mapping[str, str], vr: str) -> str:
    keyword = row["attribute"]
    if keyword in {"PatientID", "PatientName"}:
        return "P1"
    if "U" in row["basic"] or (row["basic"] == "D" and vr == "UI"):
        return "another uid"
    stays_moved = row["dates"] == "C" and vr in {"DA", "DT", "TM"}
    told = row["patient"] == "K" and vr in {"AS", "DS", "US"}
    if stays_moved or told:
        return MOVED.get(vr, str(SENSITIVE[vr]))
    return basic_outcome(row, vr)


PLAIN = [row for row in ROWS if tag_and_vr(row)[1] != "SQ"]
SEQUENCES = [row for row in ROWS if tag_and_vr(row)[1] == "SQ"]


def test_the_table_is_the_whole_of_edition_2026d() -> None:
    assert len(ROWS) == 657
    assert {row["basic"] for row in ROWS} == {
        *("D", "Z", "X", "U"),
        *("Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"),
    }
    assert sum(row["descriptors"] == "C" for row in ROWS) == 141
    assert sum(row["dates"] == "C" for row in ROWS) == 169
    assert sum(row["patient"] != "" for row in ROWS) == 19


@pytest.mark.parametrize("nested", [False, True], ids=["top", "nested"])
@pytest.mark.parametrize("row", PLAIN, ids=[row["attribute"] for row in PLAIN])
def test_each_attribute_ends_as_the_table_asks(row: dict[str, str], *, nested: bool) -> None:
    tag, vr = tag_and_vr(row)
    dataset = holding(tag, vr)
    if nested:
        outer = Dataset()
        outer.MRImagingModifierSequence = [dataset]
        found = cleaner()(outer).MRImagingModifierSequence[0]
    else:
        found = cleaner()(dataset)

    wanted = expected(row, vr)
    if wanted == "another uid":
        assert outcome(found, tag).startswith("2.25.")
    else:
        assert outcome(found, tag) == wanted
    assert MARK.lower() not in str(found).lower()


@pytest.mark.parametrize("row", SEQUENCES, ids=[row["attribute"] for row in SEQUENCES])
def test_each_sequence_ends_as_the_table_asks(row: dict[str, str]) -> None:
    tag, vr = tag_and_vr(row)
    found = cleaner()(holding(tag, vr))

    assert MARK.lower() not in str(found).lower()
    assert "1.2.3.4711" not in str(found)
    kept = row["descriptors"] or row["patient"] or row["basic"].endswith("U*")
    if kept:
        assert found[tag][0].CodeMeaning == "T1"
        assert found[tag][0].ReferencedSOPInstanceUID.startswith("2.25.")
    elif (plain := basic_outcome(row, vr)) in {"removed", "empty"}:
        assert outcome(found, tag) == plain
    else:
        assert found[tag][0].CodeMeaning == "REMOVED"
        assert "PatientAddress" not in found[tag][0]


def test_the_input_is_left_untouched() -> None:
    dataset = Dataset()
    for row in ROWS:
        dataset.update(holding(*tag_and_vr(row)))
    before = deepcopy(dataset)

    cleaner()(dataset)

    assert dataset == before
