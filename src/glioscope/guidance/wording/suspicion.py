"""Passages that read like orders to a language model are not shown to one.

This only spares a model what it might obey; nothing rests on it.  What a model says is held against
its citations in any case.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

from glioscope.guidance.wording.clean import has_hidden


def reads_like_orders(text: str) -> bool:
    """Tell whether a passage speaks to a language model, or hides something from people."""
    plain = unicodedata.normalize("NFKC", text)
    return has_hidden(text) or _orders().search(plain) is not None


@cache
def _orders() -> re.Pattern[str]:
    package = files("glioscope.guidance.wording")
    text = package.joinpath("data", "orders.txt").read_text(encoding="utf-8")
    return re.compile("|".join(text.splitlines()), re.IGNORECASE)
