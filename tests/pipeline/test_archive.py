from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from glioscope.core import (
    Acquisition,
    Findings,
    Location,
    Measurements,
    Notice,
    OutputError,
    Quantity,
    Region,
    Sequence,
    Series,
    Severity,
    SourceFile,
    Study,
    Volume,
)
from glioscope.pipeline import archive


def a_study() -> Study:
    data = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    affine = np.diag([1.0, 0.1 + 0.2, 5.5, 1.0])
    series = Series(
        series_id="1.2.3",
        volume=Volume(data=data, affine=affine),
        acquisition=Acquisition(echo_time_ms=0.1 + 0.2, image_type=("ORIGINAL", "PRIMARY")),
        declared=Sequence.T1C,
        sources=(SourceFile(path="a/b.dcm", sha256="00"),),
        notices=(Notice(code="gap", severity=Severity.WARNING, message="a gap"),),
    )
    return Study(case_id="p", series=(series,), frame_of_reference_uids={"1.2.3": "9.8"})


def test_a_value_comes_back_as_it_was(tmp_path: Path) -> None:
    study = a_study()
    archive.save(study, tmp_path / "study.npz", key="k")

    back = archive.load(Study, tmp_path / "study.npz", key="k")

    assert back is not None
    assert back.series[0].acquisition == study.series[0].acquisition
    assert back.series[0].declared is Sequence.T1C
    assert back.series[0].notices == study.series[0].notices
    assert back.frame_of_reference_uids == {"1.2.3": "9.8"}
    assert back.brain_mask is None
    np.testing.assert_array_equal(back.series[0].volume.data, study.series[0].volume.data)
    np.testing.assert_array_equal(back.series[0].volume.affine, study.series[0].volume.affine)
    assert back.series[0].volume.data.dtype == np.float32


@pytest.mark.parametrize("centroid_mm", [(-20.125, 0.1 + 0.2, 31.0), None])
def test_findings_come_back_with_intensity_and_centroid(
    tmp_path: Path, centroid_mm: tuple[float, float, float] | None
) -> None:
    findings = some_findings(centroid_mm)
    archive.save(findings, tmp_path / "measurement.npz", key="k")

    assert archive.load(Findings, tmp_path / "measurement.npz", key="k") == findings


def some_findings(centroid_mm: tuple[float, float, float] | None) -> Findings:
    median = Quantity(name="Median", value=0.1 + 0.2, unit="1", region=Region.WT, method="m")
    return Findings(
        case_id="p",
        measurements=Measurements(
            volumes={},
            proportions={},
            shape={},
            maximum_3d_diameter={},
            lesions=(),
            multifocal=None,
            satellites=0,
            intensity={"Median": median},
        ),
        location=Location(
            atlas="atlas",
            hemisphere=None,
            left_percent=None,
            crosses_midline=None,
            midline_shift=median,
            midline_shift_towards=None,
            involvement={},
            main_lobe=None,
            main_lobe_hemisphere=None,
            eloquent=(),
            contact_ventricles=None,
            contact_cortex=None,
            registration_quality=0.9,
            centroid_template_mm=centroid_mm,
        ),
    )


@dataclass(frozen=True)
class Keyed:
    by_sequence: Mapping[Sequence, tuple[float, float]]


def test_mapping_keys_come_back_as_enum_members(tmp_path: Path) -> None:
    archive.save(Keyed({Sequence.T2: (1.0, 2.0)}), tmp_path / "k.npz", key="k")

    back = archive.load(Keyed, tmp_path / "k.npz", key="k")

    assert back == Keyed({Sequence.T2: (1.0, 2.0)})


def test_another_key_is_not_taken(tmp_path: Path) -> None:
    archive.save(a_study(), tmp_path / "study.npz", key="one configuration")

    assert archive.load(Study, tmp_path / "study.npz", key="another") is None


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_cut_file_is_not_taken(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "study.npz"
    archive.save(a_study(), path, key="k")
    path.write_bytes(path.read_bytes()[:keep])

    assert archive.load(Study, path, key="k") is None


def test_a_folder_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"study\.npz"):
        archive.save(a_study(), tmp_path / "gone" / "study.npz", key="k")
