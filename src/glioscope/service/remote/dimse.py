"""An association with a DICOM node: opened, told why not, and always closed."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from glioscope.core import GlioscopeError
from glioscope.service.remote.node import Link, Node, keep_out_of_logs
from glioscope.service.remote.reactor_pause import stop_in_time

_REJECTED_BY_USER: Final = 1
_REASONS: Final = {
    3: "it does not know the calling AE title {calling}; let its administrator enter it",
    7: "it does not go by the AE title {called}; check the part before the @",
}
"""Diagnostics of a rejection by the service user (PS3.8, table 9-21)."""


_UNKNOWN_HOST: Final = "is no host that is known; check its name"


@contextmanager
def association(
    node: Node,
    contexts: Sequence[PresentationContext],
    link: Link,
    *,
    failure: type[GlioscopeError],
    roles: Sequence[Any] = (),
    handlers: Sequence[Any] = (),
) -> Iterator[Association]:
    """Hold an association with a node; release it at the end, abort it on an error.

    Args:
        node: Whom to speak to.
        contexts: At most 128.
        link: Who we are, TLS and timeouts.
        failure: What to raise.
        roles: Negotiation of roles, for C-GET.
        handlers: Of pynetdicom's events.

    Raises:
        GlioscopeError: As ``failure``, if the association can't be had; the message says whether
            the node is not there, refuses us, wants none of the contexts, or went away.
    """
    keep_out_of_logs("pynetdicom")
    try:
        asked = _associate(_entity(link, contexts), node, link, roles, handlers)
    except socket.gaierror as error:
        msg = f"{node} {_UNKNOWN_HOST}"
        raise failure(msg) from error
    if not asked.is_established:
        msg = f"{node} {_why_not(asked, node, link)}"
        raise failure(msg)
    stop_in_time(asked)
    try:
        yield asked
    except RuntimeError as error:
        # what pynetdicom says when it is asked for more on an association that ended
        if asked.is_established:
            asked.abort()
            raise
        msg = f"{node} went away; try again when it is back"
        raise failure(msg) from error
    except BaseException:
        asked.abort()
        raise
    if asked.is_established:
        asked.release()


def send_at_once(event: Event) -> None:
    """Have each part of a message leave when it is written (a handler of ``EVT_CONN_OPEN``).

    pynetdicom writes a message in parts; with the operating system's default (Nagle's algorithm)
    the last part waits until the peer confirms the one before, 40 ms a message on Linux.
    """
    connection = event.assoc.dul.socket.socket
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _entity(link: Link, contexts: Sequence[PresentationContext]) -> AE:
    entity = AE(ae_title=link.calling_aet)
    entity.connection_timeout = entity.acse_timeout = link.timeouts.connect_s
    entity.dimse_timeout = entity.network_timeout = link.timeouts.answer_s
    entity.requested_contexts = list(contexts)
    return entity


def _associate(
    entity: AE, node: Node, link: Link, roles: Sequence[Any], handlers: Sequence[Any]
) -> Association:
    return entity.associate(
        node.host,
        node.port,
        ae_title=node.aet,
        ext_neg=list(roles),
        evt_handlers=[(evt.EVT_CONN_OPEN, send_at_once), *handlers],
        tls_args=None if link.tls is None else (link.tls.context(), node.host),
    )


def _unreached(node: Node, link: Link) -> str | None:
    """Connect and hang up; return why that failed, which pynetdicom would not say."""
    context = None if link.tls is None else link.tls.context()
    try:
        address = (node.host, node.port)
        with socket.create_connection(address, timeout=link.timeouts.connect_s) as plain:
            if context is not None:
                context.wrap_socket(plain, server_hostname=node.host).close()
    except ssl.SSLError:
        return (
            "shows a TLS certificate that is not trusted, or speaks no TLS;"
            " give its authority with --tls-ca"
        )
    except socket.gaierror:
        return _UNKNOWN_HOST
    except OSError:
        return "does not answer; check that it runs, its host and port"
    return None


def _why_not(asked: Association, node: Node, link: Link) -> str:
    answer = asked.acceptor.primitive
    if asked.is_rejected:
        known = _REASONS if answer.result_source == _REJECTED_BY_USER else {}
        reason = known.get(answer.diagnostic, "it may be busy or not allow us; try again later")
        told = reason.format(calling=link.calling_aet, called=node.aet)
        return f"refused the association: {told}"
    if asked.rejected_contexts:
        return "takes or offers nothing of what was asked for; check its configuration"
    # asked only now: an archive counts each connection, also one that says nothing
    unreached = _unreached(node, link)
    if unreached is not None:
        return unreached
    tls = "wants TLS" if link.tls is None else "trusts our TLS certificate"
    return f"hangs up or keeps silent; check that it is a DICOM node, and whether it {tls}"
