"""Which numbers a process draws."""

from __future__ import annotations

from collections.abc import Iterator

from torch.utils.data import Sampler


class StepSampler(Sampler[int]):
    """Numbers of the examples of one stretch of steps, dealt to the processes of a run.

    Step ``n`` holds the examples ``n * batch`` to ``(n + 1) * batch``, whatever the number of
    processes: two of them with half a batch each see what one sees.

    Args:
        steps: Of a stretch, which Lightning calls an epoch.
        batch: Examples a step, over all processes.
        last: Steps of the whole stage.
        rank: Number of this process.
        processes: How many there are.
    """

    def __init__(
        self, *, steps: int, batch: int, last: int, rank: int = 0, processes: int = 1
    ) -> None:
        self._steps, self._batch, self._last = steps, batch, last
        self._rank, self._processes = rank, processes
        self._stretch = 0

    def set_epoch(self, epoch: int) -> None:
        """Go to a stretch; Lightning calls it."""
        self._stretch = epoch

    def __len__(self) -> int:
        """Return the number of examples of this process in the stretch."""
        first = self._stretch * self._steps
        steps = max(0, min(self._steps, self._last - first))
        return steps * (self._batch // self._processes)

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers of this process."""
        first, own = self._stretch * self._steps, self._batch // self._processes
        for step in range(first, min(first + self._steps, self._last)):
            begin = step * self._batch + self._rank * own
            yield from range(begin, begin + own)
