"""What requests cost, in tokens, and when to stop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Spend:
    """Tokens spent on one plan.

    Args:
        limit: That may never be passed.
        counted: As servers told, or the most that a request may have cost where they did not.
        estimated: Whether some of it was not told by a server.
    """

    limit: int
    counted: int = 0
    estimated: bool = False

    def allows(self, most: int) -> bool:
        """Tell whether a request that costs at most so much may be sent."""
        return self.counted + most <= self.limit

    def told(self, used: int) -> None:
        """Count what the server says that a request cost."""
        self.counted += max(used, 0)

    def untold(self, most: int) -> None:
        """Count the most that a request may have cost, where the server did not say it."""
        self.counted += most
        self.estimated = True


def most_tokens(body: str) -> int:
    """Return more tokens than any tokenizer makes of a request: one for each of its bytes."""
    return len(body.encode())
