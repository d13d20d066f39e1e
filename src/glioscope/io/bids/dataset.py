"""The dataset around the patients: what makes a folder a BIDS derivative of Glioscope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from glioscope import __version__
from glioscope.core import OutputError
from glioscope.io.atomic import write_atomically
from glioscope.io.bids.table import json_bytes

BIDS_VERSION: Final = "1.9.0"
DESCRIPTION: Final = "dataset_description.json"
LOCK: Final = ".glioscope.lock"

_IGNORED: Final = "*_morph.tsv\n*_morph.json\n"
"""Tables of measurements have no place in BIDS yet; the name is that of its proposal 11."""

_README: Final = """# Glioscope derivatives

Gliomas on brain MRI, segmented, measured and located by Glioscope, which is research software and
not a medical device: a radiologist must check all of it before use.

- `sub-*/anat/*_dseg.nii.gz`: labels 1 necrosis, 2 edema, 3 enhancing tumor; on the grid of the
  reference series as acquired, and with `res-prepared` on the grid that was analyzed.
- `sub-*/anat/*_desc-brain_mask.nii.gz`: the brain.
- `sub-*/anat/*_desc-preproc_*.nii.gz`: the sequences, aligned, without what is not brain, in
  robust standard deviations of the brain.
- `sub-*/anat/*_desc-measurements_morph.tsv`: every number, with unit, interval and method.

All images of a patient lie in the space of the patient's own reference series.
"""


def prepare_dataset(dataset: Path) -> None:
    """Make a folder a derivative dataset, or see that it is one of ours.

    Args:
        dataset: Not there, empty, or a dataset that was begun here; others may have added files.

    Raises:
        OutputError: If it holds something else, or can't be written.
    """
    description = _read_description(dataset)
    made_by = description.setdefault("GeneratedBy", [])
    mine = {"Name": "Glioscope", "Version": __version__}
    if mine not in made_by:
        made_by.append(mine)
        write_atomically(dataset / DESCRIPTION, json_bytes(description))
    for name, content in (("README.md", _README), (".bidsignore", _IGNORED)):
        if not (dataset / name).exists():
            write_atomically(dataset / name, content.encode())


def _read_description(dataset: Path) -> dict[str, Any]:
    path = dataset / DESCRIPTION
    if not path.exists():
        _check_empty(dataset)
        return {
            "Name": "Glioscope derivatives",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "derivative",
        }
    try:
        content = json.loads(path.read_bytes())
        ours = any(one["Name"] == "Glioscope" for one in content["GeneratedBy"])
        derived = content["DatasetType"] == "derivative"
    except (OSError, ValueError, KeyError, TypeError):
        ours = derived = False
    if not ours or not derived:
        msg = (
            f"{dataset.name} holds another BIDS dataset (its {DESCRIPTION} names no derivative of"
            " Glioscope); give a folder of its own, such as derivatives/glioscope in it"
        )
        raise OutputError(msg)
    return dict(content)


def _check_empty(dataset: Path) -> None:
    if any(one.name != LOCK for one in dataset.iterdir()):
        msg = f"{dataset.name} is neither empty nor a BIDS dataset; give another folder"
        raise OutputError(msg)
