from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID
from pynetdicom.events import Event
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind
from tests.service.archive import PENDING, query_node
from tests.service.orthanc import free_port, mr_study

from glioscope.core import InputError, OutputError
from glioscope.service.fetch.study import (
    ClientTls,
    Destination,
    FoundStudy,
    Link,
    Query,
    Receiver,
    Source,
    Timeouts,
    fetch_study,
    find_studies,
    source_of,
)

LINK = Link(timeouts=Timeouts(connect_s=10.0, answer_s=30.0))


def source(node: str, *, port: int | None = None, link: Link = LINK) -> Source:
    receiver = None if port is None else Receiver(port=port)
    return source_of(Destination.parse(node), link, receiver=receiver)


def only_study(archive: Source, uid: str) -> FoundStudy:
    (found,) = find_studies(Query(study_uid=uid), archive)
    return found


def pixels(folder: Path) -> dict[str, bytes]:
    instances = [dcmread(path) for path in folder.rglob("*.dcm")]
    return {instance.SOPInstanceUID: instance.PixelData for instance in instances}


def partial(folder: Path) -> list[Path]:
    return list(folder.parent.glob(f"{folder.name}.partial-*"))


@pytest.mark.parametrize("way", ["move", "get"])
def test_a_study_arrives_as_it_was(tmp_path: Path, way: str) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1, series=2)
    port = free_port() if way == "move" else None
    out = tmp_path / "out"

    with query_node(files, move_to=port) as node:
        archive = source(node, port=port)
        fetched = fetch_study(only_study(archive, uid), archive, out)

    assert (fetched.series, fetched.instances) == (2, 12)
    assert pixels(out) == pixels(tmp_path / "held")
    assert partial(out) == []


def test_a_study_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    with query_node(files) as node:
        assert find_studies(Query(study_uid="1.2.3"), source(node)) == ()
        assert find_studies(Query(patient_id="NOBODY"), source(node)) == ()


def test_a_pacs_that_ignores_a_key_gives_no_other_patient(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    # this node knows no accession numbers: it answers with all that it has
    with query_node(files) as node:
        assert find_studies(Query(accession="A-0815"), source(node)) == ()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")

    with query_node(files) as node:
        archive = source(node)
        with pytest.raises(OutputError, match="out is not empty"):
            fetch_study(only_study(archive, uid), archive, tmp_path / "out")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_incomplete_study_is_kept_out_of_place(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)
    out = tmp_path / "out"

    with query_node(files, sent=lambda matching: matching[:4]) as node:
        archive = source(node)
        with pytest.raises(InputError, match=r"2 instances did not come.* 4 instances that came"):
            fetch_study(only_study(archive, uid), archive, out)

    assert not out.exists()
    (left,) = partial(out)
    assert len(pixels(left)) == 4


def test_the_retrieval_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)
    out = tmp_path / "out"

    with query_node(files, sent=lambda _: []) as node:
        archive = source(node)
        with pytest.raises(InputError, match="6 instances did not come"):
            fetch_study(only_study(archive, uid), archive, out)

    assert not out.exists()
    assert partial(out) == []


def test_an_instance_of_another_patient_is_refused(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)
    _, others = mr_study(tmp_path / "others", seed=2)
    stranger = dcmread(others[0])
    out = tmp_path / "out"

    with query_node(files, sent=lambda matching: [*matching, stranger]) as node:
        archive = source(node)
        with pytest.raises(InputError, match=r"could not send 1 instances \(status B000\)"):
            fetch_study(only_study(archive, uid), archive, out)

    (left,) = partial(out)
    assert stranger.SOPInstanceUID not in pixels(left)


def test_a_pacs_that_does_not_know_us_is_told_with_the_way_out(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)

    with query_node(files) as node:
        archive = source(node, port=free_port())
        study = only_study(archive, uid)
        with pytest.raises(InputError, match=r"does not know where to send to.* --get"):
            fetch_study(study, archive, tmp_path / "out")


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)

    with query_node(files) as node:
        port = int(node.rpartition(":")[2])
        archive = source(node, port=port)
        with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 can't be listened on"):
            fetch_study(only_study(archive, uid), archive, tmp_path / "out")


def test_c_move_never_falls_back_from_tls(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)

    with query_node(files) as node:
        study = only_study(source(node), uid)
        archive = source(node, port=free_port(), link=replace(LINK, tls=ClientTls()))
        with pytest.raises(InputError, match="without TLS; fetch with --get"):
            fetch_study(study, archive, tmp_path / "out")


def test_a_pacs_without_c_get_is_told(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)

    with query_node(files, models=[StudyRootQueryRetrieveInformationModelFind]) as node:
        archive = source(node)
        with pytest.raises(InputError, match="does not offer C-GET"):
            fetch_study(only_study(archive, uid), archive, tmp_path / "out")


def test_a_pacs_that_goes_away_between_find_and_get_is_told(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)

    with query_node(files) as node:
        archive = source(node)
        study = only_study(archive, uid)
    start = time.monotonic()

    with pytest.raises(InputError, match="does not answer"):
        fetch_study(study, archive, tmp_path / "out")

    assert time.monotonic() - start < 20.0


def refusing(_: Event) -> Iterator[tuple[int, None]]:
    yield 0xA700, None


def leaving(event: Event) -> Iterator[tuple[int, None]]:
    event.assoc.abort()
    yield 0x0000, None


def endless(event: Event) -> Iterator[tuple[int, Dataset]]:
    for number in range(1001):
        study = Dataset()
        study.QueryRetrieveLevel = event.identifier.QueryRetrieveLevel
        study.StudyInstanceUID = f"1.2.{number}"
        yield PENDING, study


@pytest.mark.parametrize(
    ("find", "told"),
    [
        (refusing, "refused the query with status A700"),
        (leaving, "went away"),
        (endless, "more than 1000 studies match; narrow"),
    ],
)
def test_a_query_that_fails_is_one_error(find: object, told: str) -> None:
    with query_node([], find=find) as node, pytest.raises(InputError, match=told):  # type: ignore[arg-type]
        find_studies(Query(dates="20200101"), source(node))


def test_no_log_tells_whose_study_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    uid, files = mr_study(tmp_path / "held", seed=1)
    stranger = dcmread(files[0])
    stranger.StudyInstanceUID = UID("1.2.3")
    caplog.set_level(logging.DEBUG)

    with query_node(files, sent=lambda _: [stranger]) as node:
        archive = source(node)
        (study,) = find_studies(Query(patient_id="PSEUDONYM-1"), archive)
        with pytest.raises(InputError) as error:
            fetch_study(study, archive, tmp_path / "out")

    told = caplog.text + str(error.value)
    assert "PSEUDONYM" not in told
    assert uid not in told
