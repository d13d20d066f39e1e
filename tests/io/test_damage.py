"""Whatever bytes are damaged, the reader answers with a study or with one refusal."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from glioscope.core import Acquisition, InputError, Study, Volume
from glioscope.io import (
    DicomIdentity,
    find_patients,
    read_study,
    write_dicom_series,
    write_volume,
)

HEAD = Volume(
    data=np.random.default_rng(0).integers(0, 4000, (10, 9, 6)).astype(np.int16),
    affine=np.diag([-1.0, -1.0, 4.0, 1.0]),
)
TAGS = Acquisition(series_description="T1", echo_time_ms=12.0, contrast_bolus_agent="Gd")
IDENTITY = DicomIdentity.from_seed(1, patient_id="P1")
HEADER_BYTES = {"classic": 1400, "enhanced": 4500, "t1.nii": 352, "t1.nii.gz": 2000}


def written(kind: str, folder: Path) -> list[Path]:
    if kind.startswith("t1"):
        write_volume(HEAD, folder / kind)
        return [folder / kind]
    files = write_dicom_series(
        HEAD, folder=folder, acquisition=TAGS, identity=IDENTITY, enhanced=kind == "enhanced"
    )
    return list(files)


def answer(folder: Path) -> Study | InputError:
    try:
        find_patients(folder)
        return read_study(folder)
    except InputError as refused:
        return refused


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(sorted(HEADER_BYTES)),
    place=st.floats(0, 1, exclude_max=True),
    damage=st.one_of(st.binary(min_size=1, max_size=8), st.just(b"\0" * 8), st.none()),
)
def test_damaged_bytes_end_in_a_study_or_one_refusal(
    kind: str, place: float, damage: bytes | None
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = written(kind, folder)[0]
        content = path.read_bytes()
        at = int(place * min(HEADER_BYTES[kind], len(content)))
        rest = b"" if damage is None else damage + content[at + len(damage) :]
        path.write_bytes(content[:at] + rest)

        found = answer(folder)

    if isinstance(found, Study):
        assert all(np.isfinite(series.volume.data).all() for series in found.series)
    else:
        assert name not in str(found)
        assert len(str(found)) > 20
