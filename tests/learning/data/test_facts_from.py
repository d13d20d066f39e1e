from __future__ import annotations

import csv as csv_module
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from glioscope.core import InputError, Sequence
from glioscope.learning.data.listing import Facts, ListedCase, Listing
from glioscope.learning.data.public_facts import read_facts
from glioscope.learning.data.table import facts_from

ROOT = Path(__file__).parents[3]
TABLES = Path(os.environ.get("GLIOSCOPE_DATA", ROOT.parent / "shared" / "data")) / "tables"
needs_tables = pytest.mark.skipif(
    not TABLES.is_dir(), reason="no tables; set GLIOSCOPE_DATA to their folder"
)

UCSF = {
    "ID": "UCSF-PDGM-057",
    "Sex": "F",
    "Age at MRI": "38",
    "WHO CNS Grade": "4",
    "Final pathologic diagnosis (WHO 2021)": "Glioblastoma, IDH-wildtype",
    "MGMT status": "positive",
    "1p/19q": "unknown",
    "IDH": "wildtype",
    "1-dead 0-alive": "0",
    "OS": "224.0",
    "EOR": "STR",
}
UPENN = {
    "ID": "UPENN-GBM-00036_11",
    "Gender": "M",
    "Age_at_scan_years": "42.1",
    "Survival_from_surgery_days": "600",
    "IDH1": "Mutated",
    "MGMT": "Indeterminate",
    "KPS": "Not Available",
    "GTR_over90percent": "Y",
}
TCGA = {
    "patient": "TCGA-CS-4944",
    "grade": "G3",
    "histology": "astrocytoma",
    "idh_codel_subtype": "IDHwt",
    "mgmt": "Methylated",
    "tert_promoter": "WT",
    "chr7_gain_chr10_loss": "No combined CNA",
    "age_years": "50",
    "sex": "Male",
    "kps": "",
    "os_months": "10",
    "os_status": "1:DECEASED",
}


def table(folder: Path, *rows: Mapping[str, str], name: str = "table.csv") -> Path:
    path = folder / name
    with path.open("w", newline="") as file:
        writer = csv_module.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def listing(*cases: str | tuple[str, str], facts: Facts | None = None) -> Listing:
    pairs = ((case, case) if isinstance(case, str) else case for case in cases)
    return Listing(
        cases=tuple(
            ListedCase(
                case_id=case,
                patient=patient,
                source="made up",
                images={Sequence.T1: Path("t1.nii")},
                facts=facts or Facts(),
            )
            for case, patient in pairs
        )
    )


def only(path: Path, cases: Listing) -> Facts:
    (case,) = facts_from(path, cases).cases
    return case.facts


@pytest.mark.parametrize("case", ["UCSF-PDGM-0057", "BraTS2021_00000", "BraTS-GLI-00000-000"])
def test_a_table_serves_every_name_of_its_patients(tmp_path: Path, case: str) -> None:
    assert only(table(tmp_path, UCSF), listing(case)) == Facts(
        grade=4,
        tumor_type="glioblastoma",
        idh_mutant=False,
        codeleted=None,
        mgmt_methylated=True,
        age_years=38.0,
        sex="F",
        survival_days=224.0,
        dead=False,
    )


@pytest.mark.parametrize(
    ("diagnosis", "grade", "kind"),
    [
        ("Astrocytoma, IDH-mutant", 3, "astrocytoma"),
        ("Oligodendroglioma, IDH-mutant, 1p/19q-codeleted", 2, "oligodendroglioma"),
        ("Astrocytoma, IDH-wildtype", 2, None),
    ],
)
def test_types_of_ucsf_are_those_of_who_2021(
    tmp_path: Path, diagnosis: str, grade: int, kind: str | None
) -> None:
    row = {
        **UCSF,
        "Final pathologic diagnosis (WHO 2021)": diagnosis,
        "WHO CNS Grade": str(grade),
        "IDH": "wildtype" if "wildtype" in diagnosis else "IDH1 p.R132H",
    }

    facts = only(table(tmp_path, row), listing("UCSF-PDGM-0057"))

    assert (facts.tumor_type, facts.grade) == (kind, grade)


def test_an_idh_mutant_of_upenn_is_an_astrocytoma_today(tmp_path: Path) -> None:
    facts = only(table(tmp_path, UPENN), listing("UPENN-GBM-00036_11"))

    assert (facts.tumor_type, facts.grade, facts.idh_mutant) == ("astrocytoma", 4, True)
    assert (facts.mgmt_methylated, facts.survival_days, facts.dead) == (None, 600.0, True)


@pytest.mark.parametrize(
    ("tert", "kind", "grade"), [("WT", None, 3), ("Mutant", "glioblastoma", 4)]
)
def test_tert_makes_a_wildtype_astrocytoma_a_glioblastoma(
    tmp_path: Path, tert: str, kind: str | None, grade: int
) -> None:
    facts = only(table(tmp_path, {**TCGA, "tert_promoter": tert}), listing("BraTS2021_01477"))

    assert (facts.tumor_type, facts.grade) == (kind, grade)
    assert facts.survival_days == pytest.approx(10 * 365.25 / 12)
    assert facts.dead is True


def test_type_and_grade_come_as_a_pair_from_a_second_table(tmp_path: Path) -> None:
    one = table(tmp_path, TCGA)
    two = table(tmp_path, {**TCGA, "tert_promoter": "Mutant"}, name="two.csv")

    facts = only(two, facts_from(one, listing("TCGA-CS-4944")))

    assert (facts.tumor_type, facts.grade) == ("glioblastoma", 4)


def test_a_follow_up_takes_no_age_and_no_survival_of_the_first_scan(tmp_path: Path) -> None:
    cases = listing("UPENN-GBM-00036_11", "UPENN-GBM-00036_21")

    first, later = (case.facts for case in facts_from(table(tmp_path, UPENN), cases).cases)

    assert (first.age_years, first.survival_days, first.dead) == (42.1, 600.0, True)
    assert (later.age_years, later.survival_days, later.dead) == (None, None, None)
    assert (later.sex, later.idh_mutant) == ("M", True)


def test_a_follow_up_has_its_own_row(tmp_path: Path) -> None:
    again = {
        **UPENN,
        "ID": "UPENN-GBM-00036_21",
        "Age_at_scan_years": "43.5",
        "Survival_from_surgery_days": "Not Available",
    }
    cases = listing("UPENN-GBM-00036_11", "UPENN-GBM-00036_21")

    first, later = (case.facts for case in facts_from(table(tmp_path, again, UPENN), cases).cases)

    assert (first.age_years, first.survival_days) == (42.1, 600.0)
    assert (later.age_years, later.survival_days, later.dead) == (43.5, None, None)


def test_the_first_scan_speaks_for_the_patient_wherever_it_stands(tmp_path: Path) -> None:
    later = {**UPENN, "ID": "UPENN-GBM-00036_21", "Age_at_scan_years": "43.5"}
    cases = listing(("under another name", "UPENN-GBM-00036"))

    assert only(table(tmp_path, later, UPENN), cases).age_years == 42.1


def test_a_plain_table_is_matched_by_case_or_patient(tmp_path: Path) -> None:
    by_patient = table(tmp_path, {"patient": "anne", "idh": "mutant"})
    by_case = table(tmp_path, {"case": "a-2", "sex": "m"}, name="cases.csv")
    cases = listing(("a-1", "anne"), ("a-2", "anne"), ("anne", "berta"))

    patients = facts_from(by_patient, cases).cases
    scans = facts_from(by_case, cases).cases

    assert [case.facts.idh_mutant for case in patients] == [True, True, None]
    assert [case.facts.sex for case in scans] == [None, "M", None]


def test_a_public_case_id_speaks_for_an_unknown_patient(tmp_path: Path) -> None:
    assert only(table(tmp_path, UCSF), listing(("BraTS2021_00000", "patient 1"))).sex == "F"


def test_what_is_known_is_kept_and_the_listing_untouched(tmp_path: Path) -> None:
    cases = listing("UCSF-PDGM-0057", facts=Facts(age_years=37.5))

    assert only(table(tmp_path, UCSF), cases).age_years == 37.5
    assert cases.cases[0].facts == Facts(age_years=37.5)


def test_tables_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    cases = listing("UCSF-PDGM-0057", facts=Facts(idh_mutant=True))

    with pytest.raises(InputError, match=r"case UCSF-PDGM-0057: a tumor that is IDH-mutant is no"):
        facts_from(table(tmp_path, UCSF), cases)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"case": "a", "size": "3"}], "has an unknown column 'size', and is no public table"),
        ([{"grade": "3"}], "has neither case nor patient"),
        ([{"case": "", "patient": "", "sex": "f"}], "row 2: has neither a case nor a patient"),
        ([{"case": "other", "sex": "f"}], "knows none of the 1 cases"),
        ([{"case": "a", "sex": "f"}, {"case": "a", "sex": "m"}], "says two things of a"),
        ([{"patient": "a", "sex": "f"}, {"patient": "A", "sex": "m"}], "says two things of A"),
        ([{**UCSF, "ID": ""}], "row 2, column ID: is empty"),
        ([{**UCSF, "WHO CNS Grade": "IV"}], "row 2: invalid literal"),
        ([{**UCSF, "WHO CNS Grade": "1"}], "row 2: Glioblastoma, IDH-wildtype, grade 1: no entity"),
    ],
)
def test_a_table_that_says_nothing_sure_is_refused(
    tmp_path: Path, rows: list[dict[str, str]], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        facts_from(table(tmp_path, *rows), listing("a"))


@needs_tables
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("ucsf_pdgm_v5", 399),
        ("upenn_gbm_clinical", 671),
        ("tcga_lgg_110", 102),
        ("tcga_lgg_gbm_1122", 1122),
        ("brats_cases_14", 14),
    ],
)
def test_all_rows_of_the_public_tables_are_read(name: str, rows: int) -> None:
    assert len(read_facts(TABLES / f"{name}.csv")) == rows


@needs_tables
def test_the_tables_agree_on_the_patients_that_they_share() -> None:
    """The table of 14 was made by hand from the others: another reading of the same patients."""
    names = [scan.case for scan in read_facts(TABLES / "brats_cases_14.csv") if scan.facts.sex]
    cases = listing(*names)
    united = facts_from(TABLES / "brats_cases_14.csv", cases)
    for table_name in ("ucsf_pdgm_v5", "upenn_gbm_clinical", "tcga_lgg_110"):
        for case in facts_from(TABLES / f"{table_name}.csv", cases).cases:
            if case.facts == Facts():
                continue
            (same,) = (other.facts for other in united.cases if other.case_id == case.case_id)
            assert (case.facts.idh_mutant, case.facts.sex) == (same.idh_mutant, same.sex)
            assert case.facts.survival_days == same.survival_days
            assert case.facts.age_years == same.age_years
