"""The request, in the forms that servers of the protocol know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Messages = Sequence[Mapping[str, str]]

_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "citations": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["text", "citations"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}
_NAMED_SCHEMA: Final = {
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "wording", "strict": True, "schema": _SCHEMA},
    },
    "stream_options": {"include_usage": True},
}
_BARE_SCHEMA: Final = {"response_format": {"type": "json_object", "schema": _SCHEMA}}
"""As llama.cpp's servers take a schema."""
FORMS: Final[Sequence[Mapping[str, Any]]] = (_NAMED_SCHEMA, _BARE_SCHEMA, {})
"""Asked in this order, the next when a server does not take one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked, whatever the form.

    Args:
        model: As the server names it.
        messages: Role and content.
        answer_tokens: That the answer may have.
        seed: Of the sampling, at temperature 0.
    """

    model: str
    messages: Messages
    answer_tokens: int
    seed: int

    def body(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the request in one form."""
        return {
            "model": self.model,
            "messages": list(self.messages),
            "temperature": 0,
            "seed": self.seed,
            "max_tokens": self.answer_tokens,
            "stream": True,
            **form,
        }
