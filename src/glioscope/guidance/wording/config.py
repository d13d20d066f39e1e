"""Which language model words a plan, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from glioscope.core import InputError
from glioscope.guidance.wording.server.address import checked_address

_MOST_KEY: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a server may take.

    Args:
        connect_s: Until the connection stands.
        silence_s: Between two pieces of an answer.
        total_s: From a request to the end of its answer.
        retries: Further requests after one that failed in a way that may pass.
        pause_s: Before the first of them; twice as long before each later one.
    """

    connect_s: float = 5.0
    silence_s: float = 60.0
    total_s: float = 300.0
    retries: int = 2
    pause_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingConfig:
    """A server of the OpenAI chat protocol, and the limits of one plan.

    Args:
        url: Its base, such as ``"http://127.0.0.1:8080/v1"``.
        model: As the server names it, such as ``"gpt-4o-mini"``.
        key: Empty for a server that asks for none; never shown.
        allow_remote: Whether the server may be another machine.
        most_tokens: Of all requests and answers together; none is sent that could pass it.
        answer_tokens: Of one answer.
        most_bytes: Of one answer as it comes over the wire.
        seed: Sent with temperature 0, so that a server that can answers the same again.
        proxy: URL of a proxy to another machine; this machine is always spoken to directly.
        patience: When to give up.

    Raises:
        InputError: If the URL is none, or is of another machine that is not allowed or not spoken
            to over https; if the key can't be sent, or a limit is not positive.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    allow_remote: bool = False
    most_tokens: int = 100_000
    answer_tokens: int = 2_000
    most_bytes: int = 2_000_000
    seed: int = 0
    proxy: str | None = field(default=None, repr=False)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        checked_address(self.url, allow_remote=self.allow_remote)
        if not self.model.strip():
            msg = "no language model is named; give --llm-model or set GLIOSCOPE_LLM_MODEL"
            raise InputError(msg)
        if len(self.key) > _MOST_KEY or not (self.key.isascii() and self.key.isprintable()):
            msg = "the key of the language model has signs that can't be sent; copy it again"
            raise InputError(msg)
        if min(self.most_tokens, self.answer_tokens, self.most_bytes) < 1:
            msg = "the spend limit of the language model must be at least one token"
            raise InputError(msg)
