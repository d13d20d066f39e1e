"""A request never finds the reactor in its last round."""

import threading
import time

from glioscope.service.remote.reactor_pause import ReactorPause


def test_no_round_ends_between_a_stop_and_the_next_start() -> None:
    ended = threading.Event()
    rounds = 0
    pause = ReactorPause(lambda: not ended.is_set())

    def reactor() -> None:
        nonlocal rounds
        while not ended.is_set():
            pause.wait()
            rounds += 1

    thread = threading.Thread(target=reactor)
    thread.start()
    seen = []
    for _ in range(300):
        pause.clear()
        before = rounds
        time.sleep(0.0005)
        seen.append(rounds - before)
        pause.set()
    ended.set()
    thread.join()

    assert seen == [0] * 300
    assert rounds > 0


def test_a_thread_that_has_ended_is_not_waited_for() -> None:
    pause = ReactorPause(lambda: False)

    pause.clear()

    assert not pause.is_set()


def test_waiting_may_have_an_end() -> None:
    pause = ReactorPause(lambda: False)
    pause.clear()

    assert not pause.wait(0.01)
    pause.set()
    assert pause.wait(0.01)
