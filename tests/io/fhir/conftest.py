from pathlib import Path

import pytest

from glioscope.io.dicom_out.origin import Origin, find_origin
from glioscope.io.results.folder import WrittenResult


@pytest.fixture
def origin(dicom_study: Path, written_result: WrittenResult) -> Origin:
    """The reference series of the small study; what a test writes into it stays in the test."""
    return find_origin(dicom_study, written_result)
