from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import Verification
from tests.service.orthanc import Orthanc, mr_study, running_orthanc

from glioscope.core import OutputError
from glioscope.service.send.instances import Destination, send


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


def test_orthanc_answers_an_echo(orthanc: Orthanc) -> None:
    entity = AE(ae_title="GLIOSCOPE")
    entity.add_requested_context(Verification)
    peer = entity.associate("127.0.0.1", orthanc.dicom_port, ae_title="ORTHANC")

    status = peer.send_c_echo()
    peer.release()

    assert status.Status == 0


@pytest.mark.parametrize("way", ["node", "web"])
def test_a_study_sent_is_there_and_may_be_sent_again(
    orthanc: Orthanc, tmp_path: Path, way: str
) -> None:
    uid, files = mr_study(tmp_path, seed=len(way))
    to = Destination.parse(getattr(orthanc, way))

    first, second = send([tmp_path], to), send(files, to)

    assert first.count == second.count == len(files)
    assert first.changed == 0
    assert len(orthanc.instances(uid)) == len(files)


@pytest.mark.parametrize("way", ["node", "web"])
def test_an_orthanc_that_has_gone_is_told_in_seconds(tmp_path: Path, way: str) -> None:
    _, files = mr_study(tmp_path / "study", seed=9)
    with running_orthanc(tmp_path) as gone:
        to = Destination.parse(getattr(gone, way))
    start = time.monotonic()

    with pytest.raises(OutputError, match="check that it runs"):
        send(files, to)

    assert time.monotonic() - start < 20.0
