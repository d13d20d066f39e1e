"""The document as one HTML file that opens offline."""

from __future__ import annotations

import base64
from collections.abc import Callable
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined

from glioscope.report.document import (
    Bullets,
    Callout,
    Document,
    Entry,
    Heading,
    Paragraph,
    Picture,
    Prose,
    Quote,
    Table,
)

_KINDS: Final = {
    kind.__name__.lower(): kind
    for kind in (Bullets, Callout, Entry, Heading, Paragraph, Picture, Prose, Quote, Table)
}


def to_html(document: Document) -> bytes:
    """Return one self-contained page: no scripts, nothing loaded from anywhere."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    environment.filters["data_uri"] = _data_uri
    for name, kind in _KINDS.items():
        environment.tests[name] = _is_a(kind)
    source = files("glioscope.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(document=document).encode()


def _data_uri(picture: Picture) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"


def _is_a(kind: type) -> Callable[[object], bool]:
    return lambda block: isinstance(block, kind)
