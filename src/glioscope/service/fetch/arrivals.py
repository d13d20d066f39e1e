"""What C-MOVE and C-GET share: instances that come in, and the answers beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pydicom import Dataset
from pynetdicom.events import Event
from pynetdicom.status import code_to_category

from glioscope.core import InputError, OutputError
from glioscope.service.fetch.landing import Landing, NotAskedForError
from glioscope.service.fetch.query import FoundSeries, FoundStudy
from glioscope.service.remote.node import Node

_STORED: Final = 0x0000
_NOT_AUTHORIZED: Final = 0x0124
_OUT_OF_RESOURCES: Final = 0xA700
_UNKNOWN_DESTINATION: Final = 0xA801


def stored_in(landing: Landing) -> Callable[[Event], int]:
    """Return a handler of C-STORE requests that keeps what was asked for and refuses the rest."""

    def store(event: Event) -> int:
        try:
            landing.take(event.encoded_dataset())
        except NotAskedForError:
            return _NOT_AUTHORIZED
        except OutputError:
            return _OUT_OF_RESOURCES
        return _STORED

    return store


def identifier(study: FoundStudy, series: FoundSeries) -> Dataset:
    """Return what is asked for: one series."""
    asked = Dataset()
    asked.QueryRetrieveLevel = "SERIES"
    asked.StudyInstanceUID = study.uid
    asked.SeriesInstanceUID = series.uid
    return asked


def follow(answers: Iterable[tuple[Dataset, Dataset | None]], node: Node, landing: Landing) -> None:
    """Read the answers to one retrieval to its end.

    Raises:
        OutputError: If what came could not be written.
        InputError: If the node went away, refused, or could not send each instance.
    """
    for status, _ in answers:
        if landing.trouble is not None:
            raise landing.trouble
        if "Status" not in status:
            msg = f"{node} went away, or no longer answers the retrieval; fetch the study again"
            raise InputError(msg)
        if code_to_category(status.Status) not in {"Pending", "Success"}:
            raise InputError(_refusal(status, node))
    if landing.trouble is not None:
        raise landing.trouble


def _refusal(status: Dataset, node: Node) -> str:
    if status.Status == _UNKNOWN_DESTINATION:
        return (
            f"{node} does not know where to send to; let its administrator enter our AE title,"
            " host and port, or fetch with --get"
        )
    failed = status.get("NumberOfFailedSuboperations") or 0
    sent = f"could not send {failed} instances" if failed else "refused the retrieval"
    return (
        f"{node} {sent} (status {status.Status:04X}); check that it knows our AE title, host and"
        " port, or fetch the other way (with or without --get)"
    )
