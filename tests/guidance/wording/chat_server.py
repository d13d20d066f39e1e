"""A server of the chat protocol on a real socket that answers as it is told to."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from glioscope.guidance.wording import Patience, WordingConfig

QUICK = Patience(connect_s=2.0, silence_s=0.5, total_s=5.0, retries=1, pause_s=0.01)


@dataclass(slots=True)
class Scripted:
    """What the server got, and where it is."""

    port: int
    requests: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def config(self, *, scheme: str = "http", **changes: Any) -> WordingConfig:
        settings = {"model": "tiny", "patience": QUICK, **changes}
        return WordingConfig(url=f"{scheme}://127.0.0.1:{self.port}/v1", **settings)


Behavior = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the behavior of the test."""

    behavior: Behavior
    seen: Scripted

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.raw.append(body)
        self.seen.headers.append({k.casefold(): v for k, v in self.headers.items()})
        self.seen.requests.append(json.loads(body))
        type(self).behavior(self, self.seen.requests[-1])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the tests quiet."""

    def refuse(self, status: int, text: str = "{}", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def start(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()

    def event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def piece(self, content: str | None, *, finish: str | None = None) -> None:
        delta = {} if content is None else {"content": content}
        self.event(json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}))

    def answer(self, text: str, *, tokens: int | None = 123, size: int = 7) -> None:
        """Stream a whole answer in small pieces."""
        self.start()
        for at in range(0, len(text), size):
            self.piece(text[at : at + size])
        self.piece(None, finish="stop")
        if tokens is not None:
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": tokens}
            self.event(json.dumps({"choices": [], "usage": usage}))
        self.event("[DONE]")


def answer_of(sentences: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return the JSON that a model should answer with."""
    return json.dumps(
        {"sentences": [{"text": text, "citations": list(cited)} for text, cited in sentences]}
    )


def says(text: str, **options: Any) -> Behavior:
    """Return the behavior of answering one text."""
    return lambda handler, _: handler.answer(text, **options)


@contextmanager
def serve(behavior: Behavior, *, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve on a free port of loopback until the block ends."""
    handler = type("Bound", (Handler,), {"behavior": staticmethod(behavior)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        seen = Scripted(port=server.server_address[1])
        handler.seen = seen  # type: ignore[attr-defined]
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield seen
        server.shutdown()
        thread.join()
