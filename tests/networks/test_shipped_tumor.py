"""The model that is shipped: its files, its card, and that both runtimes agree."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import Region, weights_folder
from glioscope.evaluation import dice
from glioscope.io import read_study
from glioscope.networks.inference import load_network
from glioscope.networks.torch_inference import torch_runner
from glioscope.preparation import prepare
from glioscope.segmentation import network_grid, network_input

FOLDER = weights_folder("tumor")
CARD: dict[str, Any] = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))
DATA = Path(os.environ.get("GLIOSCOPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
PATIENT = DATA / "brats" / "BraTS-GLI-00000-000"
Array = npt.NDArray[np.float32]


def both_runtimes(image: Array, presence: Array) -> tuple[Array, Array]:
    exported = load_network("tumor")(image, presence, member=0)
    return exported, torch_runner(FOLDER, CARD, device="cpu")(image, presence, 0)


def test_the_weights_stay_small() -> None:
    total = sum(path.stat().st_size for path in FOLDER.iterdir())

    assert total < 25e6


def test_the_card_names_files_that_are_whole() -> None:
    for member in CARD["members"]:
        content = (FOLDER / member["safetensors"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == member["safetensors_sha256"]
    assert load_network("tumor").members == 5


def test_the_card_holds_measured_figures_of_all_fifteen_subsets() -> None:
    assert len(CARD["expected_dice"]) == 15
    for regions in CARD["expected_dice"].values():
        assert set(regions) == {Region.WT, Region.TC, Region.ET}
        for mean, low, high in regions.values():
            assert 0 <= low <= mean <= high <= 1


def test_both_runtimes_agree_on_noise() -> None:
    rng = np.random.default_rng(0)
    image = rng.normal(size=(1, 4, 48, 64, 48)).astype(np.float32)

    exported, by_torch = both_runtimes(image, np.ones((1, 4), dtype=np.float32))

    np.testing.assert_allclose(exported, by_torch, atol=1e-3)


@pytest.mark.skipif(not PATIENT.exists(), reason="GLIOSCOPE_DATA has no brats/ folder here")
def test_both_runtimes_agree_on_a_patient() -> None:
    case = prepare(read_study(PATIENT))
    image, presence = network_input(case, network_grid(case, CARD))

    exported, by_torch = both_runtimes(image, presence)

    for one, other in zip(exported[0] >= 0.5, by_torch[0] >= 0.5, strict=True):
        assert one.any()
        assert dice(one, other) >= 0.999


def test_the_same_input_gives_the_same_bytes() -> None:
    image = np.random.default_rng(1).normal(size=(1, 4, 32, 32, 32)).astype(np.float32)
    presence = np.array([[0, 1, 0, 1]], dtype=np.float32)

    one, other = (load_network("tumor")(image, presence, member=3) for _ in range(2))

    assert one.tobytes() == other.tobytes()
