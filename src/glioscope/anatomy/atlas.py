"""Atlases: labels in template space and what they are called."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from glioscope.anatomy.config import LocateConfig
from glioscope.core import Hemisphere, InputError, ModelError, Volume, require, weights_folder
from glioscope.io import read_volume

_TEMPLATEFLOW: Final = "templateflow:"
_SIDES: Final[Mapping[str, Hemisphere]] = {
    "l": Hemisphere.LEFT,
    "left": Hemisphere.LEFT,
    "lh": Hemisphere.LEFT,
    "r": Hemisphere.RIGHT,
    "right": Hemisphere.RIGHT,
    "rh": Hemisphere.RIGHT,
    "": Hemisphere.BOTH,
    "both": Hemisphere.BOTH,
    "n/a": Hemisphere.BOTH,
}
_LEAST_VOXELS_INSIDE: Final = 0.5
_BRAIN_BOX_MM: Final = ((-80.0, -115.0, -75.0), (80.0, 85.0, 95.0))
"""Holds the ICBM 152 brain with a little room."""
_EVERY: Final = 3
"""Voxels along each axis of which one is looked at when the place of an atlas is checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One label of an atlas.

    Args:
        index: Value of its voxels.
        name: Without its side.
        hemisphere: Its side.
        lobe: The lobe or group it belongs to; its own name if it stands alone.
    """

    index: int
    name: str
    hemisphere: Hemisphere
    lobe: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Atlas:
    """Labels in MNI ICBM 152 world and their names.

    Args:
        name: Name and version, as the report prints it.
        labels: Integers; 0 is nothing.
        structures: In the order of their index.
    """

    name: str
    labels: Volume
    structures: tuple[Structure, ...]

    def indices(self, *names: str) -> tuple[int, ...]:
        """Return the labels of all structures that have one of these names or lobes."""
        return tuple(s.index for s in self.structures if s.name in names or s.lobe in names)


def load_atlas(config: LocateConfig | None = None) -> Atlas:
    """Return the atlas that the configuration names.

    Raises:
        InputError: If the user's atlas or table can't be used.
        ModelError: If the shipped one is missing or damaged.
        MissingPackageError: If a TemplateFlow name is given without that package.
    """
    config = config or LocateConfig()
    if config.atlas is None:
        return shipped_atlas()
    if str(config.atlas).startswith(_TEMPLATEFLOW):
        return _from_templateflow(str(config.atlas).removeprefix(_TEMPLATEFLOW))
    if config.atlas_names is None:
        msg = f"atlas {config.atlas.name}: no table of names; give one with --atlas-names"
        raise InputError(msg)
    return _from_files(config.atlas, config.atlas_names, name=config.atlas.name)


@lru_cache(maxsize=1)
def shipped_atlas() -> Atlas:
    """Return the atlas that travels with Glioscope.

    Raises:
        ModelError: If a file of it is missing or is not the one that was shipped.
    """
    folder = weights_folder("atlas")
    card_file = folder / "card.json"
    if not card_file.is_file():
        msg = f"the atlas is missing ({card_file.name} is not there); install glioscope again"
        raise ModelError(msg)
    card = json.loads(card_file.read_text(encoding="utf-8"))
    labels = folder / card["labels"]
    if hashlib.sha256(labels.read_bytes()).hexdigest() != card["sha256"]:
        msg = f"the atlas is damaged ({labels.name} has another SHA-256); install glioscope again"
        raise ModelError(msg)
    name = f"{card['name']} {card['version']}"
    return _from_files(labels, folder / card["names"], name=name)


def _from_files(labels: Path, names: Path, *, name: str) -> Atlas:
    volume = read_volume(labels)
    if volume.data.dtype.kind == "f" and (volume.data % 1.0).any():
        msg = f"atlas {labels.name}: holds values between the integers; give a label volume"
        raise InputError(msg)
    volume = volume.with_data(_smallest(volume.data))
    _check_space(volume, labels)
    structures = read_names(names)
    missing = sorted(set(np.unique(volume.data).tolist()) - {0} - {s.index for s in structures})
    if missing:
        msg = f"atlas {labels.name}: labels {missing[:5]} have no name in {names.name}; add them"
        raise InputError(msg)
    return Atlas(name=name, labels=volume, structures=structures)


def _smallest(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the labels in the smallest type that holds them: warping takes less."""
    kind = np.uint8 if data.min() >= 0 and data.max() < 256 else np.int32
    return np.round(data).astype(kind)


def _check_space(volume: Volume, path: Path) -> None:
    points = volume.world(np.argwhere(volume.data[::_EVERY, ::_EVERY, ::_EVERY] != 0) * _EVERY)
    low, high = np.array(_BRAIN_BOX_MM[0]), np.array(_BRAIN_BOX_MM[1])
    inside = ((points > low) & (points < high)).all(axis=1)
    if len(points) == 0 or inside.mean() < _LEAST_VOXELS_INSIDE:
        msg = (
            f"atlas {path.name}: its labels do not lie in MNI ICBM 152 space (the brain around"
            " 0, 0, 0 mm); resample it to that space first"
        )
        raise InputError(msg)


def read_names(path: Path) -> tuple[Structure, ...]:
    """Read a table of names, CSV or TSV, with a header: index, name[, hemisphere][, lobe].

    Raises:
        InputError: If the table can't be read or has a row that means nothing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"atlas table {path.name}: can't be read ({error}); give a CSV or TSV in UTF-8"
        raise InputError(msg) from error
    lines = text.splitlines()
    delimiter = "\t" if lines and "\t" in lines[0] else ","
    rows = [
        {(key or "").strip().lower(): (value or "").strip() for key, value in row.items()}
        for row in csv.DictReader(lines, delimiter=delimiter)
    ]
    if not rows or not {"index", "name"} <= rows[0].keys():
        msg = f"atlas table {path.name}: the header must name the columns index and name"
        raise InputError(msg)
    structures = tuple(_structure(row, path) for row in rows)
    return tuple(sorted(structures, key=lambda structure: structure.index))


def _structure(row: Mapping[str, str], path: Path) -> Structure:
    side = row.get("hemisphere", "").lower()
    if not row["index"].isdigit() or not row["name"] or side not in _SIDES:
        msg = (
            f"atlas table {path.name}: the row {dict(row)} is none of index (a whole number), name"
            " and hemisphere (left, right, both or empty); correct it"
        )
        raise InputError(msg)
    return Structure(
        index=int(row["index"]),
        name=row["name"],
        hemisphere=_SIDES[side],
        lobe=row.get("lobe") or row["name"],
    )


def _from_templateflow(name: str) -> Atlas:
    template, _, atlas = name.partition("/")
    api = require("templateflow.api", extra="atlas")
    found = api.get(template, atlas=atlas, resolution=1, suffix="dseg")
    tables = api.get(template, atlas=atlas, suffix="dseg", extension=".tsv")
    volumes = [Path(p) for p in _many(found) if str(p).endswith(".nii.gz")]
    if not template.startswith("MNI152") or len(volumes) != 1 or len(_many(tables)) != 1:
        msg = (
            f"TemplateFlow has not exactly one label volume at 1 mm and one table for {name!r} in"
            " MNI152 space; give templateflow:TEMPLATE/ATLAS, such as"
            " templateflow:MNI152NLin2009cAsym/DKT31, or the files themselves"
        )
        raise InputError(msg)
    return _from_files(volumes[0], Path(_many(tables)[0]), name=f"TemplateFlow {name}")


def _many(found: object) -> list[str]:
    return [str(path) for path in found] if isinstance(found, list) else [str(found)]
