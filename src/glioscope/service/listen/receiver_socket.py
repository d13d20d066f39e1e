"""The listener's sockets: TLS, and messages that claim to be endless."""

from __future__ import annotations

import logging
import socket
import socketserver
import ssl
import threading
from contextlib import suppress
from typing import Any, Final

from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from glioscope.core import InputError
from glioscope.service.listen.config import TlsFiles

_LOGGER = logging.getLogger(__name__)
_BEGIN_S: Final = 15.0
_SILENCE_S: Final = 60.0
_MAX_THREADS: Final = 512
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


class _Ahead:
    """What both kinds of sockets add: one byte may be read ahead, and closing always works.

    pynetdicom leaves a socket open when the other side has gone before.
    """

    _first = b""

    def begins(self) -> bool:
        """Wait until the other side says something; ``False`` if it hangs up instead."""
        self._first = super().recv(1)  # type: ignore[misc]
        return bool(self._first)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive as any socket does, beginning with what was read ahead."""
        if self._first:
            first, self._first = self._first, b""
            return first
        received: bytes = super().recv(buflen, flags)  # type: ignore[misc]
        return received

    def shutdown(self, how: int) -> None:
        """End the connection, if there is one."""
        with suppress(OSError):
            super().shutdown(how)  # type: ignore[misc]


class _Plain(_Ahead, socket.socket):
    """Without TLS."""


class _Encrypted(_Ahead, ssl.SSLSocket):
    """With TLS."""


class _Connection(RequestHandler):  # type: ignore[misc]  # pynetdicom has no types
    """Makes an association of a connection, in a thread of its own, when its first byte is there.

    One that keeps silent holds up no other, and one that only looks whether a port is open, as
    monitors do, takes no association: pynetdicom would count it as one for as long as it waits
    for a request.
    """

    request: Any

    def handle(self) -> None:
        """Shake hands where TLS is spoken, wait for the first byte, go on."""
        self.request = _Plain(fileno=self.request.detach())
        # without it, an answer may wait 40 ms for the peer to confirm the one before
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request.settimeout(_BEGIN_S)
        try:
            if self.server.tls is not None:
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            begins = self.request.begins()
        except OSError as error:
            self._refuse(error)
            begins = False
        if not begins:
            self.request.close()
            return
        # nobody may stop in the middle of a word for ever
        self.request.settimeout(_SILENCE_S)
        super().handle()

    def _refuse(self, error: OSError) -> None:
        why = "it keeps silent" if isinstance(error, TimeoutError) else "it hung up"
        if isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError):
            why = "it speaks no TLS, or shows no certificate that we trust"
        _LOGGER.warning("refused a connection of %s: %s", self.client_address[0], why)


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

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Begin a connection, unless too many have not said anything yet."""
        if threading.active_count() > _MAX_THREADS:
            _LOGGER.warning("refused a connection of %s: too many at once", client_address[0])
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        """Tell of a connection that broke, without the traceback that Python would print."""
        _LOGGER.warning("a connection of %s broke", client_address[0])


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
