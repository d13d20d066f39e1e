"""What the listener takes, what it refuses, and what it keeps."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import SecondaryCaptureImageStorage
from pynetdicom import _config
from tests.service.certificates import self_signed
from tests.service.listening import association, listening, store, wait_until
from tests.service.orthanc import mr_study

from glioscope.core import InputError, OutputError
from glioscope.service.listen.config import Limits, ListenConfig, TlsFiles
from glioscope.service.listen.folder_lock import FolderLock
from glioscope.service.listen.listener import Listener

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
MISMATCH = 0xA900
NOT_UNDERSTOOD = 0xC000


def test_an_echo_is_answered(tmp_path: Path) -> None:
    with listening(tmp_path / "L") as listener, association(listener.port) as asked:
        assert asked.send_c_echo().Status == SUCCESS


def test_an_instance_is_on_the_disk_as_it_was_when_success_is_said(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L", quiet_seconds=60.0) as listener:
        assert store(files[:1], listener.port) == [SUCCESS]
        (kept,) = (tmp_path / "L" / "incoming").rglob("*.dcm")

    assert dcmread(kept) == dcmread(files[0])


def test_nothing_on_the_disk_is_named_as_the_patient_or_the_study(tmp_path: Path) -> None:
    uid, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L") as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})

    names = "\n".join(str(path) for path in (tmp_path / "L").rglob("*"))
    assert uid not in names
    assert "PSEUDONYM" not in names


@pytest.mark.parametrize(
    ("aet", "called", "taken"),
    [
        ("SCANNER", "GLIOSCOPE", True),
        ("STRANGER", "GLIOSCOPE", False),
        ("SCANNER", "SOMEONE", False),
    ],
)
def test_only_those_allowed_who_call_it_by_its_name_are_taken(
    tmp_path: Path, aet: str, called: str, *, taken: bool
) -> None:
    with (
        listening(tmp_path / "L", allow=("SCANNER",)) as listener,
        association(listener.port, aet=aet, called=called) as asked,
    ):
        assert asked.is_established is taken
        assert asked.is_rejected is not taken


def test_more_associations_than_allowed_are_told_to_come_later(tmp_path: Path) -> None:
    limits = Limits(max_associations=1)

    with listening(tmp_path / "L", limits=limits) as listener:
        with association(listener.port) as first, association(listener.port) as second:
            assert first.is_established
            assert second.is_rejected
        wait_until(lambda: _is_taken(listener.port))


def test_who_only_looks_whether_the_port_is_open_takes_no_association(tmp_path: Path) -> None:
    with listening(tmp_path / "L", limits=Limits(max_associations=1)) as listener:
        for _ in range(5):
            socket.create_connection(("127.0.0.1", listener.port)).close()

        assert _is_taken(listener.port)


def _is_taken(port: int) -> bool:
    with association(port) as asked:
        return bool(asked.is_established)


def test_a_study_larger_than_allowed_is_refused_and_never_analyzed_in_part(
    tmp_path: Path,
) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    room_for_four = Limits(max_study_mb=4.5 * files[0].stat().st_size / 1e6)

    with listening(tmp_path / "L", limits=room_for_four) as listener:
        statuses = store(files, listener.port)
        wait_until(lambda: listener.states() == {"failed": 1})
        time.sleep(0.6)
        (study,) = listener.studies().values()

    assert statuses == [SUCCESS] * 4 + [OUT_OF_RESOURCES] * 2
    assert study.reason == "2 instances were refused; they are missing"
    assert listener.lines("started") == []

    with listening(tmp_path / "L") as listener:
        assert store(files, listener.port) == [SUCCESS] * 6
        wait_until(lambda: listener.states() == {"analyzed": 1})

    assert [words[1] for words in listener.lines("finished")] == ["6"]


def test_an_instance_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L", limits=Limits(max_instance_mb=0.0005)) as listener:
        assert store(files[:1], listener.port) == [OUT_OF_RESOURCES]


def test_a_message_that_would_fill_the_memory_ends_its_association(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    large = dcmread(files[0])
    large.PixelData = bytes(400_000)

    with (
        listening(tmp_path / "L", limits=Limits(max_study_mb=0.1)) as listener,
        association(listener.port) as asked,
    ):
        answer = asked.send_c_store(large)

        assert "Status" not in answer
        assert _is_taken(listener.port)


def test_a_data_set_without_the_uid_of_its_study_is_refused(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    instance = dcmread(files[0])
    del instance.StudyInstanceUID

    with listening(tmp_path / "L") as listener, association(listener.port) as asked:
        assert asked.send_c_store(instance).Status == NOT_UNDERSTOOD

    assert not (tmp_path / "L" / "incoming").exists()


def test_an_instance_that_is_not_what_it_is_sent_as_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    uid = str(dcmread(files[0]).SOPInstanceUID).encode()
    # the first of the two is in the file's meta information, which a sender of files goes by
    files[0].write_bytes(files[0].read_bytes().replace(uid, uid[:-8] + b"12345678", 1))
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)

    with listening(tmp_path / "L") as listener, association(listener.port) as asked:
        assert asked.send_c_store(files[0]).Status == MISMATCH

    assert not (tmp_path / "L" / "incoming").exists()


def test_what_is_no_mr_image_is_kept_and_starts_no_analysis(tmp_path: Path) -> None:
    # an archive that forwards our own results to us must not keep us busy for ever
    _, files = mr_study(tmp_path / "in", seed=1)
    screenshot = dcmread(files[0])
    screenshot.SOPClassUID = SecondaryCaptureImageStorage
    screenshot.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    screenshot.SOPInstanceUID = f"{screenshot.SOPInstanceUID[:-1]}00"

    with listening(tmp_path / "L") as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})
        with association(listener.port) as asked:
            assert asked.send_c_store(screenshot).Status == SUCCESS
        time.sleep(0.6)

        assert listener.states() == {"analyzed": 1}
        assert len(listener.lines("started")) == 1
        assert len(list((tmp_path / "L" / "incoming").glob("*/other/*.dcm"))) == 1


def test_faster_senders_than_allowed_are_slowed_and_lose_nothing(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L", limits=Limits(instances_per_second=10.0)) as listener:
        start = time.monotonic()
        assert store(files, listener.port) == [SUCCESS] * 6

    assert time.monotonic() - start >= 0.5


def test_tls_is_spoken_and_plain_dicom_refused(tmp_path: Path) -> None:
    own, scanner, stranger = (
        self_signed(tmp_path, name) for name in ("listener", "scanner", "stranger")
    )
    tls = TlsFiles(certificate=own.certificate, key=own.key, authority=scanner.certificate)
    known, unknown = (ssl.create_default_context(cafile=own.certificate) for _ in range(2))
    known.load_cert_chain(scanner.certificate, scanner.key)
    unknown.load_cert_chain(stranger.certificate, stranger.key)

    with listening(tmp_path / "L", tls=tls) as listener:
        with association(listener.port, tls=known) as asked:
            assert asked.send_c_echo().Status == SUCCESS
        for context in (None, unknown):
            with association(listener.port, tls=context) as asked:
                assert not asked.is_established


def test_a_connection_that_keeps_silent_holds_up_no_other(tmp_path: Path) -> None:
    own = self_signed(tmp_path, "listener")
    tls = TlsFiles(certificate=own.certificate, key=own.key)
    context = ssl.create_default_context(cafile=own.certificate)

    with listening(tmp_path / "L", tls=tls) as listener:
        silent = socket.create_connection(("127.0.0.1", listener.port))
        with association(listener.port, tls=context) as asked:
            assert asked.send_c_echo().Status == SUCCESS
        silent.close()


def test_a_message_that_claims_to_be_endless_is_not_waited_for(tmp_path: Path) -> None:
    with (
        listening(tmp_path / "L") as listener,
        socket.create_connection(("127.0.0.1", listener.port), timeout=10.0) as wire,
    ):
        # A-ASSOCIATE-RQ, 4 GB long
        wire.sendall(b"\x01\x00\xff\xff\xff\xff" + bytes(1000))

        with suppress(ConnectionResetError):
            assert wire.recv(1000) == b""


def test_who_listens_to_all_machines_without_a_guard_is_warned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(tmp_path / "L", host="0.0.0.0"):  # noqa: S104 - what is warned of
        pass
    with listening(tmp_path / "M", host="0.0.0.0", allow=("SCANNER",)):  # noqa: S104
        pass

    assert caplog.text.count("whoever reaches this machine may send") == 1


def test_damaged_tls_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    tls = TlsFiles(certificate=tmp_path / "no.pem", key=tmp_path / "no.pem")

    listener = Listener(ListenConfig(folder=tmp_path / "L", port=0, tls=tls))
    with pytest.raises(InputError, match="PEM"):
        listener.start()


def test_a_port_that_is_taken_is_one_refusal(tmp_path: Path) -> None:
    with listening(tmp_path / "L") as listener:
        other = Listener(ListenConfig(folder=tmp_path / "M", port=listener.port))
        with pytest.raises(OutputError, match="--port"):
            other.start()


def test_a_second_listener_in_a_folder_is_refused(tmp_path: Path) -> None:
    with (
        listening(tmp_path / "L"),
        pytest.raises(InputError, match="another listener"),
    ):
        FolderLock(tmp_path / "L", wait_seconds=0.1)


@pytest.mark.parametrize(
    "settings",
    [
        {"aet": "TOO-LONG-FOR-AN-AE-TITLE"},
        {"allow": ("back\\slash",)},
        {"port": 70000},
        {"quiet_seconds": 0.0},
        {"jobs": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, settings: dict[str, int]) -> None:
    with pytest.raises(InputError):
        ListenConfig(folder=tmp_path, **settings)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        Limits(max_study_mb=0.0)
