"""One prepared case on disk: arrays that are read where they are needed, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import torch

from glioscope.core import CaseError, Sequence, Volume
from glioscope.learning.data.about import About, Shape
from glioscope.learning.data.truth import Truth
from glioscope.learning.sample import REGIONS, Sample

ABOUT: Final = "case.json"
_SHARE: Final = 255.0
_ARRAYS: Final = {
    "image": ("float16", len(Sequence), "shape"),
    "regions": ("uint8", len(REGIONS), "shape"),
    "brain": ("uint8", 1, "shape"),
    "truth": ("uint8", 0, "case_shape"),
    "brain_1mm": ("uint8", 0, "case_shape"),
}
"""Of each file: its type, its channels (0 for none) and whose shape it has."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CachedCase:
    """A prepared case; its arrays stay on disk and are mapped anew at each use.

    So it is cheap to send to the processes of a loader, and thousands hold no open file.

    Args:
        folder: Of the case.
        about: From its ``case.json``.
    """

    folder: Path
    about: About

    @classmethod
    def at(cls, folder: Path) -> Self:
        """Open the folder of a case, and check that its files are whole.

        Raises:
            CaseError: If one is missing, cut off or of another form.
        """
        try:
            found = cls(folder=folder, about=About.of_json((folder / ABOUT).read_bytes()))
            for name in _ARRAYS:
                found.array(name)
        except (OSError, ValueError, EOFError) as error:
            msg = (
                f"case {folder.name}: its files in the cache are missing or damaged"
                f" ({type(error).__name__}); fill the cache again, which mends it"
            )
            raise CaseError(msg) from error
        return found

    def array(self, name: str) -> npt.NDArray[Any]:
        """Map one array, read-only.

        Args:
            name: ``image`` (float16, shape ``(4, I, J, K)``), ``regions`` and ``brain`` (uint8,
                shares of 255, 3 channels and 1) on the training grid; ``truth`` (``core.Label``)
                and ``brain_1mm`` (0 or 1) on the case's grid, shape ``(I, J, K)``.

        Raises:
            ValueError: If the file has another form, or is shorter than its form says.
        """
        dtype, channels, grid = _ARRAYS[name]
        shape = (*([channels] if channels else []), *getattr(self.about, grid))
        data: npt.NDArray[Any] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        if data.dtype != dtype or data.shape != shape:
            msg = f"{name}.npy is {data.dtype} of shape {data.shape}, not {dtype} of {shape}"
            raise ValueError(msg)
        return data

    @property
    def shape(self) -> Shape:
        """Voxels of the training grid."""
        return self.about.shape

    @property
    def tumor_ml(self) -> float | None:
        """Volume of the whole tumor; ``None`` without labels."""
        return self.about.tumor_ml

    @property
    def tumor_middle_vox(self) -> Shape | None:
        """Voxel of the training grid in the middle of the tumor; ``None`` where there is none."""
        return None if self.about.tumor is None else self.about.tumor.middle_vox

    @property
    def truth(self) -> Volume | None:
        """The expert's labels on the case's grid, uint8 of ``core.Label``; ``None`` without any."""
        return self._on_case("truth") if any(self.about.known) else None

    @property
    def brain_1mm(self) -> Volume:
        """The brain mask, bool, on the case's grid."""
        volume = self._on_case("brain_1mm")
        return volume.with_data(volume.data > 0)

    @property
    def grid(self) -> Volume:
        """The (empty, bool) training grid, in the case's world.

        What was predicted on it comes to the case's grid by
        ``resampled(grid.with_data(probs), like=brain_1mm)``, or, of the visual pathway's labels,
        by ``VisualPathwayGeometry.restored``.
        """
        empty = np.zeros(self.about.shape, dtype=bool)
        return Volume(data=empty, affine=np.array(self.about.affine))

    def sample(self) -> Sample:
        """Read the whole case."""
        return self._read((slice(None),))

    def box(self, start: Shape, size: Shape) -> Sample:
        """Read a part of the case; the rest takes no memory.

        Where nothing is in the system's cache yet, it reads ahead, up to the whole file.  Advice
        against that was tried: a third of the file was read, in seven times the time.

        Args:
            start: First voxel on the training grid; may be negative.
            size: Voxels along each axis; what lies beyond the grid is 0.
        """
        low = [min(max(a, 0), n) for a, n in zip(start, self.about.shape, strict=True)]
        ends = zip(start, size, self.about.shape, strict=True)
        high = [min(max(a + count, 0), n) for a, count, n in ends]
        inside = self._read((slice(None), *map(slice, low, high)))
        if tuple(b - a for a, b in zip(low, high, strict=True)) == tuple(size):
            return inside
        padding: list[int] = []
        for axis in (2, 1, 0):
            before = min(max(low[axis] - start[axis], 0), size[axis])
            padding += [before, size[axis] - before - (high[axis] - low[axis])]

        def padded(stack: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.pad(stack, padding)

        return Sample(
            image=padded(inside.image),
            regions=padded(inside.regions),
            brain=padded(inside.brain),
            presence=inside.presence,
            known=inside.known,
        )

    def _read(self, places: tuple[slice, ...]) -> Sample:
        return Sample(
            image=torch.from_numpy(self.array("image")[places].astype(np.float32)),
            regions=self._shares("regions", places),
            brain=self._shares("brain", places),
            presence=torch.tensor(self.about.presence, dtype=torch.float32),
            known=torch.tensor(self.about.known, dtype=torch.float32),
        )

    def _shares(self, name: str, places: tuple[slice, ...]) -> torch.Tensor:
        return torch.from_numpy(self.array(name)[places].astype(np.float32) / np.float32(_SHARE))

    def _on_case(self, name: str) -> Volume:
        return Volume(data=self.array(name), affine=np.array(self.about.case_affine))


def arrays_of(sample: Sample, truth: Truth | None, brain: Volume) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a case by the name of their file, in the types that they are kept in."""
    labels = np.zeros(brain.shape, dtype=np.uint8) if truth is None else truth.labels.data
    return {
        "image": sample.image.numpy().astype(np.float16),
        "regions": (sample.regions.numpy() * _SHARE).round().astype(np.uint8),
        "brain": (sample.brain.numpy() * _SHARE).round().astype(np.uint8),
        "truth": labels,
        "brain_1mm": brain.data.astype(np.uint8),
    }
