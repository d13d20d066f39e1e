from __future__ import annotations

import logging
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import (
    UID,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
)
from pynetdicom import AllStoragePresentationContexts
from pynetdicom.presentation import build_context
from tests.service.nodes import LOOPBACK, SUCCESS, storage_node
from tests.service.orthanc import free_port, mr_study

from glioscope.core import InputError, OutputError
from glioscope.service.send.instances import Destination, Sent, Timeouts, send

OUT_OF_RESOURCES = 0xA700
COERCED = 0xB000
QUICK = Timeouts(connect_s=1.0, answer_s=1.0)


def of_class(path: Path, sop_class: str, *, number: int) -> Path:
    """Write a copy of an instance that says to be another kind of object."""
    instance = dcmread(path)
    kind, uid = UID(sop_class), UID(f"{instance.SOPInstanceUID[:40]}.{number}")
    instance.SOPClassUID = instance.file_meta.MediaStorageSOPClassUID = kind
    instance.SOPInstanceUID = instance.file_meta.MediaStorageSOPInstanceUID = uid
    copy = path.with_name(f"{number}-{path.name}")
    instance.save_as(copy)
    return copy


def test_each_file_of_a_folder_arrives_once(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "deep" / "er", seed=1)
    (tmp_path / "notes.txt").write_text("no DICOM")
    (tmp_path / ".hidden.dcm").write_bytes(files[0].read_bytes())

    with storage_node() as archive:
        sent = send([tmp_path], Destination.parse(archive.node))

    assert sent == Sent(count=6, changed=0)
    assert archive.received == [dcmread(file).SOPInstanceUID for file in files]


def test_an_instance_stored_with_a_warning_is_stored(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    with storage_node(lambda number, _: COERCED if number == 2 else SUCCESS) as archive:
        sent = send(files, Destination.parse(archive.node))

    assert sent == Sent(count=6, changed=1)


def test_a_refused_instance_is_told_and_does_not_keep_the_others(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    with (
        storage_node(lambda number, _: OUT_OF_RESOURCES if number == 2 else SUCCESS) as archive,
        pytest.raises(OutputError, match=r"stored 5 of 6 .*: 1 .* A700, out of resources"),
    ):
        send(files, Destination.parse(archive.node))

    assert len(archive.received) == 6


def test_a_kind_of_object_that_is_not_accepted_is_named(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    document = of_class(files[0], EncapsulatedPDFStorage, number=7)

    with (
        storage_node(contexts=[build_context(MRImageStorage)]) as archive,
        pytest.raises(OutputError, match=r"6 of 7 .*: 1 of Encapsulated PDF Storage in Explicit"),
    ):
        send([*files, document], Destination.parse(archive.node))

    assert len(archive.received) == 6


def test_an_archive_that_knows_implicit_vr_only_gets_the_same_values(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    pixels: list[bytes] = []

    def keep(_: int, event: Any) -> int:
        pixels.append(event.dataset.PixelData)
        return SUCCESS

    with storage_node(keep, contexts=[build_context(MRImageStorage, "1.2.840.10008.1.2")]) as one:
        send(files, Destination.parse(one.node))

    assert pixels == [dcmread(file).PixelData for file in files]


def test_more_kinds_than_an_association_can_hold_are_sent_over_several(tmp_path: Path) -> None:
    # two contexts a kind, 128 an association
    _, files = mr_study(tmp_path, seed=1)
    classes = [context.abstract_syntax for context in AllStoragePresentationContexts[:70]]
    copies = [of_class(files[0], str(kind), number=100 + n) for n, kind in enumerate(classes)]

    with storage_node() as archive:
        sent = send(copies, Destination.parse(archive.node))

    assert sent.count == 70
    assert len(set(archive.received)) == 70


def test_an_archive_that_takes_none_of_it_is_told(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    capture = build_context(SecondaryCaptureImageStorage, ExplicitVRLittleEndian)

    with (
        storage_node(contexts=[capture]) as archive,
        pytest.raises(OutputError, match="nothing of what was asked for"),
    ):
        send(files, Destination.parse(archive.node))


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"require_called_aet": True}, "does not go by the AE title PACS"),
        ({"require_calling_aet": ["OTHER"]}, "does not know the calling AE title GLIOSCOPE"),
    ],
)
def test_a_rejected_ae_title_is_named(tmp_path: Path, setting: dict[str, Any], told: str) -> None:
    _, files = mr_study(tmp_path, seed=1)

    with storage_node(**setting) as archive, pytest.raises(OutputError, match=told):
        send(files, Destination.parse(archive.node.replace("ARCHIVE", "PACS")))


def test_a_connection_that_breaks_says_how_many_arrived(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    def leave(number: int, event: Any) -> int:
        if number == 3:
            event.assoc.abort()
        return SUCCESS

    with (
        storage_node(leave) as archive,
        pytest.raises(OutputError, match=r"went away.* after 2 of 6"),
    ):
        send(files, Destination.parse(archive.node))


def test_an_archive_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)

    with pytest.raises(OutputError, match="does not answer; check that it runs"):
        send(files, Destination.parse(f"ARCHIVE@{LOOPBACK}:{free_port()}"))
    with pytest.raises(OutputError, match="no host that is known"):
        send(files, Destination.parse("ARCHIVE@host.invalid:104"))


def test_an_archive_that_keeps_silent_is_given_up(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    start = time.monotonic()

    with socket.create_server((LOOPBACK, 0)) as silent:
        to = Destination.parse(f"ARCHIVE@{LOOPBACK}:{silent.getsockname()[1]}")
        with pytest.raises(OutputError, match="keeps silent"):
            send(files, to, timeouts=QUICK)

    assert time.monotonic() - start < 20.0


def test_nothing_is_sent_if_a_file_is_no_dicom(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path, seed=1)
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 9)

    with storage_node() as archive, pytest.raises(InputError, match=r"broken\.dcm is no whole"):
        send([*files, broken], Destination.parse(archive.node))

    assert archive.received == []


def test_nothing_to_send_is_an_error(tmp_path: Path) -> None:
    to = Destination.parse("ARCHIVE@127.0.0.1:104")

    with pytest.raises(InputError, match="no DICOM file to send"):
        send([tmp_path], to)
    with pytest.raises(InputError, match=r"gone\.dcm: no such file"):
        send([tmp_path / "gone.dcm"], to)


def test_no_log_tells_whose_results_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    uid, files = mr_study(tmp_path, seed=1)
    caplog.set_level(logging.DEBUG)

    with (
        storage_node(lambda _, __: OUT_OF_RESOURCES) as archive,
        pytest.raises(OutputError) as error,
    ):
        send(files, Destination.parse(archive.node))

    told = caplog.text + str(error.value)
    assert "PSEUDONYM" not in told
    assert uid not in told
    assert not any(instance in told for instance in archive.received)
