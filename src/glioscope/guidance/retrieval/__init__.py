"""Documents in, passages out: on this machine, without a network."""

from glioscope.guidance.retrieval.intake import Ingested, Refused, ingest
from glioscope.guidance.retrieval.library import (
    How,
    Library,
    open_library,
    passages_for,
    search,
)

__all__ = [
    "How",
    "Ingested",
    "Library",
    "Refused",
    "ingest",
    "open_library",
    "passages_for",
    "search",
]
