"""Studies from a PACS, by C-FIND with C-MOVE or C-GET, or by QIDO-RS with WADO-RS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from glioscope.core import GlioscopeError, Progress, Silent
from glioscope.service.fetch.dimse import NodeSource
from glioscope.service.fetch.landing import Landing
from glioscope.service.fetch.move import Receiver
from glioscope.service.fetch.query import FoundSeries, FoundStudy, Query
from glioscope.service.fetch.web import WebSource
from glioscope.service.remote.node import Destination, Link, Node, Timeouts, WebRoot
from glioscope.service.remote.tls import ClientTls

__all__ = [
    "ClientTls",
    "Destination",
    "Fetched",
    "FoundSeries",
    "FoundStudy",
    "Link",
    "Query",
    "Receiver",
    "Source",
    "Timeouts",
    "fetch_study",
    "find_studies",
    "source_of",
]


class Source(Protocol):
    """A PACS to fetch from."""

    def find(self, query: Query) -> list[FoundStudy]:
        """Return the studies that match."""

    def retrieve(self, study: FoundStudy, landing: Landing) -> None:
        """Have the instances of a study land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A study that lies in its place.

    Args:
        folder: What `glioscope analyze` takes.
        series: How many.
        instances: How many, in all series.
    """

    folder: Path
    series: int
    instances: int


def source_of(pacs: Node | WebRoot, link: Link, *, receiver: Receiver | None) -> Source:
    """Return a PACS as a source.

    Args:
        pacs: From `Destination.parse`.
        link: How it is spoken to.
        receiver: Where a node's C-MOVE sends to; ``None`` retrieves by C-GET.  Of no meaning for
            DICOMweb.
    """
    if isinstance(pacs, WebRoot):
        return WebSource(root=pacs, link=link)
    return NodeSource(node=pacs, link=link, receiver=receiver)


def find_studies(query: Query, source: Source) -> tuple[FoundStudy, ...]:
    """Return the studies that match, by date; those without a series asked for are left out.

    Raises:
        InputError: If the PACS is not there, refuses, or has more than 1,000 of them.
    """
    with_series = [study for study in source.find(query) if study.uid and study.series]
    return tuple(sorted(with_series, key=lambda study: (study.date, study.uid)))


def fetch_study(
    study: FoundStudy, source: Source, folder: Path, *, progress: Progress | None = None
) -> Fetched:
    """Retrieve a study into a new folder, a folder a series; it appears whole or not at all.

    Args:
        study: From `find_studies`.
        source: Of the same PACS.
        folder: Must be empty or not there.
        progress: Told of each instance.

    Raises:
        InputError: If the PACS goes away, refuses or does not send all.  What came lies in a
            folder beside it that the message names.
        OutputError: If the folder is taken, or a file can't be written.
    """
    landing = Landing(study, folder, progress or Silent())
    try:
        source.retrieve(study, landing)
        landing.finish()
    except GlioscopeError as error:
        msg = f"{error}{landing.left()}"
        raise type(error)(msg) from error
    except BaseException:
        landing.remove()
        raise
    return Fetched(folder=folder, series=len(study.series), instances=landing.count)
