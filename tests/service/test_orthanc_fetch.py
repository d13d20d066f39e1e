from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import RLELossless
from tests.service.orthanc import Orthanc, mr_study, running_orthanc

from glioscope.core import InputError
from glioscope.io import read_study
from glioscope.service.fetch.study import (
    Destination,
    Link,
    Query,
    Receiver,
    Source,
    Timeouts,
    fetch_study,
    find_studies,
    source_of,
)
from glioscope.service.send.instances import send

WAYS = ["move", "get", "web"]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


@pytest.fixture(scope="module")
def held(orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A study that Orthanc holds, and the folder with the same files."""
    folder = tmp_path_factory.mktemp("held")
    uid, files = mr_study(folder, seed=7, series=2)
    send(files, Destination.parse(orthanc.web))
    return uid, folder


def source(orthanc: Orthanc, way: str, *, aet: str = "GLIOSCOPE") -> Source:
    return source_of(
        Destination.parse(orthanc.web if way == "web" else orthanc.node),
        Link(calling_aet=aet, timeouts=Timeouts(connect_s=10.0, answer_s=30.0)),
        receiver=Receiver(port=orthanc.move_port) if way == "move" else None,
    )


def pixels(folder: Path) -> dict[str, bytes]:
    instances = [dcmread(path) for path in folder.rglob("*.dcm")]
    return {instance.SOPInstanceUID: instance.PixelData for instance in instances}


@pytest.mark.parametrize("way", WAYS)
def test_a_fetched_study_is_the_one_that_was_sent(
    orthanc: Orthanc, held: tuple[str, Path], tmp_path: Path, way: str
) -> None:
    uid, folder = held
    archive = source(orthanc, way)
    (study,) = find_studies(Query(study_uid=uid), archive)

    fetched = fetch_study(study, archive, tmp_path / "out")

    assert fetched.instances == 12
    assert set(pixels(tmp_path / "out")) == orthanc.instances(uid)
    assert pixels(tmp_path / "out") == pixels(folder)
    assert len(read_study(tmp_path / "out").series) == 2


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("query", "matches"),
    [
        (Query(patient_id="PSEUDONYM-7"), 1),
        (Query(patient_id="PSEUDONYM-7", modality="MR", dates="20191231-20200102"), 1),
        (Query(patient_id="PSEUDONYM-7", modality="CT"), 0),
        (Query(patient_id="PSEUDONYM-7", dates="20210101-"), 0),
        (Query(study_uid="1.2.3"), 0),
    ],
)
def test_a_query_finds_what_matches(
    orthanc: Orthanc, held: tuple[str, Path], way: str, query: Query, matches: int
) -> None:
    found = find_studies(query, source(orthanc, way))

    assert [study.uid for study in found] == [held[0]] * matches
    assert [study.instances for study in found] == [12] * matches
    descriptions = [series.description for study in found for series in study.series]
    assert descriptions == ["Series 1", "Series 2"] * matches


@pytest.mark.parametrize("way", WAYS)
def test_compressed_images_come_as_they_are_stored(
    orthanc: Orthanc, tmp_path: Path, way: str
) -> None:
    uid, files = mr_study(tmp_path / "held", seed=100 + WAYS.index(way))
    plain = {one.SOPInstanceUID: one.pixel_array for one in map(dcmread, files)}
    for file in files:
        instance = dcmread(file)
        # without new UIDs: the same instance, compressed where it lies
        instance.compress(RLELossless, generate_instance_uid=False)
        instance.save_as(file)
    send(files, Destination.parse(orthanc.node))
    archive = source(orthanc, way)
    (study,) = find_studies(Query(study_uid=uid), archive)

    fetch_study(study, archive, tmp_path / "out")

    came = [dcmread(path) for path in (tmp_path / "out").rglob("*.dcm")]
    assert {one.file_meta.TransferSyntaxUID for one in came} == {RLELossless}
    assert len(came) == len(plain)
    assert all((plain[one.SOPInstanceUID] == one.pixel_array).all() for one in came)


def test_an_ae_title_that_orthanc_does_not_know_gets_nothing(
    orthanc: Orthanc, held: tuple[str, Path], tmp_path: Path
) -> None:
    archive = source(orthanc, "move", aet="NOBODY")
    (study,) = find_studies(Query(study_uid=held[0]), archive)

    with pytest.raises(InputError, match="check that it knows our AE title"):
        fetch_study(study, archive, tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", WAYS)
def test_an_orthanc_that_has_gone_leaves_nothing(tmp_path: Path, way: str) -> None:
    uid, files = mr_study(tmp_path / "study", seed=8)
    (tmp_path / "orthanc").mkdir()
    with running_orthanc(tmp_path / "orthanc") as gone:
        send(files, Destination.parse(gone.web))
        archive = source(gone, way)
        (study,) = find_studies(Query(study_uid=uid), archive)

    with pytest.raises(InputError, match="check that it runs"):
        fetch_study(study, archive, tmp_path / "out")

    assert not list(tmp_path.glob("out*"))
