"""Run a shipped network on the CPU with OpenVINO; no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.core import ModelError, ModelInfo, weights_folder
from glioscope.networks.openvino_offline import ov

Array = npt.NDArray[np.float32]

PRECISION = "f32"
"""OpenVINO takes bf16 by itself where the processor has it; f32 gives the same bytes everywhere
that the same number of threads runs."""


@dataclass(slots=True, eq=False)
class Network:
    """The members of one shipped model, compiled for the shape they are asked for.

    Args:
        folder: Holds ``card.json`` and the files it names.
        card: The parsed card.
        threads: Threads of the CPU; 0 leaves the choice to OpenVINO.
    """

    folder: Path
    card: Mapping[str, Any]
    threads: int = 0
    _compiled: dict[tuple[int, tuple[tuple[int, ...], ...]], ov.CompiledModel] = field(
        default_factory=dict
    )

    @property
    def members(self) -> int:
        """Number of networks to average."""
        return len(self.card["members"])

    @property
    def info(self) -> ModelInfo:
        """Name, version, hash and runtime, for the result."""
        hashes = "".join(member["sha256"] for member in self.card["members"])
        return ModelInfo(
            name=self.card["name"],
            version=self.card["version"],
            sha256=hashlib.sha256(hashes.encode()).hexdigest(),
            runtime=f"OpenVINO {ov.__version__.split('-')[0]} CPU {PRECISION}",
            members=self.members,
        )

    def __call__(self, *inputs: Array, member: int = 0) -> Array:
        """Run one member.

        Args:
            *inputs: float32 in the order of the network's inputs, such as an image of shape
                ``(B, C, I, J, K)``.
            member: Which of the networks, from 0.

        Returns:
            Its first output, float32.
        """
        compiled = self._compile(member, tuple(array.shape for array in inputs))
        output = compiled([np.ascontiguousarray(array) for array in inputs])[0]
        return np.asarray(output, dtype=np.float32)

    def release(self) -> None:
        """Forget the compiled networks and free their memory."""
        self._compiled.clear()

    def _compile(self, member: int, shapes: tuple[tuple[int, ...], ...]) -> ov.CompiledModel:
        key = (member, shapes)
        if key not in self._compiled:
            core = ov.Core()
            model = core.read_model(self.folder / self.card["members"][member]["ir"])
            model.reshape(dict(zip(model.inputs, map(ov.PartialShape, shapes), strict=True)))
            options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": PRECISION}
            if self.threads:
                options["INFERENCE_NUM_THREADS"] = self.threads
            self._compiled[key] = core.compile_model(model, "CPU", options)
        return self._compiled[key]


def load_network(name: str, *, threads: int = 0, folder: Path | None = None) -> Network:
    """Load a shipped model and check that its files are whole.

    Args:
        name: Folder below ``glioscope/weights``, such as ``"tumor"``.
        threads: See ``Network``.
        folder: Elsewhere than in the package.

    Raises:
        ModelError: If it is missing or a file is not the one its card names.
    """
    place = folder if folder is not None else weights_folder(name)
    try:
        card: dict[str, Any] = json.loads((place / "card.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        msg = f"model {name!r}: no readable card.json; install glioscope again or name another"
        raise ModelError(msg) from error
    for member in card["members"]:
        _check_file(place / Path(member["ir"]).with_suffix(".bin"), member["sha256"], name=name)
    return Network(folder=place, card=card, threads=threads)


def _check_file(path: Path, sha256: str, *, name: str) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        msg = f"model {name!r}: {path.name} is missing; install glioscope again"
        raise ModelError(msg) from error
    if found != sha256:
        msg = (
            f"model {name!r}: {path.name} is damaged (SHA-256 {found[:12]} instead of"
            f" {sha256[:12]}); install glioscope again"
        )
        raise ModelError(msg)
