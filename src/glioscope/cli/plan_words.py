"""The options and the environment of a language model's words, for `glioscope plan`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import typer

from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.guidance.wording import WordingConfig

Llm = Annotated[
    bool,
    typer.Option(
        "--llm",
        help="Add a summary in a language model's words, each sentence checked. Its server speaks"
        " the OpenAI chat protocol; address, model and key come from GLIOSCOPE_LLM_URL,"
        " GLIOSCOPE_LLM_MODEL and GLIOSCOPE_LLM_KEY.",
    ),
]
LlmModel = Annotated[
    str | None, typer.Option("--llm-model", help="As its server names it, such as gpt-4o-mini.")
]
AllowRemote = Annotated[
    bool,
    typer.Option(
        "--allow-remote",
        help="The language model may be on another machine; nothing that identifies the patient"
        " is sent.",
    ),
]
SpendLimit = Annotated[
    int,
    typer.Option(
        "--spend-limit", min=1, help="Tokens that a language model may take, question and answer."
    ),
]


def wording_config(
    *, llm: bool, model: str | None, allow_remote: bool, spend_limit: int
) -> WordingConfig | None:
    """Return which language model to ask; ``None`` if none is wanted.

    The address is GLIOSCOPE_LLM_URL with the key GLIOSCOPE_LLM_KEY; else OPENAI_BASE_URL with
    OPENAI_API_KEY.  A key goes only to the address that it was set with.

    Args:
        llm: Whether one is wanted.
        model: Its name; ``None`` takes GLIOSCOPE_LLM_MODEL.
        allow_remote: Whether it may be on another machine.
        spend_limit: Tokens.

    Raises:
        InputError: If address or model are not told or can't be used.
    """
    if not llm:
        return None
    from glioscope.guidance.wording import WordingConfig

    url, key = _address()
    return WordingConfig(
        url=url,
        model=model or os.environ.get("GLIOSCOPE_LLM_MODEL", ""),
        key=key,
        allow_remote=allow_remote,
        most_tokens=spend_limit,
        proxy=_proxy(url),
    )


def _address() -> tuple[str, str]:
    for url_name, key_name in (
        ("GLIOSCOPE_LLM_URL", "GLIOSCOPE_LLM_KEY"),
        ("OPENAI_BASE_URL", "OPENAI_API_KEY"),
    ):
        url = os.environ.get(url_name, "").strip()
        if url:
            return url, os.environ.get(key_name, "").strip()
    msg = (
        "no server of a language model is named; set GLIOSCOPE_LLM_URL to its base, such as"
        " http://127.0.0.1:8080/v1, or leave --llm out"
    )
    raise InputError(msg)


def _proxy(url: str) -> str | None:
    """Return the proxy of this machine's settings that leads to a server."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None  # the address itself is refused, with what to do
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme)
