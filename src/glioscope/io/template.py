"""The MNI ICBM 152 2009a symmetric template that nilearn carries, without importing nilearn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import nibabel as nib
import numpy as np

from glioscope.core import MissingPackageError, Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """The average brain at 1 mm, stripped, in MNI world (RAS+ mm).

    Args:
        t1: T1 contrast, float32, 0 to 1, 0 outside the brain.
        gray: Probability of grey matter, float32.
        white: Probability of white matter, float32.
        fluid: Probability of cerebrospinal fluid, float32: the brain less both others.
        brain: Bool mask.
    """

    t1: Volume
    gray: Volume
    white: Volume
    fluid: Volume
    brain: Volume


def _data_folder() -> Path:
    spec = find_spec("nilearn")
    if spec is None or spec.origin is None:
        msg = "the MNI template comes with nilearn, which is not installed; pip install nilearn"
        raise MissingPackageError(msg)
    return Path(spec.origin).parent / "datasets" / "data"


def _read(kind: str) -> Volume:
    path = _data_folder() / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz"
    if not path.is_file():
        msg = f"this nilearn has no {path.name}; install nilearn 0.13 as constraints.txt says"
        raise MissingPackageError(msg)
    image = nib.load(path)
    data = np.asarray(image.dataobj).astype(np.float32) / np.float32(255.0)
    return Volume(data=data, affine=np.asarray(image.affine))


@lru_cache(maxsize=1)
def load_template() -> Template:
    """Read the template once a process (four 35 MB volumes).

    Raises:
        MissingPackageError: If nilearn, or its file, is not there.
    """
    t1, gray, white = _read("t1"), _read("gm"), _read("wm")
    brain = t1.data > 0
    fluid = np.where(brain, 1.0 - gray.data - white.data, 0.0).clip(0.0, 1.0)
    return Template(
        t1=t1,
        gray=gray,
        white=white,
        fluid=t1.with_data(fluid.astype(np.float32)),
        brain=t1.with_data(brain),
    )
