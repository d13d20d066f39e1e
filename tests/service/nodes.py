"""DICOM nodes and web servers of the tests' own, on loopback."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import ThreadedAssociationServer

LOOPBACK = "127.0.0.1"
SUCCESS = 0x0000


@dataclass(slots=True, kw_only=True)
class Storage:
    """A node that takes instances, and what it was sent: SOPInstanceUIDs in order."""

    node: str
    received: list[str] = field(default_factory=list)


@contextmanager
def storage_node(
    answer: Callable[[int, Event], int] = lambda _number, _event: SUCCESS,
    *,
    contexts: Sequence[PresentationContext] = tuple(AllStoragePresentationContexts),
    context: ssl.SSLContext | None = None,
    **settings: Any,
) -> Iterator[Storage]:
    """Run a Storage SCP that answers the n-th instance (from 1) with a status of the caller."""
    entity = AE(ae_title="ARCHIVE")
    entity.supported_contexts = list(contexts)
    for name, value in settings.items():
        setattr(entity, name, value)
    received: list[str] = []

    def store(event: Event) -> int:
        received.append(str(event.request.AffectedSOPInstanceUID))
        return answer(len(received), event)

    with served(entity, [(evt.EVT_C_STORE, store)], context=context) as port:
        yield Storage(node=f"ARCHIVE@{LOOPBACK}:{port}", received=received)


@contextmanager
def served(
    entity: AE, handlers: Sequence[Any], *, context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve as pynetdicom's own ``start_server`` does, but stop without its half a second."""
    server = entity.make_server(
        (LOOPBACK, 0),
        ssl_context=context,
        evt_handlers=list(handlers),
        server_class=ThreadedAssociationServer,
    )
    entity._servers.append(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        entity.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a web server says; ``announced`` is the length that it promises."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/dicom+json"
    headers: tuple[tuple[str, str], ...] = ()
    announced: int | None = None


@dataclass(slots=True, kw_only=True)
class Web:
    """A web server, and the headers of what it was asked."""

    url: str
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def web_server(
    answer: Callable[[str, bytes], Answer], *, context: ssl.SSLContext | None = None
) -> Iterator[Web]:
    """Run a web server whose answer the caller makes from path and body."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            asked.append(dict(self.headers))
            said = answer(self.path, self._body())
            self.send_response(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Type", said.content_type)
            length = len(said.body) if said.announced is None else said.announced
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_POST = _respond  # noqa: N815 - names of http.server

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output free of requests."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        scheme = "http" if context is None else "https"
        yield Web(url=f"{scheme}://{LOOPBACK}:{server.server_port}/dicom-web", asked=asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
