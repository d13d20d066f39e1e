from pathlib import Path

import numpy as np
import pytest

from glioscope.core import Sequence
from glioscope.io import write_volume
from glioscope.simulation import SeriesPlan, SimulationConfig, Tumor, simulate_patient

COARSE = {"in_plane_mm": 4.0, "thickness_mm": 6.0, "distance_mm": 8.0}


@pytest.fixture(scope="session")
def stripped_patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """T1c and FLAIR of a simulated patient, stripped and aligned, as BraTS comes."""
    config = SimulationConfig(
        tumors=(
            Tumor(center_mm=(-34.0, 10.0, 20.0), core_radius_mm=14.0, rim_mm=3.5, push_mm=3.0),
        ),
        series=(
            SeriesPlan(sequence=Sequence.T1C, **COARSE),
            SeriesPlan(sequence=Sequence.FLAIR, **COARSE),
        ),
        spacing_mm=2.0,
    )
    patient = simulate_patient(3, config)
    folder = tmp_path_factory.mktemp("input") / "P003"
    brain = patient.truth.brain.data
    for sequence, head in patient.heads.items():
        stripped = np.rint(np.where(brain, head.data * 1000.0, 0.0)).astype(np.float32)
        write_volume(head.with_data(stripped), folder / f"P003_{sequence}.nii.gz")
    return folder
