"""C-MOVE: the PACS sends a study to a receiver of ours, which lives as long as that takes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelMove, Verification

from glioscope.core import InputError
from glioscope.service.fetch.arrivals import follow, identifier, stored_in
from glioscope.service.fetch.landing import Landing
from glioscope.service.fetch.query import FoundStudy
from glioscope.service.remote.dimse import association, send_at_once
from glioscope.service.remote.node import Link, Node

_LATE_S: Final = 5.0
"""Some PACS say that all is sent before it is; how long to wait for the next instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where we listen, as the PACS has it in its configuration under our AE title.

    Args:
        port: 1 to 65,535.
        host: Address to listen on; ``None`` takes the one that the PACS is reached from.
    """

    port: int
    host: str | None = None


def move(study: FoundStudy, node: Node, link: Link, landing: Landing, *, to: Receiver) -> None:
    """Have the node send each series of a study to us.

    Raises:
        InputError: If the port is taken, TLS was asked for, or the node does not send all.
        OutputError: If a file can't be written.
    """
    if link.tls is not None:
        msg = "what C-MOVE sends would come without TLS; fetch with --get, or over DICOMweb"
        raise InputError(msg)
    contexts = [build_context(StudyRootQueryRetrieveInformationModelMove)]
    with (
        association(node, contexts, link, failure=InputError) as peer,
        _receiving(node, link, landing, to),
    ):
        for series in study.series:
            answers = peer.send_c_move(
                identifier(study, series),
                link.calling_aet,
                StudyRootQueryRetrieveInformationModelMove,
            )
            follow(answers, node, landing)
        landing.wait(quiet_s=_LATE_S)


@contextmanager
def _receiving(node: Node, link: Link, landing: Landing, to: Receiver) -> Iterator[None]:
    entity = AE(ae_title=link.calling_aet)
    entity.network_timeout = entity.dimse_timeout = link.timeouts.answer_s
    entity.add_supported_context(Verification)
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(context.abstract_syntax, AllTransferSyntaxes)
    handlers = [(evt.EVT_CONN_OPEN, send_at_once), (evt.EVT_C_STORE, stored_in(landing))]
    host = to.host or _address_towards(node)
    try:
        entity.start_server((host, to.port), block=False, evt_handlers=handlers)
    except OSError as error:
        msg = (
            f"port {to.port} of {host} can't be listened on ({error.strerror}); end what uses it,"
            " choose another with --port, or fetch with --get"
        )
        raise InputError(msg) from error
    try:
        yield
    finally:
        # the associations as well as the server: nothing may land after this
        entity.shutdown()


def _address_towards(node: Node) -> str:
    """Return the address of this machine that the node sees; nothing is sent."""
    family, _, _, _, address = socket.getaddrinfo(node.host, node.port)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(address)
        return str(probe.getsockname()[0])
