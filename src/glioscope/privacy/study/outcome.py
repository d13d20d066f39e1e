"""What came of making one patient shareable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glioscope.core import Notice
from glioscope.privacy.headers.cleaner import Tally
from glioscope.privacy.study.exclusion import Exclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was written, and the way back.

    Args:
        written: Files.
        left_out: Files, by reason.
        tally: Attributes, by what was done.
        notices: New identifiers only.
        table: Old identifiers to new ones; for the encrypted table and nothing else.
    """

    written: int
    left_out: Counter[Exclusion]
    tally: Tally
    notices: tuple[Notice, ...]
    table: Mapping[str, Any] = field(repr=False)
