"""Words by what they do to a sentence."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from glioscope.guidance.wording.check.tokens import stem


@cache
def stems(name: str) -> frozenset[str]:
    """Return the stems of a list of `words.toml`, such as ``"negation"``."""
    package = files("glioscope.guidance.wording")
    text = package.joinpath("data", "words.toml").read_text(encoding="utf-8")
    listed: str = tomllib.loads(text)[name]
    return frozenset(stem(word) for word in listed.split())
