"""Where a run computes: it changes no figure but the time."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import InputError
from glioscope.learning.cpu_speed import bfloat16_pays


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Processes and devices.

    Args:
        accelerator: ``auto``, ``cpu`` or ``cuda``, as Lightning has them.
        devices: Processes on each machine, one a device.
        nodes: Machines; start the same command on each (torchrun, SLURM).
        threads: CPU threads of each process; 0 leaves torch's choice.
    """

    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    threads: int = 0

    def __post_init__(self) -> None:
        if min(self.devices, self.nodes) < 1 or self.threads < 0:
            msg = (
                f"devices {self.devices}, nodes {self.nodes}, threads {self.threads}: give 1 or"
                " more, and 0 or more threads"
            )
            raise InputError(msg)

    @property
    def processes(self) -> int:
        """How many there are, over all machines."""
        return self.devices * self.nodes

    def share(self, batch: int, *, stage: str) -> int:
        """Return how many cases of a batch each process takes.

        Raises:
            InputError: If the processes do not divide the batch.
        """
        if batch % self.processes:
            msg = (
                f"stage {stage!r}: a batch of {batch} can't be dealt to {self.processes}"
                " processes; give a multiple of them"
            )
            raise InputError(msg)
        return batch // self.processes


def precision(asked: str) -> str:
    """Return Lightning's name of the precision; ``auto`` is bfloat16 where the machine has it."""
    if asked != "auto":
        return asked
    return "bf16-mixed" if bfloat16_pays() else "32-true"
