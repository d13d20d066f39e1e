"""A study goes from a PACS to the listener; what the analysis writes comes back under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.service.listening import listening, wait_until
from tests.service.orthanc import LOOPBACK, Orthanc, mr_study, running_orthanc

from glioscope.service.send.instances import Destination, send


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


def forward(orthanc: Orthanc, uid: str, port: int) -> None:
    """Have Orthanc send a study that it holds to a listener, as its own rules would."""
    orthanc.rest("/modalities/listener", ["GLIOSCOPE", LOOPBACK, port], method="PUT")
    query = {"Level": "Study", "Query": {"StudyInstanceUID": uid}}
    orthanc.rest("/modalities/listener/store", orthanc.rest("/tools/find", query))


@pytest.mark.parametrize(("way", "seed"), [("node", 21), ("web", 22)])
def test_results_come_back_under_the_study_that_was_sent(
    orthanc: Orthanc, tmp_path: Path, way: str, seed: int
) -> None:
    uid, files = mr_study(tmp_path / "study", seed=seed, series=2)
    send(files, Destination.parse(orthanc.node))
    before = orthanc.instances(uid)
    back = partial(send, to=Destination.parse(getattr(orthanc, way)))

    with listening(tmp_path / "listener", send=back) as listener:
        forward(orthanc, uid, listener.port)
        wait_until(lambda: listener.states() == {"sent": 1})
        analyzed = listener.lines("finished")

    assert len(analyzed) == 1
    assert len(before) == 12
    assert before < orthanc.instances(uid)
    assert len(orthanc.instances(uid)) == 13


def test_two_studies_at_once_get_their_own_results(orthanc: Orthanc, tmp_path: Path) -> None:
    studies = [mr_study(tmp_path / str(seed), seed=seed) for seed in (31, 32)]
    send([file for _, files in studies for file in files], Destination.parse(orthanc.web))
    back = partial(send, to=Destination.parse(orthanc.node))

    with listening(tmp_path / "listener", send=back) as listener:
        for uid, _ in studies:
            forward(orthanc, uid, listener.port)
        wait_until(lambda: listener.states() == {"sent": 2})

    assert Counter(len(orthanc.instances(uid)) for uid, _ in studies) == {7: 2}
