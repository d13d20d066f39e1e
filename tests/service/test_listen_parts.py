"""The parts that "exactly once" rests on, and each moment at which a kill can come."""

from __future__ import annotations

import sqlite3
import stat
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from pydicom import dcmread
from tests.service.listening import Running, Sent, listening, store, wait_until
from tests.service.orthanc import mr_study

from glioscope.core import OutputError
from glioscope.service.listen import inbox
from glioscope.service.listen.analyzer import age_and_sex
from glioscope.service.listen.delivery import Backoff, Delivery
from glioscope.service.listen.durable import move_durably, write_durably
from glioscope.service.listen.inbox import key_of
from glioscope.service.listen.jobs import ANALYSES, DELIVERIES, Jobs, JobState
from glioscope.service.listen.pace import Pace
from glioscope.service.listen.pseudonyms import Pseudonyms
from glioscope.service.listen.reasons import Reasons

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700


def analyzed(folder: Path, source: Path) -> Running:
    """Have a study analyzed and not sent; the listener has ended."""
    _, files = mr_study(source, seed=1)
    with listening(folder) as listener:
        store(files, listener.port)
        wait_until(lambda: listener.states() == {"analyzed": 1})
    return listener


def restarted(folder: Path) -> Sent:
    """Start a listener with a destination, until all is sent; return what was."""
    results = Sent()
    with listening(folder, send=results) as listener:
        wait_until(lambda: listener.states() == {"sent": 1})
    return results


def test_a_kill_after_the_result_is_in_place_repeats_no_analysis(tmp_path: Path) -> None:
    before = analyzed(tmp_path / "L", tmp_path / "in")
    with closing(sqlite3.connect(tmp_path / "L" / "queue" / "data.db")) as base, base:
        base.execute(f"DELETE FROM ack_unique_queue_{DELIVERIES}")  # noqa: S608 - a constant
        base.execute(f"UPDATE ack_unique_queue_{ANALYSES} SET status = 2")  # noqa: S608

    results = restarted(tmp_path / "L")

    assert len(results.files) == len(before.lines("started")) == 1


def test_a_kill_before_the_analysis_is_noted_as_done_sends_once(tmp_path: Path) -> None:
    before = analyzed(tmp_path / "L", tmp_path / "in")
    with closing(sqlite3.connect(tmp_path / "L" / "queue" / "data.db")) as base, base:
        base.execute(f"UPDATE ack_unique_queue_{ANALYSES} SET status = 2")  # noqa: S608

    results = restarted(tmp_path / "L")

    assert len(results.files) == len(before.lines("started")) == 1


def test_a_kill_before_a_delivery_is_noted_sends_the_same_objects_again(tmp_path: Path) -> None:
    analyzed(tmp_path / "L", tmp_path / "in")
    first = restarted(tmp_path / "L")
    with closing(sqlite3.connect(tmp_path / "L" / "queue" / "data.db")) as base, base:
        base.execute(f"UPDATE ack_unique_queue_{DELIVERIES} SET status = 2")  # noqa: S608

    assert restarted(tmp_path / "L").files == first.files


def test_a_kill_before_a_study_is_queued_has_it_waited_for(tmp_path: Path) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    with listening(tmp_path / "L", quiet_seconds=60.0) as listener:
        store(files, listener.port)
    assert listener.states() == {"receiving": 1}

    with listening(tmp_path / "L") as listener:
        wait_until(lambda: listener.states() == {"analyzed": 1})

    assert [words[1] for words in listener.lines("finished")] == ["6"]


def test_an_instance_that_can_not_be_written_keeps_its_study_from_analysis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, files = mr_study(tmp_path / "in", seed=1)
    is_full = True

    def full(path: Path, content: bytes) -> None:
        if is_full and len(list(path.parent.glob("*.dcm"))) == 4:
            msg = "the disk is full"
            raise OutputError(msg)
        write_durably(path, content)

    monkeypatch.setattr(inbox, "write_durably", full)

    with listening(tmp_path / "L") as listener:
        assert store(files, listener.port) == [SUCCESS] * 4 + [OUT_OF_RESOURCES] * 2
        wait_until(lambda: listener.states() == {"failed": 1})
        is_full = False
        assert store(files, listener.port) == [SUCCESS] * 6
        wait_until(lambda: listener.states() == {"analyzed": 1})

    assert [words[1] for words in listener.lines("started")] == ["6"]


def test_a_job_stands_in_a_queue_once_even_when_it_was_done_long_ago(tmp_path: Path) -> None:
    with closing(Jobs(tmp_path, ANALYSES)) as jobs:
        assert jobs.put("S1", "a")
        assert not jobs.put("S1", "a")
        job = jobs.take()
        assert job is not None
        jobs.done(job)

    with closing(Jobs(tmp_path, ANALYSES)) as jobs:
        assert not jobs.put("S1", "a")
        assert jobs.put("S1", "b")
        assert [(one.name, state) for one, state in jobs.all()] == [
            ("S1-a", JobState.DONE),
            ("S1-b", JobState.WAITING),
        ]


def test_a_job_that_was_taken_and_not_finished_waits_again(tmp_path: Path) -> None:
    with closing(Jobs(tmp_path, ANALYSES)) as jobs:
        jobs.put("S1", "a")
        assert jobs.take() is not None
        assert jobs.take() is None

    with closing(Jobs(tmp_path, ANALYSES, resume=False)) as looked_at:
        assert [state for _, state in looked_at.all()] == [JobState.TAKEN]
    with closing(Jobs(tmp_path, ANALYSES)) as jobs:
        again = jobs.take()

    assert again is not None
    assert again.name == "S1-a"


def test_the_queue_holds_json_and_no_pickle(tmp_path: Path) -> None:
    with closing(Jobs(tmp_path, ANALYSES)) as jobs:
        jobs.put("S1", "a")
    with closing(sqlite3.connect(tmp_path / "queue" / "data.db")) as base:
        ((data,),) = base.execute(f"SELECT data FROM ack_unique_queue_{ANALYSES}")  # noqa: S608

    assert data == b'{"key": "a", "study": "S1"}'


def test_the_wait_doubles_up_to_its_limit_and_begins_anew() -> None:
    backoff = Backoff(first_seconds=5.0, longest_seconds=60.0)

    assert [backoff.failed() for _ in range(6)] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    backoff.succeeded()
    assert backoff.failed() == 5.0


def test_a_result_without_dicom_objects_has_failed(tmp_path: Path) -> None:
    (tmp_path / "results" / "S1-a").mkdir(parents=True)
    reasons = Reasons(tmp_path)

    with closing(Jobs(tmp_path, DELIVERIES)) as jobs:
        jobs.put("S1", "a")
        delivery = Delivery(folder=tmp_path, deliveries=jobs, send=Sent(), reasons=reasons)
        assert delivery.work(threading.Event())
        assert [state for _, state in jobs.all()] == [JobState.FAILED]

    assert reasons.read("S1-a") == "the result holds no DICOM objects to send"


def test_pseudonyms_stay_the_same_in_a_folder_and_differ_between_folders(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "B").mkdir()

    first, again, other = (Pseudonyms.of_folder(tmp_path / name) for name in "AAB")

    assert first.study("1.2.3") == again.study("1.2.3") != other.study("1.2.3")
    assert first.study("1.2.3") != f"S{first.instance('1.2.3')[:12]}"
    assert stat.S_IMODE((tmp_path / "A" / ".pseudonym-key").stat().st_mode) == 0o600


def test_a_damaged_key_of_pseudonyms_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".pseudonym-key").write_bytes(b"short")

    with pytest.raises(OutputError, match="damaged"):
        Pseudonyms.of_folder(tmp_path)


def test_the_key_of_a_study_is_that_of_its_images_in_any_order() -> None:
    assert key_of(["a", "b"]) == key_of(["b", "a"])
    assert len({key_of(images) for images in ([], ["a"], ["a", "b"], ["ab"])}) == 4


@pytest.mark.parametrize(
    ("age", "sex", "options"),
    [
        ("062Y", "F", ("--age", "62", "--sex", "F")),
        ("018M", "o", ("--age", "1.5", "--sex", "O")),
        ("200Y", "X", ()),
        ("old", "", ()),
        (None, None, ()),
    ],
)
def test_age_and_sex_are_taken_where_they_make_sense(
    tmp_path: Path, age: str | None, sex: str | None, options: tuple[str, ...]
) -> None:
    _, files = mr_study(tmp_path, seed=1)
    first = dcmread(files[0])
    for name, value in (("PatientAge", age), ("PatientSex", sex)):
        element = first.setdefault(name, None)
        element.validation_mode = 0
        element.value = value
    first.save_as(files[0])

    assert age_and_sex(tmp_path) == options


def test_a_folder_that_can_not_be_moved_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "file").write_bytes(b"1")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_bytes(b"2")

    with pytest.raises(OutputError, match="taken"):
        move_durably(tmp_path / "made", tmp_path / "taken")

    assert (tmp_path / "made" / "file").read_bytes() == b"1"


def test_a_pace_lets_threads_pass_one_after_another() -> None:
    pace = Pace(50.0)
    threads = [threading.Thread(target=pace.wait) for _ in range(6)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.monotonic() - start >= 5 / 50.0
