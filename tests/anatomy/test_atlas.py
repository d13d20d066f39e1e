from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from glioscope.anatomy import LocateConfig, load_atlas
from glioscope.anatomy import atlas as atlas_module
from glioscope.anatomy.atlas import read_names
from glioscope.core import (
    Hemisphere,
    InputError,
    MissingPackageError,
    ModelError,
    Volume,
    weights_folder,
)
from glioscope.io import write_volume

LOBES = ("frontal lobe", "parietal lobe", "temporal lobe", "occipital lobe")


def block_atlas(folder: Path, *, at_mm: float = -20.0, value: float = 1.0) -> Path:
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = at_mm
    data = np.zeros((10, 10, 10), dtype=np.float32)
    data[:5] = value
    path = folder / "mine.nii.gz"
    write_volume(Volume(data=data, affine=affine), path)
    return path


def table(folder: Path, text: str) -> Path:
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_left_structures_of_the_shipped_atlas_lie_left_of_the_midline() -> None:
    atlas = load_atlas()

    sides = {s.index: s.hemisphere for s in atlas.structures}
    values, counts = np.unique(atlas.labels.data, return_counts=True)
    middle = int(np.rint(atlas.labels.index((0.0, 0.0, 0.0)))[0])
    left, right = atlas.labels.data[:middle], atlas.labels.data[middle:]
    assert {sides[v] for v in np.unique(left[left > 0]).tolist()} == {Hemisphere.LEFT}
    assert {sides[v] for v in np.unique(right[right > 0]).tolist()} == {Hemisphere.RIGHT}
    assert atlas.labels.affine[0, 0] > 0.0
    assert set(values.tolist()) == {0, *sides}
    assert counts.min() > 100


def test_the_shipped_atlas_is_small_and_holds_all_lobes_and_deep_structures() -> None:
    names = {structure.name for structure in load_atlas().structures}
    lobes = {structure.lobe for structure in load_atlas().structures}

    assert names >= {*LOBES, "insula", "thalamus", "corpus callosum", "pons", "cerebellum"}
    assert lobes >= {*LOBES, "basal ganglia", "brainstem", "internal capsule"}
    assert (weights_folder("atlas") / "labels.nii.gz").stat().st_size <= 2**20


@pytest.mark.parametrize(
    ("point_mm", "name"),
    [
        ((-37, -19, 57), "frontal lobe"),  # hand knob, before the central sulcus
        ((-41, -32, 56), "parietal lobe"),  # postcentral gyrus, behind it
        ((-50, 20, 10), "frontal lobe"),  # inferior frontal gyrus
        ((58, -20, -10), "temporal lobe"),  # middle temporal gyrus
        ((55, -45, 40), "parietal lobe"),  # supramarginal gyrus
        ((10, -90, 0), "occipital lobe"),  # calcarine cortex
        ((5, -65, 45), "parietal lobe"),  # precuneus
        ((-36, 5, 0), "insula"),
        ((-10, -18, 8), "thalamus"),
        ((12, 13, 10), "caudate"),
        ((-26, 4, 2), "putamen"),
        ((28, -20, -16), "hippocampus"),
        ((-24, -4, -19), "amygdala"),
        ((1, 27, 6), "corpus callosum"),
        ((3, -28, -32), "pons"),
        ((-30, -60, -40), "cerebellum"),
        ((10, -20, 21), "lateral ventricle"),
    ],
)
def test_well_known_places_have_their_name(point_mm: tuple[int, int, int], name: str) -> None:
    atlas = load_atlas()

    index = np.rint(atlas.labels.index(point_mm)).astype(int)
    value = atlas.labels.data[tuple(index)]

    (structure,) = [s for s in atlas.structures if s.index == value]
    assert structure.name == name
    assert structure.hemisphere == ("left" if point_mm[0] < 0 else "right")


def test_a_damaged_atlas_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(weights_folder("atlas"), tmp_path / "atlas")
    with (tmp_path / "atlas" / "labels.nii.gz").open("ab") as file:
        file.write(b"x")
    monkeypatch.setattr(atlas_module, "weights_folder", lambda name: tmp_path / name)
    atlas_module.shipped_atlas.cache_clear()

    with pytest.raises(ModelError, match="damaged"):
        load_atlas()

    atlas_module.shipped_atlas.cache_clear()


def test_a_missing_atlas_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlas_module, "weights_folder", lambda name: tmp_path / name)
    atlas_module.shipped_atlas.cache_clear()

    with pytest.raises(ModelError, match="missing"):
        load_atlas()

    atlas_module.shipped_atlas.cache_clear()


def test_a_users_atlas_is_read_with_its_table(tmp_path: Path) -> None:
    names = table(tmp_path, "index,name,hemisphere\n1,angular gyrus,L\n")

    atlas = load_atlas(LocateConfig(atlas=block_atlas(tmp_path), atlas_names=names))

    (structure,) = atlas.structures
    assert (structure.name, structure.hemisphere) == ("angular gyrus", Hemisphere.LEFT)
    assert structure.lobe == "angular gyrus"
    assert atlas.name == "mine.nii.gz"


def test_a_table_may_be_tab_separated_and_without_sides(tmp_path: Path) -> None:
    structures = read_names(table(tmp_path, "index\tname\n7\tpons\n3\tclaustrum\n"))

    assert [s.index for s in structures] == [3, 7]
    assert {s.hemisphere for s in structures} == {Hemisphere.BOTH}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("number,label\n1,pons\n", "must name the columns index and name"),
        ("index,name\none,pons\n", "correct it"),
        ("index,name\n1,\n", "correct it"),
        ("index,name,hemisphere\n1,pons,up\n", "correct it"),
        ("", "must name the columns"),
    ],
)
def test_a_table_that_means_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_names(table(tmp_path, text))


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_names(tmp_path / "none.csv")


def test_an_atlas_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--atlas-names"):
        load_atlas(LocateConfig(atlas=block_atlas(tmp_path)))


def test_an_atlas_with_a_label_without_a_name_is_refused(tmp_path: Path) -> None:
    names = table(tmp_path, "index,name\n2,pons\n")

    with pytest.raises(InputError, match=r"\[1\] have no name"):
        load_atlas(LocateConfig(atlas=block_atlas(tmp_path), atlas_names=names))


def test_an_atlas_of_probabilities_is_refused(tmp_path: Path) -> None:
    names = table(tmp_path, "index,name\n1,pons\n")

    with pytest.raises(InputError, match="between the integers"):
        load_atlas(LocateConfig(atlas=block_atlas(tmp_path, value=0.5), atlas_names=names))


def test_an_atlas_in_another_space_is_refused(tmp_path: Path) -> None:
    names = table(tmp_path, "index,name\n1,pons\n")

    with pytest.raises(InputError, match="MNI ICBM 152"):
        load_atlas(LocateConfig(atlas=block_atlas(tmp_path, at_mm=150.0), atlas_names=names))


def test_a_templateflow_name_needs_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "templateflow", None)
    monkeypatch.setitem(__import__("sys").modules, "templateflow.api", None)

    with pytest.raises(MissingPackageError, match="templateflow"):
        load_atlas(LocateConfig(atlas=Path("templateflow:MNI152NLin2009cAsym/DKT31")))
