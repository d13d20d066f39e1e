"""A DICOM node of the tests' own that finds and hands out what it holds, well or badly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)
from tests.service.nodes import LOOPBACK, served

PENDING = 0xFF00
MODELS = (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelGet,
)
Answers = Iterator[tuple[Any, Dataset | None]]


@contextmanager
def query_node(
    files: Sequence[Path],
    *,
    move_to: int | None = None,
    find: Callable[[Event], Answers] | None = None,
    sent: Callable[[list[Dataset]], list[Dataset]] = lambda matching: matching,
    models: Sequence[str] = MODELS,
) -> Iterator[str]:
    """Run a node that holds some files; yield it as ``AET@host:port``.

    ``move_to`` is the port that it knows for every AE title (``None``: it knows none), ``sent``
    makes of the instances asked for those that it sends.
    """
    held = [dcmread(file) for file in files]

    def matching(event: Event) -> list[Dataset]:
        series = event.identifier.SeriesInstanceUID
        return sent([one for one in held if one.SeriesInstanceUID == series])

    def moved(event: Event) -> Iterator[Any]:
        yield (LOOPBACK, move_to) if move_to is not None else (None, None)
        if move_to is not None:
            yield from handed_out(matching(event))

    def got(event: Event) -> Iterator[Any]:
        yield from handed_out(matching(event))

    entity = AE(ae_title="ARCHIVE")
    entity.add_requested_context(MRImageStorage, ExplicitVRLittleEndian)
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(context.abstract_syntax, scu_role=True, scp_role=True)
    for model in models:
        entity.add_supported_context(model)
    handlers = [
        (evt.EVT_C_FIND, find or (lambda event: found(held, event))),
        (evt.EVT_C_MOVE, moved),
        (evt.EVT_C_GET, got),
    ]
    with served(entity, handlers) as port:
        yield f"ARCHIVE@{LOOPBACK}:{port}"


def handed_out(instances: Sequence[Dataset]) -> Iterator[Any]:
    yield len(instances)
    for instance in instances:
        yield PENDING, instance


def found(held: Sequence[Dataset], event: Event) -> Answers:
    """Answer a query at the level of studies or series."""
    asked = event.identifier
    of_study = [one for one in held if asked.StudyInstanceUID in {"", one.StudyInstanceUID}]
    of_study = [one for one in of_study if asked.get("PatientID") in {None, "", one.PatientID}]
    keyword = "StudyInstanceUID" if asked.QueryRetrieveLevel == "STUDY" else "SeriesInstanceUID"
    by_uid = {one[keyword].value: one for one in of_study}
    for uid, one in by_uid.items():
        answer = Dataset()
        answer.QueryRetrieveLevel = asked.QueryRetrieveLevel
        for element in asked:
            if element.keyword in one:
                answer[element.tag] = one[element.tag]
        if "NumberOfSeriesRelatedInstances" in asked:
            of_series = [other for other in of_study if other[keyword].value == uid]
            answer.NumberOfSeriesRelatedInstances = len(of_series)
        yield PENDING, answer
