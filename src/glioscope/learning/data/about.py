"""What is said of one prepared case, beside its arrays."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glioscope import __version__

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TumorBox:
    """Where the whole tumor lies on the training grid.

    Args:
        low_vox: First voxel of the box around it.
        high_vox: One behind the last.
        middle_vox: The voxel nearest to its center of mass.
    """

    low_vox: Shape
    high_vox: Shape
    middle_vox: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What ``case.json`` says of a case.

    Args:
        case_id: As in ``ListedCase``.
        made_from: What must be the same for the case not to be prepared again.
        presence: 1 for each sequence that is there, in the order of ``Sequence``.
        known: 1 for each region that an expert outlined, in the order of ``REGIONS``.
        shape: Of the training grid.
        affine: Shape ``(4, 4)``: index on the training grid to the case's world, RAS+ mm.
        spacing_mm: Of the training grid.
        case_shape: Of the case's own grid.
        case_affine: Index on the case's grid to its world, RAS+ mm.
        tumor_ml: Volume of the whole tumor on the case's grid; ``None`` without labels.
        tumor: Where it lies; ``None`` without labels or without tumor.
        notices: Codes of what preparation noticed.
        version: Of the Glioscope that prepared it.
    """

    case_id: str
    made_from: dict[str, Any]
    presence: tuple[int, ...]
    known: tuple[int, ...]
    shape: Shape
    affine: tuple[tuple[float, ...], ...]
    spacing_mm: tuple[float, float, float]
    case_shape: Shape
    case_affine: tuple[tuple[float, ...], ...]
    tumor_ml: float | None
    tumor: TumorBox | None
    notices: tuple[str, ...] = ()
    version: str = __version__

    def as_json(self) -> bytes:
        """Return the content of ``case.json``."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    @classmethod
    def of_json(cls, content: bytes) -> Self:
        """Read what ``as_json`` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            values = {name: _tuples(value) for name, value in dict(json.loads(content)).items()}
            box = {name: _tuples(value) for name, value in (values.pop("tumor") or {}).items()}
            return cls(**values, tumor=TumorBox(**box) if box else None)
        except (TypeError, KeyError, AttributeError) as error:
            msg = f"no description of a case: {error}"
            raise ValueError(msg) from error


def _tuples(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def tumor_box(whole: npt.NDArray[np.floating[Any]]) -> TumorBox | None:
    """Find the whole tumor on the training grid; ``None`` where there is none.

    Args:
        whole: Share of each voxel, 0 to 1; at least a half is inside, or, of a tumor too small for
            that, anything above 0.
    """
    inside = np.argwhere(whole >= 0.5)
    inside = inside if inside.size else np.argwhere(whole > 0)
    if not inside.size:
        return None
    low, high = inside.min(axis=0), inside.max(axis=0) + 1
    return TumorBox(
        low_vox=_shape(low), high_vox=_shape(high), middle_vox=_shape(inside.mean(axis=0).round())
    )


def _shape(values: npt.NDArray[Any]) -> Shape:
    i, j, k = (int(value) for value in values)
    return (i, j, k)
