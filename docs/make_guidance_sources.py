"""Write docs/guidance-sources.md from the shipped knowledge.

python docs/make_guidance_sources.py
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from glioscope.core import Source
from glioscope.guidance import load_knowledge

PAGE = Path(__file__).with_name("guidance-sources.md")
HEAD = """# Sources of the guidance

Made by `python docs/make_guidance_sources.py`. What each source is cited for:
`glioscope guidance show ID`. How statements are written and checked: [guidance.md](guidance.md).

| id | source | year | DOI or PMID | statements |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page: a line a source, by id."""
    knowledge = load_knowledge()
    counts = Counter(statement.source for statement in knowledge.statements.values())
    lines = [
        f"| `{ident}` | {source.authors} {source.title.rstrip('.')}. {source.journal} |"
        f" {source.year} | {_number(source)} | {counts[ident]} |\n"
        for ident, source in sorted(knowledge.sources.items())
    ]
    return HEAD + "".join(lines)


def _number(source: Source) -> str:
    if source.doi is not None:
        return f"[{source.doi}](https://doi.org/{source.doi})"
    return "" if source.pmid is None else f"PMID {source.pmid}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
