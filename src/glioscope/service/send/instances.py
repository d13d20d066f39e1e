"""Results to a PACS, by C-STORE or STOW-RS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glioscope.core import Progress, Silent
from glioscope.service.remote.node import Destination, Link, Node, Timeouts, WebRoot
from glioscope.service.remote.tls import ClientTls
from glioscope.service.send.dimse import store_by_dimse
from glioscope.service.send.files import dicom_files, outgoing
from glioscope.service.send.tally import Sent
from glioscope.service.send.web import store_by_web

__all__ = ["ClientTls", "Destination", "Node", "Sent", "Timeouts", "WebRoot", "send"]


def send(
    files: Sequence[Path],
    to: Node | WebRoot,
    *,
    calling_aet: str = "GLIOSCOPE",
    tls: ClientTls | None = None,
    timeouts: Timeouts | None = None,
    progress: Progress | None = None,
) -> Sent:
    """Send DICOM files, and those of folders; return when the PACS has confirmed each.

    An instance that the PACS already has may be sent again.  One that it refuses does not keep
    the others from it.

    Args:
        files: Files and folders.
        to: The PACS, from `Destination.parse`.
        calling_aet: AE title of ours.
        tls: See `Link`.
        timeouts: When to give up.
        progress: Told of each instance.

    Raises:
        InputError: If there is nothing to send, or a file is not whole DICOM; nothing was sent.
        OutputError: If the PACS is not there, goes away, or does not store each instance; the
            message says how many it has.
    """
    found = [outgoing(path) for path in dicom_files(files)]
    link = Link(calling_aet=calling_aet, tls=tls, timeouts=timeouts or Timeouts())
    told = progress or Silent()
    told.stage(f"sending {len(found)} instances to {to}")
    if isinstance(to, WebRoot):
        return store_by_web(found, to, link=link, progress=told)
    return store_by_dimse(found, to, link=link, progress=told)
