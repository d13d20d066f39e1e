from __future__ import annotations

from pathlib import Path

import pytest

from glioscope.core import InputError
from glioscope.service.remote.node import Destination, Link, Node, WebRoot
from glioscope.service.remote.tls import ClientTls


@pytest.mark.parametrize(
    ("text", "aet", "host", "port"),
    [
        ("ORTHANC@127.0.0.1:4242", "ORTHANC", "127.0.0.1", 4242),
        ("MY PACS@pacs.hospital.example:104", "MY PACS", "pacs.hospital.example", 104),
        ("P@[::1]:65535", "P", "::1", 65535),
    ],
)
def test_a_node_is_read_and_named_as_it_was_given(
    text: str, aet: str, host: str, port: int
) -> None:
    node = Destination.parse(text)

    assert node == Node(aet=aet, host=host, port=port)
    assert str(node) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ORTHANC",
        "ORTHANC@host",
        "host:104",
        "@host:104",
        "A@host:0",
        "A@host:65536",
        "A@:104",
        "ftp://host/dicom-web",
        "A@B@host:104",
        "A@host:104/x",
    ],
)
def test_what_is_neither_node_nor_url_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"AET@host:port, such as .* https://host/dicom-web"):
        Destination.parse(text)


@pytest.mark.parametrize("title", ["SEVENTEEN_LETTERS", "BACK\\SLASH", "   ", "ÄRZTE"])
def test_an_ae_title_that_dicom_does_not_allow_is_refused(title: str) -> None:
    with pytest.raises(InputError, match="1 to 16 characters"):
        Destination.parse(f"{title}@host:104")
    with pytest.raises(InputError, match="1 to 16 characters"):
        Link(calling_aet=title)


@pytest.mark.parametrize(
    "url",
    [
        "https://host/dicom-web",
        "http://localhost:8042/dicom-web",
        "http://127.0.0.1/x",
        "http://[::1]:8042/dicom-web",
    ],
)
def test_https_to_anyone_and_http_to_this_machine_are_taken(url: str) -> None:
    assert Destination.parse(f"{url}/") == WebRoot(url=url)


def test_http_to_another_machine_must_be_allowed() -> None:
    with pytest.raises(InputError, match="unencrypted"):
        Destination.parse("http://pacs.example/dicom-web")

    allowed = Destination.parse("http://pacs.example/dicom-web", insecure=True)

    assert str(allowed) == "http://pacs.example/dicom-web"


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="GLIOSCOPE_DICOMWEB_PASSWORD") as refused:
        Destination.parse("https://nurse:secret@pacs.example/dicom-web")

    assert "nurse" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://", "https://host/root?x=1", "https://host/root#x"])
def test_a_url_that_is_no_root_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="looks like https://host/dicom-web"):
        Destination.parse(url)


def test_tls_files_must_be_there_and_be_whole(tmp_path: Path) -> None:
    rubbish = tmp_path / "ca.pem"
    rubbish.write_text("no certificate")

    with pytest.raises(InputError, match=r"missing\.pem: no such TLS file"):
        ClientTls(ca=tmp_path / "missing.pem")
    with pytest.raises(InputError, match="without its certificate"):
        ClientTls(key=rubbish)
    with pytest.raises(InputError, match="damaged"):
        ClientTls(ca=rubbish).context()
