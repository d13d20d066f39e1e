"""A connection that sends only what we mean to send, and takes only so much.

Loading this loads the package `openai`, of the extra "guidance".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import httpx2
import openai

from glioscope.core import is_loopback
from glioscope.guidance.wording.config import WordingConfig
from glioscope.guidance.wording.server.address import checked_address

_HEADERS: Final = frozenset(
    {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "user-agent",
        "transfer-encoding",
    }
)
"""That are sent; the package adds others from the environment and about this machine."""


class NoChatError(Exception):
    """An answer is not of the chat protocol."""


class TooMuchError(Exception):
    """An answer is larger, or takes longer, than was agreed."""


def client(config: WordingConfig) -> openai.OpenAI:
    """Return a client that follows no redirect, reads no environment and retries nothing."""
    local = is_loopback(checked_address(config.url, allow_remote=True).hostname or "")
    patience = config.patience
    return openai.OpenAI(
        base_url=config.url,
        api_key=config.key or "none",
        max_retries=0,
        http_client=httpx2.Client(
            timeout=httpx2.Timeout(patience.silence_s, connect=patience.connect_s),
            follow_redirects=False,
            trust_env=False,
            proxy=None if local else config.proxy,
            event_hooks={
                "request": [_only(config.key)],
                "response": [_bounded(config.most_bytes, patience.total_s)],
            },
        ),
    )


def _only(key: str) -> Callable[[httpx2.Request], None]:
    """Return a hook that takes all headers off a request that it does not need."""

    def strip(request: httpx2.Request) -> None:
        for name in set(request.headers) - _HEADERS:
            del request.headers[name]
        request.headers["user-agent"] = "glioscope"
        if key:
            request.headers["authorization"] = f"Bearer {key}"

    return strip


def _bounded(most_bytes: int, total_s: float) -> Callable[[httpx2.Response], None]:
    """Return a hook that ends a response which is too large or too slow."""

    def bound(response: httpx2.Response) -> None:
        whole = response.stream
        if isinstance(whole, httpx2.SyncByteStream):
            response.stream = _Bounded(whole, most_bytes, time.monotonic() + total_s)

    return bound


class _Bounded(httpx2.SyncByteStream):
    """The bytes of a response, until there are too many or it takes too long."""

    def __init__(self, whole: httpx2.SyncByteStream, most_bytes: int, end_s: float) -> None:
        self._whole = whole
        self._most_bytes = most_bytes
        self._end_s = end_s

    def __iter__(self) -> Iterator[bytes]:
        taken = 0
        for piece in self._whole:
            taken += len(piece)
            if taken > self._most_bytes:
                msg = "its answer is larger than any summary"
                raise TooMuchError(msg)
            if time.monotonic() > self._end_s:
                msg = "its answer takes too long"
                raise TooMuchError(msg)
            yield piece

    def close(self) -> None:
        self._whole.close()
