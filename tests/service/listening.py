"""A listener on loopback with a quick analyzer, and a scanner that sends to it."""

from __future__ import annotations

import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, SecondaryCaptureImageStorage
from pynetdicom import AE, evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification

from glioscope.service.listen.analyzer import Analyzer
from glioscope.service.listen.config import ListenConfig
from glioscope.service.listen.delivery import Backoff, Send
from glioscope.service.listen.listener import Listener
from glioscope.service.listen.status import StudyStatus, read_status

FAKE = Path(__file__).with_name("fake_analyzer.py")
LISTEN = (sys.executable, "-m", "glioscope", "listen")
LOOPBACK = "127.0.0.1"
QUIET_S = 0.2


def fake_command(journal: Path, *options: str) -> tuple[str, ...]:
    """Return a command that stands in for `glioscope analyze`."""
    return (sys.executable, "-I", "-S", str(FAKE), "--journal", str(journal), *options)


@dataclass(slots=True, kw_only=True)
class Running:
    """A listener that runs in this process."""

    folder: Path
    port: int
    journal: Path

    def studies(self) -> dict[str, StudyStatus]:
        return {one.study: one for one in read_status(self.folder).studies}

    def states(self) -> Counter[str]:
        return Counter(str(one.state) for one in read_status(self.folder).studies)

    def lines(self, kind: str) -> list[list[str]]:
        """Return the words behind ``started`` or ``finished`` of each run of the analyzer."""
        if not self.journal.exists():
            return []
        lines = [line.split() for line in self.journal.read_text(encoding="utf-8").splitlines()]
        return [words[1:] for words in lines if words[0] == kind]


@dataclass(slots=True, kw_only=True)
class Sent:
    """Takes results and remembers their files; ``gone`` refuses them."""

    files: list[Path] = field(default_factory=list)
    gone: Callable[[], Exception | None] = lambda: None

    def __call__(self, files: Sequence[Path], /) -> None:
        if (error := self.gone()) is not None:
            raise error
        self.files += files


@contextmanager
def listening(
    folder: Path,
    *,
    send: Send | None = None,
    analyzer: Sequence[str] = (),
    retry_failed: bool = False,
    **settings: Any,
) -> Iterator[Running]:
    """Run a listener in this process; ``analyzer`` are options of the fake one."""
    journal = folder.parent / f"{folder.name}.journal"
    config = ListenConfig(folder=folder, port=0, **{"quiet_seconds": QUIET_S, **settings})
    listener = Listener(
        config,
        analyzer=Analyzer(command=fake_command(journal, *analyzer)),
        send=send,
        backoff=Backoff(first_seconds=0.05, longest_seconds=0.1),
    )
    if retry_failed:
        listener.retry_failed()
    port = listener.start()
    try:
        yield Running(folder=folder, port=port, journal=journal)
    finally:
        listener.stop()


@contextmanager
def association(
    port: int, *, aet: str = "SCANNER", called: str = "GLIOSCOPE", tls: ssl.SSLContext | None = None
) -> Iterator[Any]:
    """Associate with a listener as a scanner does; established or not."""
    entity = AE(ae_title=aet)
    entity.acse_timeout = entity.connection_timeout = 10
    entity.dimse_timeout = 4
    kinds = (MRImageStorage, SecondaryCaptureImageStorage)
    entity.requested_contexts = [
        build_context(Verification),
        *(build_context(kind, ExplicitVRLittleEndian) for kind in kinds),
    ]
    opened: list[socket.socket] = []
    asked = entity.associate(
        LOOPBACK,
        port,
        ae_title=called,
        tls_args=None if tls is None else (tls, LOOPBACK),
        evt_handlers=[(evt.EVT_CONN_OPEN, lambda event: opened.append(_wire(event)))],
    )
    try:
        yield asked
    finally:
        if asked.is_established:
            asked.release()
        for wire in opened:
            # pynetdicom does not where the other side was the first to close
            wire.close()


def _wire(event: Any) -> socket.socket:
    wire: socket.socket = event.assoc.dul.socket.socket
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire


def store(files: Sequence[Path], port: int) -> list[int]:
    """Send files; return the status of each.

    When many threads compete, pynetdicom's sending side may lose an answer (its reactor takes the
    message that `send_c_store` waits for); what was not answered is then sent again, as archives
    do.
    """
    statuses: list[int] = []
    while len(statuses) < len(files):
        with association(port) as asked:
            for file in files[len(statuses) :]:
                answer = asked.send_c_store(dcmread(file))
                if "Status" not in answer:
                    break
                statuses.append(int(answer.Status))
    return statuses


def wait_until(condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Return when a condition holds.

    Raises:
        TimeoutError: If it does not in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)
