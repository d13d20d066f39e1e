"""What docs/conformance.md says is written, is what is written."""

from pathlib import Path

import pytest
from pydicom import dcmread

from glioscope.io.results.folder import WrittenResult
from glioscope.pipeline import ExportConfig, export_result

STATEMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


@pytest.mark.parametrize("labelmap", [False, True])
def test_every_class_and_series_is_in_the_statement(
    labelmap: bool, written_result: WrittenResult, dicom_study: Path, tmp_path: Path
) -> None:
    stated = STATEMENT.read_text(encoding="utf-8")
    config = ExportConfig(labelmap=labelmap, structures=True)

    written = [
        dcmread(path)
        for path in export_result(written_result.folder, dicom_study, tmp_path, config)
    ]

    assert len(written) == 7
    for one in written:
        assert f"| {one.SOPClassUID} |" in stated
        assert f"| {one.SeriesDescription} | {one.SeriesNumber} |" in stated
