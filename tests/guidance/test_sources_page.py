"""docs/guidance-sources.md is that of the shipped knowledge."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_lists_every_source_as_it_is() -> None:
    made = runpy.run_path(str(DOCS / "make_guidance_sources.py"))["page"]()

    assert (DOCS / "guidance-sources.md").read_text(encoding="utf-8") == made
