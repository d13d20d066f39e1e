from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.core import InputError, ModelError, weights_folder
from glioscope.evaluation import (
    DataSet,
    LeakageRegistry,
    check_disjoint,
    leakage,
    read_id,
    read_id_column,
)

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GLIOSCOPE_DATA", ROOT.parent / "shared" / "data"))
needs_tables = pytest.mark.skipif(
    not (DATA / "tables").is_dir(), reason="no tables; set GLIOSCOPE_DATA to their folder"
)

SPELLINGS = {
    "UCSF-PDGM-0004": ("UCSF-PDGM-004", "ucsf-pdgm-4", "UCSF-PDGM-0004_nifti", " UCSF_PDGM_0004 "),
    "UCSF-PDGM-0429": ("UCSF-PDGM-0429_FU003d", "UCSF-PDGM-429"),
    "UPENN-GBM-00001": ("UPENN-GBM-00001_11", "UPENN-GBM-00001_21"),
    "BraTS-GLI-00499": ("BraTS2021_00499", "BraTS-GLI-00499-000", "BraTS-GLI-00499-001-t1c.nii.gz"),
    "BraTS20_Training_007": (
        "BraTS20_Training_007",
        "brats20_training_7",
        "a/BraTS20_Training_007",
    ),
    "BraTS19_TCIA_192_1": ("Brats17_TCIA_192_1", "Brats18_TCIA02_192_1", "BraTS19_TCIA02_192_1"),
    "BraTS19_2013_2_1": ("Brats17_2013_2_1", "Brats18_2013_2_1"),
    "TCGA-02-0003": ("TCGA-02-0003-01A-01D", "tcga.02.0003", "TCGA-02-0003_t1.nii.gz"),
    "C3L-00016": ("C3L-00016", "c3l-00016"),
    "W10": ("W10", "W10-1-1", "IvyGAP_W10"),
    "UCSF-ALPTDG-100001": ("100001", "100001.0", "100001_time2"),
}


@pytest.fixture(scope="module")
def registry() -> LeakageRegistry:
    return LeakageRegistry.load()


@pytest.mark.parametrize("canonical", SPELLINGS)
def test_all_spellings_of_a_number_are_one(canonical: str) -> None:
    assert {read_id(text).canonical for text in SPELLINGS[canonical]} == {canonical}
    assert read_id(canonical).data_set is not None


@pytest.mark.parametrize(
    "text", ["00057", "W", "W100", "BraTS-MEN-00004-000", "TCGA-02", "9100001"]
)
def test_a_text_of_no_data_set_stays_itself(text: str) -> None:
    assert read_id(text).data_set is None
    assert read_id(f" {text.lower()} ").canonical == text.upper()


@given(text=st.text() | st.sampled_from([text for texts in SPELLINGS.values() for text in texts]))
def test_reading_what_was_read_changes_nothing(text: str) -> None:
    once = read_id(text)

    assert read_id(once.canonical) == once


@given(number=st.integers(0, 9999), day=st.integers(0, 999))
def test_padding_and_follow_up_never_change_the_patient(number: int, day: int) -> None:
    spellings = (f"UCSF-PDGM-{number:03d}", f"UCSF-PDGM-{number:04d}_FU{day:03d}d")

    assert {read_id(text).canonical for text in spellings} == {f"UCSF-PDGM-{number:04d}"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BraTS2021_01477", "TCGA-CS-4944"),
        ("BraTS20_Training_272", "TCGA-CS-4944-01"),
        ("BraTS-GLI-00000-000", "UCSF-PDGM-057"),
        ("BraTS-GLI-00203-000", "UPENN-GBM-00546_11"),
        ("BraTS2021_00587", "W1"),
        # Follow-ups of UCSF-PDGM once had numbers of their own, and are two cases of BraTS 2021.
        ("UCSF-PDGM-138", "UCSF-PDGM-0429_FU003d"),
        ("BraTS2021_00557", "BraTS2021_00639"),
    ],
)
def test_ids_of_one_patient_meet(registry: LeakageRegistry, one: str, other: str) -> None:
    assert registry.canonical_patient(one) == registry.canonical_patient(other)

    (shared,) = registry.overlaps([one], [other]).shared
    assert (shared.train_ids, shared.test_ids) == ((one,), (other,))


def test_a_split_that_mixes_a_patient_is_refused_with_both_names() -> None:
    train = ["BraTS2021_01477", "BraTS2021_01478", "UPENN-GBM-00001_11"]

    with pytest.raises(InputError, match=r"1 \(BraTS2021_01477 = TCGA-CS-4944\); take them out"):
        check_disjoint(train, ["TCGA-CS-4944", "UPENN-GBM-00002_11"])


def test_a_long_refusal_names_the_first_five(registry: LeakageRegistry) -> None:
    ids = [f"UPENN-GBM-{number:05d}" for number in range(1, 9)]

    with pytest.raises(InputError, match=r"UPENN-GBM-00005 = UPENN-GBM-00005 and 3 more\)"):
        registry.check_disjoint(ids, ids)


def test_known_patients_of_two_hospitals_are_proven_disjoint() -> None:
    report = check_disjoint(["UCSF-PDGM-004", "BraTS2021_00000"], ["UPENN-GBM-00001_11"])

    assert report.proven


def test_time_points_are_one_patient_under_all_ids_given(registry: LeakageRegistry) -> None:
    train = ["BraTS-GLI-00097-000", "BraTS-GLI-00097-001", "BraTS-GLI-00097-000"]

    report = registry.overlaps(train, ["UCSF-PDGM-004"])

    assert report.train_patients == 1
    assert report.shared[0].train_ids == ("BraTS-GLI-00097-000", "BraTS-GLI-00097-001")


def test_an_id_of_brats_2018_is_unknown_and_in_doubt_never_silent(
    registry: LeakageRegistry,
) -> None:
    report = registry.check_disjoint(["Brats18_TCIA02_192_1"], ["TCGA-02-0003"])

    assert report.unknown_train == ("Brats18_TCIA02_192_1",)
    assert report.unknown_test == ()
    assert [(d.train_set, d.test_set) for d in report.doubts] == [
        ("BraTS 2017-2019, source unknown", "TCGA")
    ]
    assert not report.proven


def test_equal_ids_meet_although_unknown(registry: LeakageRegistry) -> None:
    report = registry.overlaps(
        ["Brats17_CBICA_AAB_1", "ward 7"], ["BraTS19_CBICA_AAB_1", "WARD  7"]
    )

    assert [shared.train_ids[0] for shared in report.shared] == ["Brats17_CBICA_AAB_1", "ward 7"]


def test_a_brats_case_without_a_source_is_in_doubt_against_a_collection() -> None:
    registry = LeakageRegistry.of([["BraTS2021_00001"], ["UCSF-PDGM-1", "BraTS2021_00002"]])

    doubtful = registry.overlaps(["UCSF-PDGM-9"], ["BraTS2021_00001", "BraTS2021_00002"])
    sure = registry.overlaps(["UCSF-PDGM-1"], ["BraTS2021_00001"])

    (doubt,) = doubtful.doubts
    assert (doubt.train_ids, doubt.test_ids) == (("UCSF-PDGM-9",), ("BraTS2021_00001",))
    assert doubt.test_set == "BraTS 2021-2023, source unknown"
    assert sure.proven


def test_two_collections_of_one_hospital_are_in_doubt(registry: LeakageRegistry) -> None:
    (doubt,) = registry.overlaps(["UCSF-PDGM-004"], ["100001_time1"]).doubts

    assert {doubt.train_set, doubt.test_set} == {"UCSF-PDGM", "UCSF-ALPTDG"}


@pytest.mark.parametrize("ids", [[], [" "]])
def test_a_list_without_ids_is_refused(registry: LeakageRegistry, ids: list[str]) -> None:
    with pytest.raises(InputError, match="the test list holds"):
        registry.overlaps(["W1"], ids)


def test_an_id_of_two_patients_makes_no_registry() -> None:
    with pytest.raises(InputError, match="BraTS-GLI-00001 belongs to two patients"):
        LeakageRegistry.of([["BraTS2021_00001"], ["BraTS-GLI-00001-000", "W1"]])


def test_a_damaged_registry_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = (weights_folder("leakage") / "card.json").read_text(encoding="utf-8")
    (tmp_path / "card.json").write_text(card, encoding="utf-8")
    (tmp_path / "patients.json").write_text("[]", encoding="utf-8")
    monkeypatch.setattr(leakage, "weights_folder", lambda _: tmp_path)
    leakage._shipped.cache_clear()

    with pytest.raises(ModelError, match="damaged"):
        LeakageRegistry.load()


def test_the_registry_holds_all_patients_of_the_open_collections(
    registry: LeakageRegistry,
) -> None:
    ids = [read_id(text) for names in registry.patients for text in names]

    numbers = {data_set: sum(i.data_set is data_set for i in ids) for data_set in DataSet}
    assert numbers[DataSet.UCSF_PDGM] == 501
    assert numbers[DataSet.UPENN_GBM] == 630
    assert numbers[DataSet.TCGA] == 1122
    assert numbers[DataSet.BRATS_2020] == 369
    assert all(i.canonical == read_id(i.canonical).canonical for i in ids)


@needs_tables
def test_the_shipped_registry_is_what_the_tables_give(tmp_path: Path) -> None:
    script = ROOT / "experiments" / "build_leakage_registry.py"
    subprocess.run(
        [sys.executable, str(script), "--output", str(tmp_path)],
        check=True,
        capture_output=True,
        env={**os.environ, "GLIOSCOPE_DATA": str(DATA)},
    )

    for name in ("patients.json", "card.json"):
        assert (tmp_path / name).read_bytes() == (weights_folder("leakage") / name).read_bytes()


@needs_tables
def test_292_exams_of_290_ucsf_patients_are_found_in_brats(registry: LeakageRegistry) -> None:
    ucsf = read_id_column(DATA / "tables" / "ucsf_pdgm_pyradiomics_t1c_wholetumor.csv").ids
    numbers = [name for names in registry.patients for name in names if "BraTS-GLI" in name]

    report = registry.overlaps(ucsf, numbers)

    assert report.train_patients == 495
    assert len(report.shared) == 290
    assert sum(len(shared.test_ids) for shared in report.shared) == 292
    assert not report.unknown_train


@needs_tables
def test_tumors_of_united_patients_are_equally_large(registry: LeakageRegistry) -> None:
    """A witness outside the links: whole-tumor volumes of two tables that share no id."""
    tables = DATA / "tables"
    ours = _column(
        tables / "ucsf_pdgm_pyradiomics_t1c_wholetumor.csv", "original_shape_VoxelVolume"
    )
    theirs = _column(tables / "brats23_glioma_volumes_vasari.csv", "global__total_tumor_volume")
    volumes = {
        name: volume
        for text, volume in theirs.items()
        if text.endswith("-000")
        for name in [read_id(text).canonical]
    }

    ratios = []
    for text, volume in ours.items():
        names = registry.names(text)
        if sum(name.startswith("UCSF") for name in names) > 1:  # a follow-up has its own volume
            continue
        ratios += [volume / volumes[name] for name in names if name in volumes]

    assert len(ratios) > 250
    assert min(ratios) > 0.99
    assert max(ratios) < 1.01
    assert sum(ratio == 1.0 for ratio in ratios) >= len(ratios) - 4


def _column(table: Path, column: str) -> dict[str, float]:
    with table.open(encoding="utf-8") as file:
        return {row.get("ID") or row["id"]: float(row[column]) for row in csv.DictReader(file)}


def test_the_card_counts_what_is_shipped(registry: LeakageRegistry) -> None:
    card = json.loads((weights_folder("leakage") / "card.json").read_text(encoding="utf-8"))

    assert card["patients_united"] == len(registry.patients)
    assert sum(card["ids"].values()) == sum(len(names) for names in registry.patients)
