"""Text of documents without what a reader does not see."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Control and format characters, half pairs, private use.  Format characters turn the direction
of writing, or spell a text that is invisible; both can hide words from the one who checks."""

_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
"""As PDFs have them in "specific"; other compatibility forms stay, for 10⁶ is not 106."""

_LINE_ENDS = re.compile("\r\n|[\r\f\v\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return what a reader sees: lines of printable characters, at most one empty between two.

    Letters with accents become one character each (NFC); nothing else is changed in a word.
    """
    lines = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    seen = "".join(
        character
        for character in lines
        if character == "\n" or unicodedata.category(character) not in _UNSEEN
    )
    spelled = unicodedata.normalize("NFC", seen.translate(_LIGATURES))
    spaced = "\n".join(line.strip() for line in _SPACES.sub(" ", spelled).split("\n"))
    return _EMPTY_LINES.sub("\n\n", spaced).strip()
