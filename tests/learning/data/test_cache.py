import json
import os
import pickle
import resource
import shutil
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch

from glioscope.core import (
    CaseError,
    InputError,
    OutputError,
    Region,
    Sequence,
    Silent,
    Volume,
    region_mask,
)
from glioscope.evaluation import dice
from glioscope.io import LabelConvention, write_volume
from glioscope.learning.data import cache as cache_module
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.data.grids import to_sample, training_grid
from glioscope.learning.data.listing import LeftOut, ListedCase
from glioscope.learning.data.truth import read_listed, read_truth
from glioscope.learning.geometry import VisualPathwayGeometry
from glioscope.learning.sample import REGIONS, Sample
from glioscope.preparation import prepare, resampled
from glioscope.simulation import training_sample

GRID = "brain-2mm"


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> ListedCase:
    """A simulated patient as BraTS comes, with files beside it that are no part of the case."""
    folder = tmp_path_factory.mktemp("set") / "SIM-1"
    made = training_sample(5, spacing_mm=3.0, model_mm=3.0)
    for sequence, data in zip(Sequence, made.images, strict=True):
        image = Volume(data=np.rint(data * 1000), affine=made.affine)
        write_volume(image, folder / f"{sequence}.nii.gz")
    labels = Volume(data=made.labels, affine=made.affine)
    write_volume(labels, folder / "SIM-1-seg.nii.gz")
    (folder / "t1_of_another_day.nii.gz").write_bytes(b"damaged, and not listed")
    return ListedCase(
        case_id="SIM-1",
        patient="SIM-1",
        source="simulated",
        images=MappingProxyType({one: folder / f"{one}.nii.gz" for one in Sequence}),
        labels=folder / "SIM-1-seg.nii.gz",
    )


@pytest.fixture(scope="module")
def filled(patient: ListedCase, tmp_path_factory: pytest.TempPathFactory) -> CaseCache:
    cache = CaseCache(folder=tmp_path_factory.mktemp("cache"), grid=GRID)
    assert cache.fill([patient]) == ((patient,), ())
    return cache


@pytest.fixture
def copied(filled: CaseCache, tmp_path: Path) -> CaseCache:
    shutil.copytree(filled.folder, tmp_path / "copy")
    return replace(filled, folder=tmp_path / "copy")


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No case may be prepared."""

    def refused(_: object) -> None:
        pytest.fail("a case was prepared that is there already")

    monkeypatch.setattr(cache_module, "prepare", refused)


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch, filled: CaseCache) -> list[str]:
    """Cases prepared, without the time that it takes: all are those of the cache."""
    cached = filled.open("SIM-1")
    made: list[str] = []

    def written(cache: CaseCache, listed: ListedCase, made_from: dict[str, object]) -> None:
        made.append(listed.case_id)
        about = replace(cached.about, case_id=listed.case_id, made_from=made_from)
        place = cache.place / listed.case_id
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(cached.folder, place)
        (place / "case.json").write_bytes(about.as_json())

    monkeypatch.setattr(cache_module, "_prepare", written)
    return made


def same(one: Sample, other: Sample) -> bool:
    return all(torch.equal(getattr(one, n), getattr(other, n)) for n in Sample.__slots__)


def test_a_cached_case_is_what_preparation_and_grid_give(
    patient: ListedCase, filled: CaseCache
) -> None:
    study = read_listed(patient)
    case = prepare(study)
    truth = read_truth(patient, case=case, study=study)
    assert truth is not None
    expected = to_sample(case, truth.regions, (1, 1, 1), training_grid(GRID))

    cached = filled.open("SIM-1")
    sample = cached.sample()

    torch.testing.assert_close(sample.image, expected.image, atol=4e-3, rtol=1e-3)
    torch.testing.assert_close(sample.regions, expected.regions, atol=0.6 / 255, rtol=0)
    torch.testing.assert_close(sample.brain, expected.brain, atol=0.6 / 255, rtol=0)
    assert sample.presence.tolist() == [1, 1, 1, 1]
    assert sample.known.tolist() == [1, 1, 1]
    assert cached.truth is not None
    np.testing.assert_array_equal(cached.truth.data, truth.labels.data)
    np.testing.assert_array_equal(cached.brain_1mm.data, case.brain.data)
    np.testing.assert_array_equal(cached.brain_1mm.affine, case.brain.affine)


def test_what_is_said_of_the_tumor_is_what_was_simulated(filled: CaseCache) -> None:
    made = training_sample(5, spacing_mm=3.0, model_mm=3.0)
    simulated = Volume(data=made.labels, affine=made.affine)
    inside = np.argwhere(made.labels > 0)

    cached = filled.open("SIM-1")

    box = cached.about.tumor
    assert box is not None
    assert cached.tumor_ml == pytest.approx(len(inside) * simulated.voxel_volume_ml, rel=0.05)
    middle_mm = cached.grid.world(box.middle_vox)
    np.testing.assert_allclose(middle_mm, simulated.world(inside.mean(axis=0)), atol=2.0)
    np.testing.assert_allclose(
        cached.grid.world(box.low_vox), simulated.world(inside.min(axis=0)), atol=3.0
    )
    np.testing.assert_allclose(
        cached.grid.world(np.array(box.high_vox) - 1), simulated.world(inside.max(axis=0)), atol=3.0
    )


def test_a_prediction_comes_back_to_the_case_by_the_grid(filled: CaseCache) -> None:
    cached = filled.open("SIM-1")
    truth = cached.truth
    assert truth is not None

    for channel, region in enumerate(REGIONS[:2]):
        share = cached.grid.with_data(cached.sample().regions[channel].numpy())
        back = resampled(share, like=cached.brain_1mm).data >= 0.5

        # there and back at 2 mm; a voxel's offset would cost far more
        assert (dice(back, region_mask(truth, region).data) or 0) > 0.93
    assert region_mask(truth, Region.WT).data.any()


@pytest.mark.parametrize(
    ("start", "size"),
    [((20, 30, 25), (16, 12, 8)), ((-5, 60, 0), (24, 90, 10)), ((500, 0, -99), (4, 5, 6))],
)
def test_a_box_is_cut_from_the_padded_whole(
    filled: CaseCache, start: tuple[int, int, int], size: tuple[int, int, int]
) -> None:
    cached = filled.open("SIM-1")
    whole = cached.sample()
    far = 512
    places = tuple(slice(a + far, a + far + n) for a, n in zip(start, size, strict=True))

    box = cached.box(start, size)

    assert box.image.shape == (4, *size)
    for name in ("image", "regions", "brain"):
        index = np.ix_(*[range(place.start, place.stop) for place in places])
        for found, channel in zip(getattr(box, name), getattr(whole, name), strict=True):
            padded = np.zeros(size, dtype=np.float32)
            inside = [(i >= far) & (i < far + n) for i, n in zip(index, channel.shape, strict=True)]
            valid = inside[0] & inside[1] & inside[2]
            i, j, k = np.broadcast_arrays(*[one - far for one in index])
            padded[valid] = channel.numpy()[i[valid], j[valid], k[valid]]
            np.testing.assert_array_equal(found.numpy(), padded)


def test_a_box_takes_the_memory_of_a_box(filled: CaseCache) -> None:
    cached = filled.open("SIM-1")
    cached.box((30, 30, 30), (8, 8, 8))

    tracemalloc.start()
    cached.box((30, 30, 30), (16, 16, 16))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    of_box = 16**3 * (4 + 3 + 1) * 4
    assert peak < 2 * of_box
    assert 20 * of_box < (cached.folder / "image.npy").stat().st_size


def test_a_cached_case_goes_to_another_process_as_a_name(filled: CaseCache) -> None:
    cached = filled.open("SIM-1")

    sent = pickle.dumps(cached)

    assert len(sent) < 10_000
    assert same(pickle.loads(sent).sample(), cached.sample())  # noqa: S301


@pytest.mark.usefixtures("refusing")
def test_a_case_that_is_there_is_not_prepared_again(patient: ListedCase, filled: CaseCache) -> None:
    assert filled.fill([patient]) == ((patient,), ())
    assert filled.case_ids == ("SIM-1",)


def test_a_case_is_prepared_again_when_what_it_was_made_from_changes(
    patient: ListedCase, copied: CaseCache, remembered: list[str], tmp_path: Path
) -> None:
    assert patient.labels is not None
    labels = tmp_path / patient.labels.name
    shutil.copy2(patient.labels, labels)
    moved = replace(patient, labels=labels)

    copied.fill([moved])
    assert remembered == []
    os.utime(labels, ns=(1, 1))
    copied.fill([moved])
    assert remembered == ["SIM-1"]
    copied.fill([replace(moved, whole_tumor_only=True)])
    assert remembered == ["SIM-1"] * 2
    copied.fill([replace(moved, images={Sequence.FLAIR: patient.images[Sequence.FLAIR]})])
    assert remembered == ["SIM-1"] * 3
    copied.fill([replace(moved, convention=LabelConvention.BRATS_2023)])
    assert remembered == ["SIM-1"] * 4


@pytest.mark.parametrize("name", ["image", "regions", "brain", "truth", "brain_1mm"])
def test_a_damaged_case_is_refused_and_mended(
    patient: ListedCase, copied: CaseCache, remembered: list[str], name: str
) -> None:
    path = copied.place / "SIM-1" / f"{name}.npy"
    os.truncate(path, path.stat().st_size - 1)

    with pytest.raises(CaseError, match=r"case SIM-1: .* damaged .*; fill the cache again"):
        copied.open("SIM-1")
    copied.fill([patient])

    assert remembered == ["SIM-1"]
    assert copied.open("SIM-1").sample().image.any()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"\xff\xfe", b'{"case_id": "SIM-1"'])
def test_a_damaged_description_is_refused(copied: CaseCache, content: bytes) -> None:
    (copied.place / "SIM-1" / "case.json").write_bytes(content)

    with pytest.raises(CaseError, match="fill the cache again"):
        copied.open("SIM-1")


def test_arrays_of_another_form_are_refused(copied: CaseCache) -> None:
    np.save(copied.place / "SIM-1" / "brain.npy", np.zeros((1, 2, 3, 4), dtype=np.uint8))

    with pytest.raises(CaseError, match="fill the cache again"):
        copied.open("SIM-1")


def test_cases_that_cannot_be_prepared_are_left_out_with_their_reason(
    patient: ListedCase, filled: CaseCache, tmp_path: Path
) -> None:
    damaged = tmp_path / "flair.nii.gz"
    damaged.write_bytes(b"no image")
    cases = [
        replace(patient, case_id="SIM-2", images={Sequence.FLAIR: damaged}),
        patient,
        replace(patient, case_id="SIM-3", images={Sequence.T1: tmp_path / "gone.nii"}),
    ]

    ready, left_out = filled.fill(cases)

    assert ready == (patient,)
    assert [one.case_id for one in left_out] == ["SIM-2", "SIM-3"]
    assert left_out[0].reason.startswith("flair.nii.gz")
    assert "\n" not in left_out[0].reason
    assert "gone.nii, listed as t1, can't be read" in left_out[1].reason
    assert filled.case_ids == ("SIM-1",)


@pytest.mark.usefixtures("refusing")
def test_processes_do_the_same_as_one(patient: ListedCase, filled: CaseCache) -> None:
    gone = replace(patient, case_id="SIM-0", labels=Path("gone.nii"))
    steps: list[tuple[int, int]] = []

    class Counted(Silent):
        def step(self, done: int, total: int) -> None:
            steps.append((done, total))

    ready, left_out = filled.fill([gone, patient], workers=2, progress=Counted())

    assert ready == (patient,)
    assert [type(one) for one in left_out] == [LeftOut]
    assert steps == [(1, 2), (2, 2)]


def test_a_whole_tumor_alone_is_known_as_such(patient: ListedCase, tmp_path: Path) -> None:
    few = {Sequence.FLAIR: patient.images[Sequence.FLAIR]}
    listed = replace(patient, images=few, whole_tumor_only=True)
    cache = CaseCache(folder=tmp_path, grid="visual-pathway")

    assert cache.fill([listed]) == ((listed,), ())

    cached = cache.open("SIM-1")
    sample = cached.sample()
    assert cached.shape == (112, 112, 80)
    assert sample.known.tolist() == [1, 0, 0]
    assert sample.presence.tolist() == [0, 0, 0, 1]
    assert sample.regions[0].any()
    assert not sample.regions[1:].any()
    assert cached.truth is not None
    assert np.unique(cached.truth.data).tolist() == [0, 2]
    geometry = VisualPathwayGeometry()
    whole = cached.grid.with_data(sample.regions[0].numpy() > 0)
    back = geometry.restored(whole, like=cached.brain_1mm)
    assert (dice(back.data, cached.truth.data > 0) or 0) > 0.9


def test_a_case_without_labels_is_kept_as_unknown(patient: ListedCase, tmp_path: Path) -> None:
    few = {Sequence.FLAIR: patient.images[Sequence.FLAIR]}
    cache = CaseCache(folder=tmp_path, grid=GRID)

    cache.fill([replace(patient, images=few, labels=None)])

    cached = cache.open("SIM-1")
    assert cached.sample().known.tolist() == [0, 0, 0]
    assert (cached.truth, cached.tumor_ml, cached.tumor_middle_vox) == (None, None, None)


def test_a_full_disk_ends_in_one_error_and_leaves_nothing(
    patient: ListedCase, tmp_path: Path
) -> None:
    cache = CaseCache(folder=tmp_path, grid=GRID)
    few = {Sequence.FLAIR: patient.images[Sequence.FLAIR]}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(OutputError, match=r"case SIM-1 can't be kept .*free some space"):
            cache.fill([replace(patient, images=few)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert list(cache.place.iterdir()) == []


def test_what_a_killed_process_left_is_removed_once_it_is_old(
    patient: ListedCase, copied: CaseCache
) -> None:
    old, fresh = copied.place / ".SIM-9.1.partial", copied.place / ".SIM-9.2.partial"
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "case.json").write_text("{}")
    os.utime(old, (time.time() - 7200, time.time() - 7200))

    copied.fill([patient])

    assert not old.exists()
    assert fresh.exists()
    assert copied.case_ids == ("SIM-1",)


@pytest.mark.parametrize("case_id", ["", "../SIM-1", "a/b", ".hidden", "a\0b"])
def test_a_case_id_that_is_no_name_of_a_folder_is_refused(
    patient: ListedCase, filled: CaseCache, case_id: str
) -> None:
    with pytest.raises(InputError, match="can't name a folder"):
        filled.fill([replace(patient, case_id=case_id)])
    with pytest.raises(InputError, match="can't name a folder"):
        filled.open(case_id)


def test_two_cases_of_one_id_are_refused(patient: ListedCase, filled: CaseCache) -> None:
    with pytest.raises(InputError, match="1 case ids stand for two cases, such as SIM-1"):
        filled.fill([patient, replace(patient, labels=None)])


def test_a_case_that_is_not_there_is_refused(filled: CaseCache) -> None:
    with pytest.raises(InputError, match=r"SIM-7 is not in the cache .*; fill"):
        filled.open("SIM-7")


def test_an_unknown_grid_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no training grid is named 'fine'"):
        CaseCache(folder=tmp_path, grid="fine")


def test_the_description_is_json_that_names_no_folder(
    patient: ListedCase, filled: CaseCache
) -> None:
    text = (filled.place / "SIM-1" / "case.json").read_text()

    assert json.loads(text)["made_from"]["files"]["labels"]["name"] == "SIM-1-seg.nii.gz"
    assert str(patient.images[Sequence.T1].parent) not in text
    assert CachedCase.at(filled.place / "SIM-1").about.as_json().decode() == text
