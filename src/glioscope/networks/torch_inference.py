"""Run a shipped network with torch: on a CUDA device, or to check OpenVINO against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.core import ModelError, require

Array = npt.NDArray[np.float32]


def torch_runner(
    folder: Path, card: Mapping[str, Any], *, device: str
) -> Callable[[Array, Array, int], Array]:
    """Return a function that runs a member as ``Network`` does.

    Args:
        folder: Of the model, with the safetensors that its card names.
        card: Of the model.
        device: ``"cuda"``, ``"cuda:1"`` or ``"cpu"``; float32 without TF32, so that it agrees.

    Raises:
        MissingPackageError: Without torch.
        ModelError: If the device is not there: never a silent fall-back to the CPU.
    """
    torch = require("torch", extra="train")
    if device.startswith("cuda") and not torch.cuda.is_available():
        msg = f"--device {device}: torch finds no CUDA device; use --device cpu"
        raise ModelError(msg)
    torch.backends.cudnn.allow_tf32 = False
    # imports torch, which the base install does not have
    from glioscope.networks.checkpoint import load_checkpoint  # noqa: PLC0415

    networks = [
        load_checkpoint(folder / member["safetensors"]).to(device) for member in card["members"]
    ]

    def run(image: Array, presence: Array, member: int) -> Array:
        with torch.inference_mode():
            logits = networks[member](
                torch.from_numpy(image).to(device), torch.from_numpy(presence).to(device)
            )
            probs: Array = torch.sigmoid(logits).float().cpu().numpy()
        return probs

    return run
