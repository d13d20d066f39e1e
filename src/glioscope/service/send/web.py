"""STOW-RS: instances to a DICOMweb service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydicom import dcmread
from pydicom.config import disable_value_validation

from glioscope.core import OutputError, Progress
from glioscope.service.remote.node import Link, WebRoot
from glioscope.service.remote.web import web_client
from glioscope.service.send.files import Outgoing
from glioscope.service.send.tally import Sent, Tally

_REQUEST_BYTES: Final = 32_000_000
"""Of one request; servers and proxies limit it, and it is held in memory."""


def store_by_web(files: Sequence[Outgoing], to: WebRoot, *, link: Link, progress: Progress) -> Sent:
    """Send instances, as many in a request as fit, and count what the answer says was stored.

    Raises:
        OutputError: If the service is not there, refuses, or does not store each instance.
    """
    tally = Tally(total=len(files), to=to, progress=progress)
    with web_client(to, link, failure=OutputError) as client:
        for batch in _batches(files):
            with disable_value_validation():
                answer = client.store_instances([dcmread(file.path) for file in batch])
                stored = list(answer.get("ReferencedSOPSequence") or ())
                refused = list(answer.get("FailedSOPSequence") or ())
            for item in stored:
                tally.stored(changed="WarningReason" in item)
            for item in refused:
                tally.refused(f"refused with reason {item.get('FailureReason', 0):04X}")
            for _ in range(len(batch) - len(stored) - len(refused)):
                tally.refused("not confirmed")
    return tally.sent()


def _batches(files: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    batch: list[Outgoing] = []
    size = 0
    for file in files:
        bytes_more = file.path.stat().st_size
        if batch and size + bytes_more > _REQUEST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += bytes_more
    if batch:
        yield batch
