"""Train, self-train and export the brain network; each step is one command, in this order.

    python experiments/train_brain.py bank      # stripped patients onto the network's grid
    python experiments/train_brain.py first     # drawn heads only
    python experiments/train_brain.py pseudo    # masks of the real heads by the first network
    python experiments/train_brain.py second    # drawn and real heads, from the first network on
    python experiments/train_brain.py pseudo --network second
    python experiments/train_brain.py third --steps 900     # stopped after 200
    python experiments/train_brain.py pseudo --network third
    python experiments/train_brain.py fourth --steps 800
    python experiments/train_brain.py fifth --steps 900
    python experiments/train_brain.py pseudo --network fifth
    python experiments/train_brain.py sixth --steps 900
    python experiments/train_brain.py pseudo --network sixth
    python experiments/train_brain.py seventh --steps 900
    python experiments/train_brain.py pseudo --network seventh
    python experiments/train_brain.py eighth --steps 800
    python experiments/train_brain.py export    # into src/glioscope/weights/brain

TCGA-FG-6692, the test patient, takes part in none of them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from glioscope.core import Volume, weights_folder
from glioscope.io import read_volume
from glioscope.learning.brain_bank import brain_subject, head_subject, like_t2
from glioscope.learning.brain_models import modelled_head
from glioscope.learning.brain_shape import mean_shape, without_outliers
from glioscope.learning.brain_training import NETWORK, BrainTraining, ExampleSource, train
from glioscope.networks.checkpoint import load_checkpoint, save_network
from glioscope.networks.export import export_network
from glioscope.networks.unet import UNet
from glioscope.preparation.brain import head_window, one_part, window_image
from glioscope.preparation.stripped import foreground_mask

DATA: Final = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
RUNS: Final = Path("runs/brain")
_LOG = logging.getLogger(__name__)
TEST_PATIENT: Final = "TCGA-FG-6692"

NAMES: Final = {
    "t1": ("_t1", "-t1n"),
    "t1c": ("_t1ce", "-t1c", "T1c_subtrMeanDivStd"),
    "t2": ("_t2", "-t2w"),
    "flair": ("_flair", "-t2f", "Flair_subtrMeanDivStd"),
}


def bank() -> None:
    """Bring the stripped patients to the grid of the network."""
    folders = sorted([*(DATA / "brats").iterdir(), *(DATA / "brats2013").iterdir()])
    brains = []
    for folder in folders:
        images = {name: image for name in NAMES if (image := _image(folder, name)) is not None}
        subject = brain_subject(images, foreground_mask(images["flair"]))
        brains.append((tuple(images), subject))
        _LOG.info("%s: %s", folder.name, ", ".join(images))
    RUNS.mkdir(parents=True, exist_ok=True)
    torch.save(brains, RUNS / "bank.pt")


def models() -> None:
    """Bring six simulated heads to the grid of the network."""
    torch.save([modelled_head(variant) for variant in range(100, 106)], RUNS / "models.pt")


def first(steps: int) -> None:
    """Train on drawn heads."""
    config = BrainTraining(steps=steps)
    source = ExampleSource(brains=_load("bank.pt"), heads=[], config=config)
    train(UNet(NETWORK), source, _folder("first"))


def pseudo(name: str) -> None:
    """Find the brain on each sequence of each real head, and keep what their mean says."""
    network = load_checkpoint(RUNS / name / "mean.safetensors")
    shape = mean_shape(subject for _, subject in _load("bank.pt"))
    heads = []
    for folder in sorted((DATA / "tcga_lgg").iterdir()):
        if folder.name == TEST_PATIENT:
            continue
        volumes = {
            s: read_volume(folder / f"{folder.name}_{s}.nii.gz") for s in ("t1", "t1c", "flair")
        }
        window = head_window(volumes["t1"])
        images = {name: window_image(volume, window) for name, volume in volumes.items()}
        with torch.inference_mode():
            found = [
                torch.sigmoid(network(torch.tensor(i[None, None])))[0, 0] for i in images.values()
            ]
        mean = np.mean([f.numpy() for f in found], axis=0, dtype=np.float32)
        probs = without_outliers(_generous(mean), shape)
        images["t2"] = like_t2(images["flair"], probs)
        heads.append(head_subject(images, probs, spread=np.ptp(np.stack(found), axis=0)))
        _LOG.info("%s: %.0f ml", folder.name, float(probs.sum()) * 2.5**3 / 1000)
    torch.save(heads, RUNS / "heads.pt")


def _generous(probs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Let 0.35 count as a half, and keep one part: a mask too tight teaches a tighter one."""
    raised = probs / (probs + (1 - probs) * (0.35 / 0.65))
    return one_part(raised.astype(np.float32))


def further(
    steps: int, *, start: str, name: str, seed: int, rate: float = 1e-3, empty: float = 0.0
) -> None:
    """Go on with drawn and real heads, and images without one."""
    config = BrainTraining(steps=steps, rate=rate, real=0.4, seed=seed, empty=empty)
    source = ExampleSource(
        brains=_load("bank.pt"), heads=_load("heads.pt"), config=config, models=_load("models.pt")
    )
    train(load_checkpoint(RUNS / start / "mean.safetensors").train(), source, _folder(name))


def export(name: str) -> None:
    """Write what ships: OpenVINO IR, safetensors, card."""
    folder = weights_folder("brain")
    folder.mkdir(parents=True, exist_ok=True)
    network = load_checkpoint(RUNS / name / "mean.safetensors")
    save_network(network, folder / "brain.safetensors", half=True)
    halved = load_checkpoint(folder / "brain.safetensors")
    sha256 = export_network(halved, folder / "brain.xml", half=True)
    card = {
        "name": "brain",
        "version": "1",
        "members": [{"ir": "brain.xml", "checkpoint": "brain.safetensors", "sha256": sha256}],
        "input": {"channels": 1, "spacing_mm": 2.5, "shape": [80, 96, 80], "axes": "RAS"},
        "output": "probability of brain",
        "trained_by": f"experiments/train_brain.py ({name})",
        "license": "Apache-2.0",
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _image(folder: Path, name: str) -> Volume | None:
    for file in sorted(folder.glob("*.nii.gz")):
        if file.name.removesuffix(".nii.gz").endswith(NAMES[name]):
            return read_volume(file)
    return None


def _load(name: str) -> list:  # type: ignore[type-arg] - pickles of our own types, made above
    return torch.load(RUNS / name, weights_only=False)


def _folder(name: str) -> Path:
    (RUNS / name).mkdir(parents=True, exist_ok=True)
    return RUNS / name


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "step",
        choices=(
            "bank",
            "models",
            "first",
            "pseudo",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "export",
        ),
    )
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--network", help="which one finds masks, or is exported")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    steps: dict[str, Callable[[], None]] = {
        "bank": bank,
        "models": models,
        "first": lambda: first(args.steps),
        "pseudo": lambda: pseudo(args.network or "first"),
        "second": lambda: further(args.steps, start="first", name="second", seed=1),
        "third": lambda: further(args.steps, start="second", name="third", seed=2),
        "fourth": lambda: further(args.steps, start="third", name="fourth", seed=3),
        "fifth": lambda: further(args.steps, start="fourth", name="fifth", seed=4, rate=1.5e-3),
        "sixth": lambda: further(args.steps, start="fifth", name="sixth", seed=5, rate=6e-4),
        "seventh": lambda: further(args.steps, start="sixth", name="seventh", seed=6, rate=6e-4),
        "eighth": lambda: further(
            args.steps, start="seventh", name="eighth", seed=7, rate=6e-4, empty=0.1
        ),
        "export": lambda: export(args.network or "eighth"),
    }
    steps[args.step]()


if __name__ == "__main__":
    main()
