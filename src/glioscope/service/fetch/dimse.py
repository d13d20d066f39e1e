"""C-FIND, then C-MOVE or C-GET: finds and retrieves studies of a DICOM node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom import Dataset
from pynetdicom.association import Association
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind
from pynetdicom.status import code_to_category

from glioscope.core import InputError
from glioscope.service.fetch.get import get
from glioscope.service.fetch.landing import Landing
from glioscope.service.fetch.move import Receiver, move
from glioscope.service.fetch.query import MOST_STUDIES, FoundStudy, Query, too_many
from glioscope.service.remote.dimse import association
from glioscope.service.remote.node import Link, Node

_OF_STUDY: Final = ("StudyInstanceUID", "StudyDate", "PatientName", "ModalitiesInStudy")
_OF_SERIES: Final = (
    "SeriesInstanceUID",
    "SeriesNumber",
    "Modality",
    "SeriesDescription",
    "NumberOfSeriesRelatedInstances",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSource:
    """Studies of a DICOM node.

    Args:
        node: The PACS.
        link: How it is spoken to.
        receiver: Where C-MOVE sends to; ``None`` retrieves by C-GET.
    """

    node: Node
    link: Link
    receiver: Receiver | None

    def find(self, query: Query) -> list[FoundStudy]:
        """Return the studies that match.

        Raises:
            InputError: If the node is not there, goes away, refuses, or has more than
                `MOST_STUDIES` of them.
        """
        contexts = [build_context(StudyRootQueryRetrieveInformationModelFind)]
        with association(self.node, contexts, self.link, failure=InputError) as peer:
            studies = self._asked(peer, _identifier("STUDY", _OF_STUDY, query.keys()))
            found = []
            for study in filter(query.allows, studies):
                keys = {"StudyInstanceUID": str(study.get("StudyInstanceUID", ""))}
                series = self._asked(peer, _identifier("SERIES", _OF_SERIES, keys))
                found.append(FoundStudy.of(study, series, modality=query.modality))
        return found

    def retrieve(self, study: FoundStudy, landing: Landing) -> None:
        """Retrieve the series of a study.

        Raises:
            InputError: If the node goes away, refuses, or can't send all.
            OutputError: If a file can't be written.
        """
        if self.receiver is None:
            get(study, self.node, self.link, landing)
        else:
            move(study, self.node, self.link, landing, to=self.receiver)

    def _asked(self, peer: Association, identifier: Dataset) -> list[Dataset]:
        found: list[Dataset] = []
        answers = peer.send_c_find(identifier, StudyRootQueryRetrieveInformationModelFind)
        for status, answer in answers:
            if "Status" not in status:
                msg = f"{self.node} went away, or no longer answers the query; try again"
                raise InputError(msg)
            category = code_to_category(status.Status)
            if category == "Pending" and answer is not None:
                found.append(answer)
            elif category not in {"Pending", "Success"}:
                msg = f"{self.node} refused the query with status {status.Status:04X}; see its log"
                raise InputError(msg)
            if len(found) > MOST_STUDIES:
                raise too_many()
        return found


def _identifier(level: str, wanted: tuple[str, ...], keys: dict[str, str]) -> Dataset:
    identifier = Dataset()
    identifier.SpecificCharacterSet = "ISO_IR 192"
    identifier.QueryRetrieveLevel = level
    for keyword in wanted:
        setattr(identifier, keyword, None)
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    return identifier
