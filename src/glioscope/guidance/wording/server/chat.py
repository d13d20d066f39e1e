"""One question to a language model, asked until it is answered or there is no point in it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from openai import OpenAI

from glioscope.core import Progress
from glioscope.guidance.wording.config import WordingConfig
from glioscope.guidance.wording.server.address import shown
from glioscope.guidance.wording.server.arrived import Arrived
from glioscope.guidance.wording.server.body import FORMS, Ask, Messages
from glioscope.guidance.wording.server.client import TooMuchError, client
from glioscope.guidance.wording.server.failures import (
    KNOWN,
    may_pass,
    surely_free,
    told,
    wants_other_form,
)
from glioscope.guidance.wording.server.spend import Spend, most_tokens

_LONGEST_PAUSE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a question.

    Args:
        text: Of the model; empty after a failure.
        failure: Why there is none, in one line; ``None`` if there is.
        tokens: Spent on all requests.
        estimated: Whether some of them were not told by the server.
    """

    text: str = ""
    failure: str | None = None
    tokens: int = 0
    estimated: bool = False


def ask(messages: Messages, config: WordingConfig, progress: Progress) -> Reply:
    """Ask a language model; what its server does wrong is told, not raised.

    Args:
        messages: Role and content.
        config: Which model, and what it may cost.
        progress: Told how much of the answer is there.
    """
    spend = Spend(limit=config.most_tokens)
    with client(config) as server:
        conversation = _Conversation(
            server=server, config=config, messages=messages, spend=spend, progress=progress
        )
        text, failure = conversation.hold()
    if failure is not None:
        failure = f"the language model's server {shown(config.url)} {failure}"
    return Reply(text=text, failure=failure, tokens=spend.counted, estimated=spend.estimated)


@dataclass(slots=True, kw_only=True)
class _Conversation:
    """The requests of one question: another form where one is not taken, a pause where it fails."""

    server: OpenAI
    config: WordingConfig
    messages: Messages
    spend: Spend
    progress: Progress
    sleep: Callable[[float], None] = field(default=time.sleep)

    def hold(self) -> tuple[str, str | None]:
        """Return the answer, or why there is none."""
        forms, failed = list(FORMS), 0
        while True:
            request = Ask(
                model=self.config.model,
                messages=self.messages,
                answer_tokens=self.config.answer_tokens,
                seed=self.config.seed,
            ).body(forms[0])
            most = most_tokens(json.dumps(request, ensure_ascii=False)) + self.config.answer_tokens
            if not self.spend.allows(most):
                return "", self._too_dear(most)
            try:
                return self._answer(request, most), None
            except KNOWN as error:
                if not surely_free(error):
                    self.spend.untold(most)
                if wants_other_form(error) and len(forms) > 1:
                    forms.pop(0)
                elif may_pass(error) and failed < self.config.patience.retries:
                    failed += 1
                    self.sleep(_pause_s(error, self.config.patience.pause_s, failed))
                else:
                    return "", told(error)

    def _answer(self, request: dict[str, Any], most: int) -> str:
        """Send one request and return its whole answer.

        Raises:
            Exception: As `KNOWN`.
        """
        end = time.monotonic() + self.config.patience.total_s
        most_pieces = request["max_tokens"]
        arrived = Arrived()
        for chunk in self.server.chat.completions.create(**request):
            if time.monotonic() > end:
                msg = "its answer takes too long"
                raise TooMuchError(msg)
            arrived.take(chunk)
            self.progress.step(min(len(arrived.pieces), most_pieces), most_pieces)
        arrived.check_end()
        if arrived.used is None:
            self.spend.untold(most)
        else:
            self.spend.told(arrived.used)
        return "".join(arrived.pieces)

    def _too_dear(self, most: int) -> str:
        return (
            f"was not asked: {self.spend.counted} tokens are spent and a request may take {most},"
            f" more than the limit of {self.spend.limit}; raise --spend-limit"
        )


def _pause_s(error: Exception, first_s: float, failed: int) -> float:
    """Return how long to wait: as the server says, or twice as long each time."""
    response = getattr(error, "response", None)
    asked = "" if response is None else str(response.headers.get("retry-after", ""))
    pause = float(asked) if asked.isdigit() else first_s * 2 ** (failed - 1)
    return min(pause, _LONGEST_PAUSE_S)
