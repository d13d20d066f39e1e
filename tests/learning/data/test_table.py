from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glioscope.core import InputError, Sequence, Volume
from glioscope.io import write_volume
from glioscope.learning.data.listing import Facts
from glioscope.learning.data.table import list_table


def image(path: Path, *, size: int = 4) -> None:
    write_volume(Volume(data=np.ones((size, 5, 6), np.int16), affine=np.eye(4)), path)


def table(folder: Path, *lines: str) -> Path:
    for name in ("a1", "a1c", "seg", "mask", "b2"):
        image(folder / "files" / f"{name}.nii.gz")
    path = folder / "cases.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_row_becomes_a_case_with_its_files_and_facts(tmp_path: Path) -> None:
    csv = table(
        tmp_path,
        "case,patient,t1,t1c,labels,brain,whole_tumor_only,grade,tumor_type,idh,codeletion,mgmt,"
        "age,sex,survival_days,dead",
        "one,anne,files/a1.nii.gz,files/a1c.nii.gz,files/seg.nii.gz,files/mask.nii.gz,yes,3,"
        "Oligodendroglioma,mutant,codeleted,unmethylated,41.5,female,900,alive",
    )

    (case,) = list_table(csv).cases

    assert (case.case_id, case.patient, case.source) == ("one", "anne", "cases")
    assert case.images == {
        Sequence.T1: tmp_path / "files" / "a1.nii.gz",
        Sequence.T1C: tmp_path / "files" / "a1c.nii.gz",
    }
    assert case.labels == tmp_path / "files" / "seg.nii.gz"
    assert case.brain == tmp_path / "files" / "mask.nii.gz"
    assert case.whole_tumor_only
    assert case.facts == Facts(
        grade=3,
        tumor_type="oligodendroglioma",
        idh_mutant=True,
        codeleted=True,
        mgmt_methylated=False,
        age_years=41.5,
        sex="F",
        survival_days=900.0,
        dead=False,
    )


def test_what_is_not_told_stays_unknown(tmp_path: Path) -> None:
    csv = table(
        tmp_path,
        "case;t2;labels;mgmt;age;sex",
        "two; files/b2.nii.gz ;;indeterminate;Not Available;",
    )

    (case,) = list_table(csv).cases

    assert (case.patient, case.labels, case.brain) == ("two", None, None)
    assert not case.whole_tumor_only
    assert case.facts == Facts()


def test_rows_that_can_not_be_used_are_left_out_with_their_reason(tmp_path: Path) -> None:
    csv = table(
        tmp_path,
        "case,t1,t2,labels",
        "good,files/a1.nii.gz,,files/seg.nii.gz",
        "gone,files/nothing.nii.gz,,",
        "bare,,,files/seg.nii.gz",
        "grids,files/a1.nii.gz,wide.nii.gz,",
        "text,cases.csv,,",
    )
    image(tmp_path / "wide.nii.gz", size=7)

    some, strict = (list_table(csv, needs_labels=needs) for needs in (False, True))
    apart = list_table(csv, one_grid=False)

    assert [case.case_id for case in some.cases] == ["good"]
    assert {left.case_id: left.reason for left in some.left_out} == {
        "bare": "no image of any sequence",
        "gone": "nothing.nii.gz: no such file",
        "grids": "t2 and t1 lie on different grids (shape (4, 5, 6) against (7, 5, 6))",
        "text": "cases.csv is damaged or not NIfTI",
    }
    assert [left.reason for left in strict.left_out if left.case_id == "gone"] == ["no labels"]
    assert [case.case_id for case in apart.cases] == ["good", "grids"]


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("case,t1,t1gd", "a,b,c", "has an unknown column 't1gd'; known columns: case, patient, t1"),
        ("patient,t1", "a,b", "has no column case"),
        ("case,t1", ",b", "row 2: has no case"),
        ("case,t1", "a,b\na,c", "row 3: case a stands twice"),
        ("case,t1,grade", "a,b,1", "row 2, column grade: '1' is none of 2, 3, 4"),
        ("case,t1,idh", "a,b,maybe", "column idh: 'maybe' is none of mutant"),
        ("case,t1,sex", "a,b,x", "column sex: 'x' is none of f, female, m, male"),
        ("case,t1,age", "a,b,forty", "column age: 'forty' is no number from 0 to 120"),
        ("case,t1,age", "a,b,121", "'121' is no number"),
        ("case,t1,survival_days", "a,b,-1", "'-1' is no number from 0;"),
        ("case,t1,survival_days", "a,b,inf", "'inf' is no number from 0;"),
        ("case,t1,whole_tumor_only", "a,b,3", "column whole_tumor_only: '3' is none of 1"),
        ("case,t1", "a,b", r"none of 1 cases can be used; a: b: no such file"),
    ],
)
def test_a_table_that_can_not_be_right_is_refused(
    tmp_path: Path, header: str, row: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        list_table(table(tmp_path, header, row))


@pytest.mark.parametrize(
    ("kind", "facts", "told"),
    [
        ("glioblastoma", {"idh": "mutant"}, "IDH-mutant is no glioblastoma"),
        ("glioblastoma", {"grade": "3"}, "of grade 3 is no glioblastoma"),
        ("astrocytoma", {"idh": "wildtype"}, "IDH-wildtype is no astrocytoma"),
        ("oligodendroglioma", {"codeletion": "intact"}, "not 1p/19q-codeleted is no oligo"),
        ("oligodendroglioma", {"grade": "4"}, "of grade 4 is no oligodendroglioma"),
        ("glioblastoma", {"idh": "wildtype", "grade": "4", "codeletion": "intact"}, None),
        ("astrocytoma", {"idh": "mutant", "grade": "4", "codeletion": "intact"}, None),
        ("oligodendroglioma", {"idh": "mutant", "grade": "2", "codeletion": "yes"}, None),
    ],
)
def test_a_tumor_type_fits_its_markers(
    tmp_path: Path, kind: str, facts: dict[str, str], told: str | None
) -> None:
    header = ",".join(["case", "t1", "tumor_type", *facts])
    csv = table(tmp_path, header, ",".join(["a", "files/a1.nii.gz", kind, *facts.values()]))

    if told is None:
        assert list_table(csv).cases[0].facts.tumor_type == kind
    else:
        with pytest.raises(InputError, match=f"row 2: a tumor that is {told}"):
            list_table(csv)
