from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.service.nodes import Answer, web_server
from tests.service.orthanc import free_port, mr_study

from glioscope.core import InputError, OutputError
from glioscope.service.send.instances import Destination, Sent, send


def references(body: bytes, *, failed: int = 0) -> Answer:
    """Answer as PS3.18 has it: the first ``failed`` instances were not stored."""
    items: list[dict[str, Any]] = [{"00081155": {"vr": "UI", "Value": ["1.2"]}}] * parts(body)
    refused = [item | {"00081197": {"vr": "US", "Value": [0xA900]}} for item in items[:failed]]
    answer = {
        "00081198": {"vr": "SQ", "Value": refused},
        "00081199": {"vr": "SQ", "Value": items[failed:]},
    }
    return Answer(status=202 if failed else 200, body=json.dumps(answer).encode())


def parts(body: bytes) -> int:
    return body.count(b"Content-Type: application/dicom")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    return mr_study(tmp_path, seed=1)[1]


def test_what_the_answer_confirms_is_counted(files: tuple[Path, ...]) -> None:
    with web_server(lambda _, body: references(body)) as web:
        assert send(files, Destination.parse(web.url)) == Sent(count=6, changed=0)


def test_many_bytes_go_in_several_requests(
    files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glioscope.service.send.web._REQUEST_BYTES", 4000)

    with web_server(lambda _, body: references(body)) as web:
        sent = send(files, Destination.parse(web.url))

    assert sent.count == 6
    assert len(web.asked) > 1


def test_an_instance_that_failed_is_told_with_its_reason(files: tuple[Path, ...]) -> None:
    with (
        web_server(lambda _, body: references(body, failed=2)) as web,
        pytest.raises(OutputError, match=r"stored 4 of 6 .*: 2 refused with reason A900"),
    ):
        send(files, Destination.parse(web.url))


def test_what_the_answer_does_not_confirm_is_not_taken_for_stored(
    files: tuple[Path, ...],
) -> None:
    page = Answer(body=b"<html>Welcome</html>", content_type="text/html")

    with (
        web_server(lambda _, __: page) as web,
        pytest.raises(OutputError, match=r"stored 0 of 6 .*: 6 not confirmed"),
    ):
        send(files, Destination.parse(web.url))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "wants a login: set GLIOSCOPE_DICOMWEB_TOKEN"),
        (403, "does not allow this"),
        (404, "check the URL"),
        (409, "stored none"),
        (413, "raise its limit"),
        (415, "does not take this kind"),
        (503, "HTTP status 503"),
        (599, "HTTP status 599"),
    ],
)
def test_a_refusal_is_one_error_that_says_what_to_do(
    files: tuple[Path, ...], status: int, told: str
) -> None:
    with (
        web_server(lambda _, __: Answer(status=status)) as web,
        pytest.raises(OutputError, match=told) as refused,
    ):
        send(files, Destination.parse(web.url))

    assert "PSEUDONYM" not in str(refused.value)


def test_json_that_is_no_dicom_is_told(files: tuple[Path, ...]) -> None:
    with (
        web_server(lambda _, __: Answer(body=b'["hello"]')) as web,
        pytest.raises(OutputError, match="something else than DICOMweb"),
    ):
        send(files, Destination.parse(web.url))


def test_a_redirection_is_not_followed(files: tuple[Path, ...]) -> None:
    with web_server(lambda _, body: references(body)) as other:
        moved = Answer(status=307, headers=(("Location", other.url + "/studies"),))
        with (
            web_server(lambda _, __: moved) as web,
            pytest.raises(OutputError, match="points to another address"),
        ):
            send(files, Destination.parse(web.url))

    assert other.asked == []


def test_a_service_that_is_not_there_is_told(files: tuple[Path, ...]) -> None:
    with pytest.raises(OutputError, match="can't be reached"):
        send(files, Destination.parse(f"http://127.0.0.1:{free_port()}/dicom-web"))


def test_a_token_or_a_user_of_the_environment_logs_in(
    files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server(lambda _, body: references(body)) as web:
        monkeypatch.setenv("GLIOSCOPE_DICOMWEB_USER", "Aladdin")
        monkeypatch.setenv("GLIOSCOPE_DICOMWEB_PASSWORD", "open sesame")
        send(files, Destination.parse(web.url))
        monkeypatch.setenv("GLIOSCOPE_DICOMWEB_TOKEN", "of-bearer")
        send(files, Destination.parse(web.url))

    # the first is the example of RFC 7617
    assert [asked["Authorization"] for asked in web.asked] == [
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "Bearer of-bearer",
    ]


def test_a_user_without_a_password_is_refused(
    files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLIOSCOPE_DICOMWEB_USER", "Aladdin")
    monkeypatch.delenv("GLIOSCOPE_DICOMWEB_PASSWORD", raising=False)

    with pytest.raises(InputError, match="without GLIOSCOPE_DICOMWEB_PASSWORD"):
        send(files, Destination.parse("http://127.0.0.1:9/dicom-web"))


def test_proxies_of_the_environment_get_nothing(
    files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server(lambda _, body: references(body)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        with web_server(lambda _, body: references(body)) as web:
            send(files, Destination.parse(web.url))

    assert proxy.asked == []
