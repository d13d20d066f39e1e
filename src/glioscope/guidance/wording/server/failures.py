"""What a server did wrong, in words; nothing of what it wrote is repeated."""

from __future__ import annotations

import ssl
from typing import Final

import httpx2
import openai

from glioscope.guidance.wording.server.client import NoChatError, TooMuchError

_STATUSES: Final = {
    400: "does not take the request; check the model's name",
    401: "does not accept the key; check GLIOSCOPE_LLM_KEY",
    403: "does not allow this key to use the model; check GLIOSCOPE_LLM_KEY",
    404: "does not know the model or the address; check GLIOSCOPE_LLM_MODEL and GLIOSCOPE_LLM_URL",
    408: "gave up waiting; try again later",
    413: "does not take so long a request; choose a model with a larger context",
    422: "does not take the request; check the model's name",
    429: "has no capacity for us, or our credit is spent; try again later",
}
KNOWN: Final[tuple[type[Exception], ...]] = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    TooMuchError,
    NoChatError,
    OSError,
    ValueError,  # JSON or UTF-8 that is none
    TypeError,  # fields of other types than the protocol's, met inside the package
    AttributeError,
)
"""What speaking to a server may raise."""
_NOT_THE_PROTOCOL: Final = (NoChatError, ValueError, TypeError, AttributeError)
_OTHER_FORM: Final = frozenset({400, 404, 415, 422, 500, 501})
"""With which servers answer what they don't know, such as a schema; llama-cpp-python with 500."""
_PASSING: Final = frozenset({408, 409, 429})
_FIRST_SERVER_ERROR: Final = 500
_FIRST_REDIRECT, _FIRST_CLIENT_ERROR = 300, 400


def told(error: Exception) -> str:
    """Return what is wrong, to stand behind the name of the server."""
    status = status_of(error)
    if status is not None:
        return _of_status(status)
    chain = _chain(error)
    if too_much := next((one for one in chain if isinstance(one, TooMuchError)), None):
        return f"was cut off: {too_much}"
    if any(isinstance(one, ssl.SSLError) for one in chain):
        return "shows a TLS certificate that is not trusted, or speaks no TLS"
    names = {type(one).__name__ for one in chain}
    if any("Timeout" in name for name in names):
        return "does not answer in time; try again, or a smaller model"
    if "ConnectError" in names or any(isinstance(one, ConnectionRefusedError) for one in chain):
        return "does not answer; check that it runs, its host and port"
    if any(isinstance(one, _NOT_THE_PROTOCOL) for one in chain):
        return "answers with something else than the OpenAI chat protocol; check its address"
    return "broke off its answer; try again later"


def status_of(error: Exception) -> int | None:
    """Return the HTTP status that an error stands for, if it does."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def may_pass(error: Exception) -> bool:
    """Tell whether the same request may succeed later."""
    status = status_of(error)
    if status is not None:
        return status in _PASSING or status >= _FIRST_SERVER_ERROR
    chain = _chain(error)
    final = (TooMuchError, ssl.SSLError, *_NOT_THE_PROTOCOL)
    return not any(isinstance(one, final) for one in chain)


def wants_other_form(error: Exception) -> bool:
    """Tell whether a server may take the request in another form."""
    return status_of(error) in _OTHER_FORM


def surely_free(error: Exception) -> bool:
    """Tell whether a server refused a request before any model ran."""
    status = status_of(error)
    if status is not None:
        return _FIRST_REDIRECT <= status < _FIRST_SERVER_ERROR
    return any(type(one).__name__ in {"ConnectError", "ConnectTimeout"} for one in _chain(error))


def _of_status(status: int) -> str:
    if _FIRST_REDIRECT <= status < _FIRST_CLIENT_ERROR:
        return "sends us elsewhere, where we don't go; give the address that it means"
    if status >= _FIRST_SERVER_ERROR:
        return f"is out of order (HTTP {status}); try again later"
    return _STATUSES.get(status, f"refuses the request (HTTP {status})")


def _chain(error: BaseException | None) -> list[BaseException]:
    """Return an error with those that it comes from."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
