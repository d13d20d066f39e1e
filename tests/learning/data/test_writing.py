import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from glioscope.core import OutputError
from glioscope.learning.data.writing import write_folder

ROUNDS = 40


def never() -> bool:
    return False


def write(place: Path, value: int) -> None:
    arrays = {name: np.full((50, 50), value) for name in ("a", "b")}
    write_folder(place, arrays, about=("about.json", str(value).encode()), is_current=never)


def write_often(place: Path, value: int) -> None:
    for _ in range(ROUNDS):
        write(place, value)


def values(place: Path) -> set[int]:
    found = {int(one) for name in "ab" for one in np.unique(np.load(place / f"{name}.npy"))}
    return found | {int((place / "about.json").read_text())}


def test_a_folder_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "case", 1)
    write(tmp_path / "deep" / "case", 2)

    assert values(tmp_path / "deep" / "case") == {2}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["case"]


def test_one_that_became_current_meanwhile_stays(tmp_path: Path) -> None:
    write(tmp_path / "case", 1)

    write_folder(
        tmp_path / "case", {"a": np.zeros(3)}, about=("about.json", b"2"), is_current=lambda: True
    )

    assert values(tmp_path / "case") == {1}
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_an_older_mapped_array_can_be_read_on(tmp_path: Path) -> None:
    write(tmp_path / "case", 1)
    mapped = np.load(tmp_path / "case" / "a.npy", mmap_mode="r")

    write(tmp_path / "case", 2)

    assert np.unique(mapped).tolist() == [1]


def test_two_writers_never_mix_their_files(tmp_path: Path) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        writers = [pool.submit(write_often, tmp_path / "case", value) for value in (1, 2)]
        for writer in writers:
            writer.result()

    assert values(tmp_path / "case") in ({1}, {2})
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(OutputError, match="Permission denied"):
        write(tmp_path / "case", 1)


def test_a_file_in_the_way_is_refused_and_stays(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("a file")

    with pytest.raises(OutputError, match="case case can't be kept in set"):
        write(tmp_path / "set" / "case", 1)

    assert (tmp_path / "set").read_text() == "a file"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing(tmp_path: Path, interruption: type[BaseException]) -> None:
    def interrupted() -> bool:
        raise interruption

    with pytest.raises(interruption):
        write_folder(
            tmp_path / "case", {"a": np.zeros(3)}, about=("x", b""), is_current=interrupted
        )

    assert list(tmp_path.iterdir()) == []
