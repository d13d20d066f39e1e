"""One result as one participant of a BIDS derivative dataset."""

from __future__ import annotations

from pathlib import Path

from glioscope.core import OutputError
from glioscope.io.atomic import write_atomically
from glioscope.io.bids.dataset import LOCK, prepare_dataset
from glioscope.io.bids.images import all_images, image_bytes, label_table
from glioscope.io.bids.measurements import measurement_columns, measurement_table
from glioscope.io.bids.participants import add_participant, check_participant, participant_of
from glioscope.io.lock import exclusive
from glioscope.io.results.folder import WrittenResult


def write_bids(result: WrittenResult, dataset: Path) -> Path:
    """Add a result to a BIDS derivative dataset, or put it in the place of an earlier one.

    Several processes may add to one dataset at the same time.  What others have put into it stays.

    Args:
        result: Its numbers are those of result.json, digit by digit; its images are copied as
            they are.
        dataset: Not there, empty, or a dataset that was begun here.

    Returns:
        The participant's folder.

    Raises:
        InputError: If an image of the result can't be read.
        OutputError: If the folder holds something else or the name of the case is taken in it, or
            it can't be written.
    """
    with exclusive(dataset / LOCK):
        prepare_dataset(dataset)
        check_participant(dataset, result)
        participant = participant_of(result.case_id)
        _write_images(result, dataset / participant / "anat", participant)
        _write_tables(result, dataset / participant / "anat", participant)
        add_participant(dataset, result)
    return dataset / participant


def _write_images(result: WrittenResult, folder: Path, participant: str) -> None:
    for image in all_images():
        content = image_bytes(result, image)
        path = folder / f"{participant}_{image.name}.nii.gz"
        sidecar = folder / f"{participant}_{image.name}.json"
        if content is None:
            # of an earlier result of this case, which had one
            _remove(path)
            _remove(sidecar)
        else:
            write_atomically(path, content)
            write_atomically(sidecar, image.sidecar(result))


def _write_tables(result: WrittenResult, folder: Path, participant: str) -> None:
    numbers = f"{participant}_desc-measurements_morph"
    write_atomically(folder / f"{participant}_space-orig_seg-tumor_dseg.tsv", label_table())
    write_atomically(folder / f"{numbers}.tsv", measurement_table(result))
    write_atomically(folder / f"{numbers}.json", measurement_columns())


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{path.name} of an earlier result can't be removed ({error.strerror}); remove it"
        raise OutputError(msg) from error
