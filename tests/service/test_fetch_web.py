from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread
from tests.service.nodes import Answer, web_server
from tests.service.orthanc import mr_study

from glioscope.core import InputError
from glioscope.service.fetch.study import (
    Destination,
    FoundStudy,
    Link,
    Query,
    Source,
    Timeouts,
    fetch_study,
    find_studies,
    source_of,
)

BOUNDARY = "between-instances"
MULTIPART = f'multipart/related; type="application/dicom"; boundary="{BOUNDARY}"'
LINK = Link(timeouts=Timeouts(connect_s=10.0, answer_s=30.0))


def multipart(instances: list[bytes]) -> bytes:
    parts = [
        f"\r\n--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode() + instance
        for instance in instances
    ]
    return b"".join(parts) + f"\r\n--{BOUNDARY}--".encode()


def qido(files: tuple[Path, ...], level: str) -> Answer:
    first = dcmread(files[0])
    told = {"0020000D": {"vr": "UI", "Value": [first.StudyInstanceUID]}}
    if level == "series":
        told |= {
            "0020000E": {"vr": "UI", "Value": [first.SeriesInstanceUID]},
            "00201209": {"vr": "IS", "Value": [len(files)]},
        }
    return Answer(body=json.dumps([told]).encode())


@contextmanager
def serving(files: tuple[Path, ...], retrieval: Callable[[], Answer]) -> Iterator[Source]:
    """Run a DICOMweb service of one series, which answers its retrieval as the caller says."""

    def answer(path: str, _: bytes) -> Answer:
        if path.startswith("/dicom-web/studies?"):
            return qido(files, "study")
        if path.partition("?")[0].endswith("/series"):
            return qido(files, "series")
        return retrieval()

    with web_server(answer) as web:
        yield source_of(Destination.parse(web.url), LINK, receiver=None)


def only_study(archive: Source) -> FoundStudy:
    (found,) = find_studies(Query(dates="20200101"), archive)
    return found


def test_a_study_arrives_as_it_was(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "held", seed=1)
    body = multipart([file.read_bytes() for file in files])

    with serving(files, lambda: Answer(body=body, content_type=MULTIPART)) as archive:
        fetch_study(only_study(archive), archive, tmp_path / "out")

    came = [dcmread(path) for path in (tmp_path / "out").rglob("*.dcm")]
    assert {one.SOPInstanceUID: one for one in came} == {
        one.SOPInstanceUID: one for one in map(dcmread, files)
    }


def test_an_instance_whose_pixels_are_cut_off_is_not_kept(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "held", seed=1)
    contents = [file.read_bytes() for file in files]
    body = multipart([*contents[:5], contents[5][:-10]])

    with (
        serving(files, lambda: Answer(body=body, content_type=MULTIPART)) as archive,
        pytest.raises(InputError, match=r"went away within an instance.* 5 instances that came"),
    ):
        fetch_study(only_study(archive), archive, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_body_that_breaks_off_is_one_error(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "held", seed=1)
    body = multipart([file.read_bytes() for file in files])
    cut = Answer(body=body[:5000], content_type=MULTIPART, announced=len(body))

    with serving(files, lambda: cut) as archive, pytest.raises(InputError, match="went away"):
        fetch_study(only_study(archive), archive, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_an_instance_of_another_study_is_refused(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "held", seed=1)
    _, others = mr_study(tmp_path / "others", seed=2)
    body = multipart([others[0].read_bytes()])

    with (
        serving(files, lambda: Answer(body=body, content_type=MULTIPART)) as archive,
        pytest.raises(InputError, match="an instance of another study"),
    ):
        fetch_study(only_study(archive), archive, tmp_path / "out")

    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(status=404), "has nothing there"),
        (Answer(status=500), "HTTP status 500"),
        (Answer(body=b"<html>", content_type="text/html"), "something else than DICOMweb"),
        (Answer(body=multipart([b"no DICOM"]), content_type=MULTIPART), "something else than"),
        (Answer(body=multipart([]), content_type=MULTIPART), "6 instances did not come"),
    ],
)
def test_a_retrieval_that_fails_is_one_error_and_leaves_nothing(
    tmp_path: Path, answer: Answer, told: str
) -> None:
    _, files = mr_study(tmp_path / "held", seed=1)

    with serving(files, lambda: answer) as archive, pytest.raises(InputError, match=told):
        fetch_study(only_study(archive), archive, tmp_path / "out")

    assert not list(tmp_path.glob("out*"))


def test_a_query_that_matches_the_whole_archive_is_refused() -> None:
    studies = [{"0020000D": {"vr": "UI", "Value": [f"1.2.{n}"]}} for n in range(1001)]

    with web_server(lambda _, __: Answer(body=json.dumps(studies).encode())) as web:
        archive = source_of(Destination.parse(web.url), LINK, receiver=None)
        with pytest.raises(InputError, match="more than 1000 studies match"):
            find_studies(Query(dates="19000101-"), archive)

    assert len(web.asked) == 1


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b'["hello"]', b'[{"0020000D": 3}]'])
def test_an_answer_that_is_no_dicomweb_is_told(body: bytes) -> None:
    with web_server(lambda _, __: Answer(body=body)) as web:
        archive = source_of(Destination.parse(web.url), LINK, receiver=None)
        with pytest.raises(InputError, match="something else than DICOMweb"):
            find_studies(Query(dates="20200101"), archive)
