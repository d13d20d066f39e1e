from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.certificates import self_signed
from tests.service.nodes import Answer, storage_node, web_server
from tests.service.orthanc import mr_study

from glioscope.core import OutputError
from glioscope.service.send.instances import ClientTls, Destination, Timeouts, send

QUICK = Timeouts(connect_s=10.0, answer_s=10.0)

# pynetdicom's server leaves the socket of a failed handshake to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <s:ResourceWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


def test_both_sides_show_their_certificates(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    archive, ours = self_signed(tmp_path, "archive"), self_signed(tmp_path, "ours")
    tls = ClientTls(ca=archive.certificate, certificate=ours.certificate, key=ours.key)

    with storage_node(context=archive.server(clients=ours.certificate)) as node:
        sent = send(files, Destination.parse(node.node), tls=tls, timeouts=QUICK)

    assert sent.count == 6


def test_a_certificate_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    archive, other = self_signed(tmp_path, "archive"), self_signed(tmp_path, "other")

    with (
        storage_node(context=archive.server()) as node,
        pytest.raises(OutputError, match="TLS certificate that is not trusted"),
    ):
        send(
            files,
            Destination.parse(node.node),
            tls=ClientTls(ca=other.certificate),
            timeouts=QUICK,
        )

    assert node.received == []


def test_plain_dicom_to_a_node_of_tls_is_told(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    with (
        storage_node(context=self_signed(tmp_path, "archive").server()) as node,
        pytest.raises(OutputError, match="whether it wants TLS"),
    ):
        send(files, Destination.parse(node.node), timeouts=QUICK)


def test_https_trusts_the_authority_that_was_named_and_shows_our_certificate(
    tmp_path: Path,
) -> None:
    _, files = mr_study(tmp_path, seed=1)
    archive, ours = self_signed(tmp_path, "archive"), self_signed(tmp_path, "ours")
    tls = ClientTls(ca=archive.certificate, certificate=ours.certificate, key=ours.key)
    stored = {"00081199": {"vr": "SQ", "Value": [{}] * len(files)}}
    answer = Answer(body=json.dumps(stored).encode())

    with web_server(lambda _, __: answer, context=archive.server(clients=ours.certificate)) as web:
        sent = send(files, Destination.parse(web.url), tls=tls)

    assert sent.count == 6


def test_https_of_another_authority_gets_nothing(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    archive, other = self_signed(tmp_path, "archive"), self_signed(tmp_path, "other")

    with web_server(lambda _, __: Answer(), context=archive.server()) as web:
        for tls in (None, ClientTls(ca=other.certificate)):
            with pytest.raises(OutputError, match="certificate that is not trusted"):
                send(files, Destination.parse(web.url), tls=tls)

    assert web.asked == []
