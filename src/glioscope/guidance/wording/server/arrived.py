"""The pieces of an answer as they come in; what is not of the protocol's types is passed over."""

from __future__ import annotations

from dataclasses import dataclass, field

from glioscope.guidance.wording.server.client import NoChatError


@dataclass(slots=True, kw_only=True)
class Arrived:
    """What a stream has brought so far.

    Args:
        pieces: Of the text.
        used: Tokens that the server counted, once it told them.
        chunks: How many came.
        ended: Whether the model said that it is done.
    """

    pieces: list[str] = field(default_factory=list)
    used: int | None = None
    chunks: int = 0
    ended: bool = False

    def take(self, chunk: object) -> None:
        """Take one chunk of the stream."""
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list):
            return
        self.chunks += 1
        total = getattr(getattr(chunk, "usage", None), "total_tokens", None)
        if isinstance(total, int):
            self.used = total
        for choice in choices[:1]:
            content = getattr(getattr(choice, "delta", None), "content", None)
            if isinstance(content, str):
                self.pieces.append(content)
            self.ended = self.ended or isinstance(getattr(choice, "finish_reason", None), str)

    def check_end(self) -> None:
        """Refuse what is no answer, or none that ended.

        Raises:
            NoChatError: If nothing of the protocol came.
            ConnectionError: If the stream ended before the answer did.
        """
        if not self.chunks:
            msg = "nothing of the chat protocol came"
            raise NoChatError(msg)
        if not self.ended:
            msg = "the stream ended before the answer did"
            raise ConnectionError(msg)
