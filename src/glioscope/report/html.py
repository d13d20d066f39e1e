"""The document as one HTML file that opens offline."""

from __future__ import annotations

import base64
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from glioscope.report.document import Document, Heading, Paragraph, Picture, Table


def to_html(document: Document) -> bytes:
    """Return one self-contained page: no scripts, nothing loaded from anywhere."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    environment.filters["data_uri"] = _data_uri
    environment.tests["heading"] = lambda block: isinstance(block, Heading)
    environment.tests["paragraph"] = lambda block: isinstance(block, Paragraph)
    environment.tests["table"] = lambda block: isinstance(block, Table)
    environment.tests["picture"] = lambda block: isinstance(block, Picture)
    source = files("glioscope.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(document=document).encode()


def _data_uri(picture: Picture) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"
