"""Work on many cases in processes of one thread each."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import SimpleITK as sitk
import torch

from glioscope.core import GlioscopeError, require

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(
    task: Callable[[Item], Result], items: Sequence[Item], *, workers: int
) -> Iterator[tuple[int, Result]]:
    """Give each item to a task and yield its number and result as they come.

    An error of a task, Ctrl-C or a consumer that stops ends it: what is under way is finished,
    the rest is not begun.

    Args:
        task: Can be pickled, as can items and results, if there is more than one worker.
        items: In any number.
        workers: Processes; 1 works in this one, with its threads.

    Raises:
        ValueError: If ``workers`` is less than 1.
        GlioscopeError: If a process dies.
    """
    if workers < 1:
        msg = f"{workers} workers can't work; give at least 1"
        raise ValueError(msg)
    if workers == 1:
        for number, item in enumerate(items):
            yield number, task(item)
        return
    # spawn: a fork of a process that holds ITK's and OpenVINO's threads can hang
    pool = ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_one_thread,
    )
    try:
        numbers = {pool.submit(task, item): number for number, item in enumerate(items)}
        for future in as_completed(numbers):
            yield numbers[future], future.result()
    except BrokenProcessPool as error:
        msg = "a worker died; it may have run out of memory: start again with fewer workers"
        raise GlioscopeError(msg) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> None:  # pragma: no cover - runs in another process
    # Ctrl-C reaches the parent, which lets the case at hand be finished
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    require("threadpoolctl", extra="train").threadpool_limits(1)
