"""The listener's sockets: TLS, and messages that claim to be endless."""

from __future__ import annotations

import logging
import socket
import socketserver
import ssl
from contextlib import suppress
from typing import Any, Final

from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from glioscope.core import InputError
from glioscope.service.listen_config import TlsFiles

_LOGGER = logging.getLogger(__name__)
_HANDSHAKE_S: Final = 10.0
_SILENCE_S: Final = 60.0
_MARGIN_BYTES: Final = 1_048_576
"""Of what is no data: a request for an association with 128 contexts has some 100 kB."""


def server_tls(files: TlsFiles) -> ssl.SSLContext:
    """Return the listener's side of TLS, 1.2 or newer (BCP 195, as PS3.15 B.12 asks).

    Raises:
        InputError: If a file is missing, no PEM, or key and certificate don't fit each other.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = _Encrypted
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
        if files.authority is not None:
            context.load_verify_locations(files.authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        msg = (
            "the TLS files can't be used: one is missing or damaged, or key and certificate don't"
            " belong together; give files of PEM"
        )
        raise InputError(msg) from error
    return context


class _Plain(socket.socket):
    """Closes even when the other side has gone before, where pynetdicom would leave it open."""

    def shutdown(self, how: int) -> None:
        """End the connection, if there is one."""
        with suppress(OSError):
            super().shutdown(how)


class _Encrypted(ssl.SSLSocket):
    """The same with TLS."""

    def shutdown(self, how: int) -> None:
        """End the connection, if there is one."""
        with suppress(OSError):
            super().shutdown(how)


class _Connection(RequestHandler):  # type: ignore[misc]  # pynetdicom has no types
    """Shakes hands in the thread of the connection: one that keeps silent holds up no other."""

    request: Any

    def setup(self) -> None:
        """Wrap the socket where TLS is spoken, and let nobody stop in the middle of a word."""
        self.request = _Plain(fileno=self.request.detach())
        # without it, an answer may wait 40 ms for the peer to confirm the one before
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.tls is not None:
            self.request.settimeout(_HANDSHAKE_S)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.request.settimeout(_SILENCE_S)


class Server(ThreadedAssociationServer):  # type: ignore[misc]
    """Accepts connections; its own errors are a line without a traceback."""

    daemon_threads = True

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401
        """Take what `AE.make_server` gives; TLS is left to the connections."""
        entity, address, title, contexts, self.tls = arguments
        super().__init__(
            entity, address, title, contexts, None, request_handler=_Connection, **named
        )

    def stop(self) -> None:
        """Accept no more; associations that stand go on."""
        # pynetdicom's own shutdown wants a server that its `start_server` has made
        socketserver.BaseServer.shutdown(self)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        """Tell of a connection that never became an association."""
        _LOGGER.warning("refused a connection of %s: no TLS as it must be", client_address[0])


def bound_pdu_size(association: Any, max_bytes: int) -> None:  # noqa: ANN401
    """Let a connection end when a PDU claims to be larger than was agreed.

    Its length field takes up to 4 GB, which pynetdicom would wait for and hold in memory.

    Args:
        association: Of pynetdicom, just opened.
        max_bytes: The size agreed.
    """
    wire = association.dul.socket
    receive = wire.recv

    def bounded(count: int) -> bytearray:
        if count > max_bytes + _MARGIN_BYTES:
            raise ConnectionAbortedError
        data: bytearray = receive(count)
        return data

    wire.recv = bounded
