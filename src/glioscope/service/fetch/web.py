"""QIDO-RS and WADO-RS: finds and retrieves studies of a DICOMweb service."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pydicom import Dataset, dcmwrite
from pydicom.config import disable_value_validation
from pydicom.pixels.utils import get_expected_length

from glioscope.core import InputError
from glioscope.service.fetch.landing import Landing, NotAskedForError
from glioscope.service.fetch.query import MOST_STUDIES, FoundStudy, Query, too_many
from glioscope.service.remote.node import Link, WebRoot
from glioscope.service.remote.web import web_client

_AS_STORED: Final = (("application/dicom", "*"),)
"""In the transfer syntax that the service has; by default it would decompress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSource:
    """Studies of a DICOMweb service."""

    root: WebRoot
    link: Link

    def find(self, query: Query) -> list[FoundStudy]:
        """Return the studies that match.

        Raises:
            InputError: If the service is not there, refuses, does not speak DICOMweb, or has more
                than `MOST_STUDIES` of them.
        """
        with web_client(self.root, self.link, failure=InputError) as client:
            answers = client.search_for_studies(search_filters=query.keys(), limit=MOST_STUDIES + 1)
            if len(answers) > MOST_STUDIES:
                raise too_many()
            found = []
            for study in filter(query.allows, map(Dataset.from_json, answers)):
                fields = ["SeriesDescription", "NumberOfSeriesRelatedInstances"]
                series = client.search_for_series(study.StudyInstanceUID, fields=fields)
                of_study = [Dataset.from_json(one) for one in series]
                found.append(FoundStudy.of(study, of_study, modality=query.modality))
        return found

    def retrieve(self, study: FoundStudy, landing: Landing) -> None:
        """Retrieve the series of a study, one after the other.

        Raises:
            InputError: If the service goes away, refuses, or sends what is not whole.
            OutputError: If a file can't be written.
        """
        with web_client(self.root, self.link, failure=InputError) as client:
            for series in study.series:
                with disable_value_validation():
                    for instance in client.iter_series(
                        study.uid, series.uid, media_types=_AS_STORED
                    ):
                        self._take(instance, landing)

    def _take(self, instance: Dataset, landing: Landing) -> None:
        if not _is_whole(instance):
            msg = f"{self.root} went away within an instance; fetch the study again"
            raise InputError(msg)
        content = BytesIO()
        dcmwrite(content, instance, enforce_file_format=True)
        try:
            landing.take(content.getvalue())
        except NotAskedForError as error:
            msg = f"{self.root} sent an instance of another study; ask its administrator"
            raise InputError(msg) from error


def _is_whole(instance: Dataset) -> bool:
    """Tell whether all pixels came: a body that ends too early is read without an error."""
    if "PixelData" not in instance or instance.file_meta.TransferSyntaxUID.is_encapsulated:
        return True
    return len(instance.PixelData) >= get_expected_length(instance)
