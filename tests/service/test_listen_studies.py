"""Every study ends analyzed exactly once, whatever happens on the way."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from tests.service.listening import Sent, association, listening, store, wait_until
from tests.service.nodes import storage_node
from tests.service.orthanc import mr_study

from glioscope.core import Acquisition, OutputError, Volume
from glioscope.io import DicomIdentity, write_dicom_series
from glioscope.service.listen.analyzer import AnalysisError, Analyzer
from glioscope.service.send.instances import Destination, send

SUCCESS = 0x0000


def test_a_study_comes_in_is_analyzed_once_and_its_result_reaches_the_archive(
    tmp_path: Path,
) -> None:
    uid, files = mr_study(tmp_path / "in", seed=1, series=2)

    with storage_node() as archive:
        to = Destination.parse(archive.node)
        with listening(tmp_path / "L", send=lambda files: send(files, to)) as listener:
            store(files, listener.port)
            wait_until(lambda: listener.states() == {"sent": 1})
            (study,) = listener.studies().values()

    assert [words[1] for words in listener.lines("finished")] == ["12"]
    (result,) = (tmp_path / "L" / "results" / str(study.result) / "dicom").iterdir()
    assert archive.received == [dcmread(result).SOPInstanceUID]
    assert dcmread(result).StudyInstanceUID == uid
    assert list((tmp_path / "L" / "work").iterdir()) == []


def test_twenty_studies_sent_at_once_are_each_analyzed_once(tmp_path: Path) -> None:
    studies = [mr_study(tmp_path / f"in{seed}", seed=seed)[1] for seed in range(20)]
    results = Sent()

    with listening(tmp_path / "L", send=results, quiet_seconds=1.0, jobs=2) as listener:
        with ThreadPoolExecutor(20) as scanners:
            statuses = list(scanners.map(lambda files: store(files, listener.port), studies))
        wait_until(lambda: listener.states() == {"sent": 20})

    assert statuses == [[SUCCESS] * 6] * 20
    finished = listener.lines("finished")
    assert len({words[0] for words in finished}) == len(finished) == 20
    assert {words[1] for words in finished} == {"6"}
    assert len({dcmread(file).StudyInstanceUID for file in results.files}) == 20


def test_an_aborted_association_loses_nothing_and_the_rest_may_come_later(
    tmp_path: Path,
) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L", quiet_seconds=1.0) as listener:
        with association(listener.port) as asked:
            for file in files[:3]:
                asked.send_c_store(dcmread(file))
            asked.abort()
        assert len(list((tmp_path / "L" / "incoming").rglob("*.dcm"))) == 3
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})

    assert [words[1] for words in listener.lines("started")] == ["6"]


def test_what_was_sent_twice_is_analyzed_once(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L", analyzer=("--seconds", "0.5")) as listener:
        with ThreadPoolExecutor(2) as scanners:
            during = list(scanners.map(lambda _: store(files, listener.port), range(2)))
        wait_until(lambda: len(listener.lines("started")) == 1)
        assert store(files, listener.port) == [SUCCESS] * 6
        wait_until(lambda: listener.states() == {"analyzed": 1})
        assert store(files, listener.port) == [SUCCESS] * 6
        time.sleep(0.6)
        assert listener.states() == {"analyzed": 1}

    assert during == [[SUCCESS] * 6] * 2
    assert len(list((tmp_path / "L" / "incoming").rglob("*.dcm"))) == 6
    with listening(tmp_path / "L") as listener:
        store(files, listener.port)
        time.sleep(0.6)
    assert len(listener.lines("started")) == 1


def test_a_study_whose_files_were_removed_is_known_when_it_comes_again(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L") as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})
        shutil.rmtree(tmp_path / "L" / "incoming")
        assert store(files, listener.port) == [SUCCESS] * 6
        time.sleep(0.6)
        assert listener.states() == {"analyzed": 1}

    assert len(listener.lines("started")) == 1


def test_a_study_that_goes_on_while_it_waits_is_analyzed_once_and_whole(tmp_path: Path) -> None:
    _, first = mr_study(tmp_path / "first", seed=1)
    _, grows = mr_study(tmp_path / "grows", seed=2)

    with listening(tmp_path / "L", analyzer=("--seconds", "1.0")) as listener:
        store(first, listener.port)
        wait_until(lambda: len(listener.lines("started")) == 1)
        store(grows[:3], listener.port)
        wait_until(lambda: listener.states()["queued"] == 1)
        store(grows[3:], listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 2})

    assert [words[1] for words in listener.lines("started")] == ["6", "6"]


def test_a_study_that_goes_on_after_its_analysis_is_analyzed_anew(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L") as listener:
        store(files[:3], listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})
        store(files, listener.port)
        wait_until(lambda: len(listener.lines("finished")) == 2)
        wait_until(lambda: listener.states() == {"analyzed": 1})

    assert [words[1] for words in listener.lines("finished")] == ["3", "6"]
    assert len(list((tmp_path / "L" / "results").iterdir())) == 2


def test_results_wait_until_their_destination_is_back(tmp_path: Path) -> None:
    studies = [mr_study(tmp_path / f"in{seed}", seed=seed)[1] for seed in range(2)]
    is_gone = True
    results = Sent(gone=lambda: OutputError("ARCHIVE does not answer") if is_gone else None)

    with listening(tmp_path / "L", send=results) as listener:
        for files in studies:
            store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 2})
        wait_until(lambda: all(one.reason for one in listener.studies().values()))
        assert {one.reason for one in listener.studies().values()} == {"ARCHIVE does not answer"}
        is_gone = False
        wait_until(lambda: listener.states() == {"sent": 2})

    assert len(results.files) == 2
    assert {one.reason for one in listener.studies().values()} == {None}


def test_a_result_that_is_refused_holds_up_no_other(tmp_path: Path) -> None:
    studies = [mr_study(tmp_path / f"in{seed}", seed=seed)[1] for seed in range(3)]
    sent: set[str] = set()

    def choosy(files: Sequence[Path], /) -> None:
        uid = str(dcmread(files[0]).StudyInstanceUID)
        if uid == dcmread(studies[0][0]).StudyInstanceUID:
            msg = "ARCHIVE refused 1 of 1"
            raise OutputError(msg)
        sent.add(uid)

    with listening(tmp_path / "L", send=choosy) as listener:
        for files in studies:
            store(files, listener.port)
        wait_until(lambda: listener.states() == {"sent": 2, "analyzed": 1})

    assert sent == {str(dcmread(files[0]).StudyInstanceUID) for files in studies[1:]}


def test_results_without_a_destination_are_sent_when_there_is_one(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    with listening(tmp_path / "L") as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})
    results = Sent()

    with listening(tmp_path / "L", send=results) as listener:
        wait_until(lambda: listener.states() == {"sent": 1})

    assert len(results.files) == len(listener.lines("started")) == 1


def test_an_analysis_that_refuses_is_kept_with_its_reason(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    refusal = "case S1: no FLAIR; send it"

    with listening(tmp_path / "L", analyzer=("--refuse", refusal)) as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"failed": 1})
        (study,) = listener.studies().values()

    assert study.reason == refusal
    assert study.result is None


def test_what_failed_is_tried_again_when_asked(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    with listening(tmp_path / "L", analyzer=("--refuse", "no")) as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"failed": 1})

    with listening(tmp_path / "L", retry_failed=True) as listener:
        wait_until(lambda: listener.states() == {"analyzed": 1})
        (study,) = listener.studies().values()

    assert study.reason is None


def test_an_analysis_that_hangs_is_ended(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)

    with listening(tmp_path / "L", analyzer=("--seconds", "60"), timeout_seconds=0.5) as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"failed": 1})
        (study,) = listener.studies().values()

    assert study.reason == "the analysis took more than 0.5 s and was ended"


def test_a_listener_that_stops_ends_the_analysis_and_goes_on_with_it_later(
    tmp_path: Path,
) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    with listening(tmp_path / "L", analyzer=("--seconds", "60")) as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzing": 1})
        wait_until(lambda: len(listener.lines("started")) == 1)
    assert listener.states() == {"queued": 1}

    with listening(tmp_path / "L") as listener:
        wait_until(lambda: listener.states() == {"analyzed": 1})

    assert len(listener.lines("finished")) == 1


def test_age_and_sex_of_the_study_reach_the_analysis(tmp_path: Path) -> None:
    identity = DicomIdentity.from_seed(1, patient_id="PSEUDONYM-1")
    files = write_dicom_series(
        Volume(data=np.zeros((4, 4, 2)), affine=np.diag([-1.0, -1.0, 4.0, 1.0])),
        folder=tmp_path / "in",
        acquisition=Acquisition(modality="MR"),
        identity=replace(identity, patient_sex="F", patient_age_years=62),
    )

    with listening(tmp_path / "L") as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})

    assert [words[2:] for words in listener.lines("started")] == [["62", "F"]]


def test_the_log_names_no_patient(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    uid, files = mr_study(tmp_path / "in", seed=1)
    caplog.set_level(logging.DEBUG)
    known = dcmread(files[0])
    known.PatientName, known.PatientID = "Doe^Jane", "HOSPITAL-4711"
    known.save_as(files[0])

    with listening(tmp_path / "L", send=Sent(), analyzer=()) as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"sent": 1})
        with association(listener.port) as asked:
            damaged = dcmread(files[0])
            del damaged.StudyInstanceUID
            asked.send_c_store(damaged)
            asked.abort()

    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("glioscope")
    )
    told = ("receiving", "queued", "analyzing", "analyzed", "sent", "refused", "aborted")
    assert [word for word in told if word not in ours] == []
    assert [word for word in ("Doe", "Jane", "4711", uid, uid[-12:]) if word in ours] == []


def test_a_command_that_is_not_there_fails_with_its_name(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    analyzer = Analyzer(command=("/no/such/command",))

    (tmp_path / "work").mkdir()
    with pytest.raises(AnalysisError, match="can't be run"):
        analyzer.run(files[0].parent, tmp_path / "work" / "result", "S1", threading.Event())


def test_what_an_analysis_says_besides_a_refusal_is_not_repeated(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    code = "raise ValueError('Doe^Jane')"
    analyzer = Analyzer(command=(sys.executable, "-I", "-c", code))
    (tmp_path / "work").mkdir()

    with pytest.raises(AnalysisError) as caught:
        analyzer.run(files[0].parent, tmp_path / "work" / "result", "S1", threading.Event())

    assert "Doe" not in str(caught.value)
    assert "Doe" in (tmp_path / "work" / "analysis.log").read_text(encoding="utf-8")
