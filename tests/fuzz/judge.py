"""What reading a damaged study must end in, and what it ended in."""

from __future__ import annotations

import shutil
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.fuzz.cases import FuzzCase

from glioscope.core import GlioscopeError, InputError, Study
from glioscope.io import find_patients, read_labels, read_study, read_volume

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - files of a millisecond, in a folder of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one case ended.

    Args:
        outcome: ``study``, the class of the refusal, or what should not have been.
        fault: What should not have been; ``None`` if all is well.
        seconds: That it took to read.
    """

    outcome: str
    fault: str | None
    seconds: float


def judge(case: FuzzCase, *, thorough: bool = True) -> Verdict:
    """Read a case in a folder of its own, in memory where there is such a place.

    Args:
        case: What to read.
        thorough: Also ask whose it is, and read each NIfTI file alone.
    """
    home = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    place = Path(tempfile.mkdtemp(prefix="fuzz-", dir=home))
    try:
        folder = place / "study"
        folder.mkdir()
        given = case.write(folder)
        started = time.perf_counter()
        outcome, fault = _answer(given, folder=place, thorough=thorough)
        seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return Verdict(outcome=outcome, fault=fault, seconds=seconds)


def _answer(given: Path, *, folder: Path, thorough: bool) -> tuple[str, str | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            if thorough and given.name == "study":
                _whole_folder(given)
            study = read_study(given)
        except GlioscopeError as error:
            return type(error).__name__, _bad_refusal(error, folder)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            return f"{type(error).__name__}", f"{type(error).__name__}: {error}"
    return "study", _bad_study(study)


def _whole_folder(folder: Path) -> None:
    """Ask whose the images are, and read each NIfTI file alone, as other rooms do."""
    for path in sorted(folder.glob("*.nii*")):
        for read in (read_volume, read_labels):
            try:
                read(path)
            except InputError:
                continue
    find_patients(folder)


def _bad_refusal(error: GlioscopeError, folder: Path) -> str | None:
    text = str(error)
    if str(folder) in text or "glioscope-" in text:
        return f"a path of this machine in {text!r}"
    if not isinstance(error, InputError) or len(text) < 20:
        return f"a refusal that says nothing: {error!r}"
    return None


def _bad_study(study: Study) -> str | None:
    if not study.series:
        return "a study without a series"
    if not all(np.isfinite(series.volume.data).all() for series in study.series):
        return "voxels that are not finite"
    return None
