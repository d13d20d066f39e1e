"""A written result for other systems: DICOM for archives, FHIR for records, BIDS for studies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

from pydicom import Dataset, dcmwrite

from glioscope.core import InputError, OutputError, Progress, Silent
from glioscope.io import write_atomically
from glioscope.io.bids import write_bids
from glioscope.io.dicom_out import (
    SERIES_FOLDER,
    Origin,
    find_origin,
    identify,
    make_pdf,
    make_pictures,
    make_report,
    make_segmentation,
    make_structures,
    write_derived_series,
)
from glioscope.io.fhir import make_bundle, write_bundle
from glioscope.io.results import WrittenResult, read_result, report_bytes
from glioscope.pipeline.export_config import ExportConfig, Standard
from glioscope.pipeline.manifest import record_outputs

DICOM_FOLDER = "dicom"
BIDS_FOLDER = "bids"

_OURS = (
    "segmentation.dcm",
    "labelmap.dcm",
    "measurements.dcm",
    "report.dcm",
    "structures.dcm",
    "picture-*.dcm",
    SERIES_FOLDER,
)
"""Names of our files: what an earlier export wrote and this one does not, goes."""


def export_result(
    folder: Path,
    study: Path | None = None,
    output: Path | None = None,
    config: ExportConfig | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Write a result for other systems; the numbers are those of its result.json.

    Args:
        folder: The result, as ``analyze`` wrote it.
        study: The folder that was analyzed, unchanged; only BIDS does without.
        output: ``dicom``, ``fhir`` and ``bids`` are written below it; the result's folder where
            ``None``.
        config: Defaults where ``None``.
        progress: Told of each standard.

    Returns:
        The files, those of one standard together.

    Raises:
        InputError: If the result is none, or the study is not the one that was analyzed.
        OutputError: If a file can't be written; a standard then is as it was before.
    """
    config, progress = config or ExportConfig(), progress or Silent()
    result = read_result(folder)
    base = output or result.folder
    written: list[Path] = []
    origin: Origin | None = None
    objects: dict[str, Dataset] = {}
    if Standard.DICOM in config.standards:
        progress.stage("writing DICOM")
        with _staged(base, DICOM_FOLDER) as staging:
            origin = _origin(result, study, images=staging)
            objects = _objects(result, origin, config)
            for name, dataset in objects.items():
                write_atomically(staging / name, _encoded(dataset))
        written += _files(base / DICOM_FOLDER)
    if Standard.FHIR in config.standards:
        progress.stage("writing FHIR")
        origin = origin or _scanned(result, study)
        bundle = make_bundle(
            result, origin, written=tuple(objects.values()), pdf=report_bytes(result)
        )
        written.append(write_bundle(bundle, base))
    if Standard.BIDS in config.standards:
        progress.stage("writing BIDS")
        participant = write_bids(result, base / BIDS_FOLDER)
        written += sorted(path for path in participant.rglob("*") if path.is_file())
    if base.resolve() == result.folder.resolve():
        record_outputs(result.folder)
    return tuple(written)


def _origin(result: WrittenResult, study: Path | None, *, images: Path) -> Origin:
    """Return the scanner's series; for NIfTI one is made of the file."""
    scanned = _scanned(result, study)
    if scanned is not None:
        return scanned
    return write_derived_series(_given(study), result, images)


def _scanned(result: WrittenResult, study: Path | None) -> Origin | None:
    """Return the scanner's series; ``None`` if the study was no DICOM."""
    if result.run.get("study_instance_uid") is None:
        return None
    return find_origin(_given(study), result)


def _given(study: Path | None) -> Path:
    if study is None:
        msg = "DICOM and FHIR refer to the images: give the folder that was analyzed as STUDY"
        raise InputError(msg)
    return study


def _objects(result: WrittenResult, origin: Origin, config: ExportConfig) -> dict[str, Dataset]:
    """Return what is written beside the images, by file name."""
    identity = identify(result, origin)
    segmentation = make_segmentation(result, origin, identity, labelmap=config.labelmap)
    objects: dict[str, Dataset] = {}
    if segmentation is not None:
        objects["labelmap.dcm" if config.labelmap else "segmentation.dcm"] = segmentation
    objects["measurements.dcm"] = make_report(result, origin, identity, segmentation=segmentation)
    objects["report.dcm"] = make_pdf(result, origin, identity)
    for number, picture in enumerate(make_pictures(result, origin, identity), start=1):
        objects[f"picture-{number}.dcm"] = picture
    if config.structures:
        objects["structures.dcm"] = make_structures(result, origin, identity)
    return objects


def _encoded(dataset: Dataset) -> bytes:
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


@contextmanager
def _staged(base: Path, name: str) -> Iterator[Path]:
    """Yield a folder whose files go to ``base/name`` together, or not at all.

    Raises:
        OutputError: If a folder can't be made or written.
    """
    try:
        base.mkdir(parents=True, exist_ok=True)
        staging = Path(mkdtemp(prefix=f".{name}.", dir=base))
    except OSError as error:
        raise OutputError(_unwritable(name, error)) from error
    try:
        yield staging
        _move(staging, base / name)
    except OSError as error:
        raise OutputError(_unwritable(name, error)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _move(staging: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in _ours(folder):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in staging.iterdir():
        path.replace(folder / path.name)


def _files(folder: Path) -> list[Path]:
    found = (below for path in _ours(folder) for below in (path, *path.rglob("*")))
    return sorted(path for path in found if path.is_file())


def _ours(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if any(path.match(name) for name in _OURS)]


def _unwritable(name: str, error: OSError) -> str:
    return (
        f"the folder {name} can't be written ({error.strerror or type(error).__name__}); free some"
        " space or choose another output folder with -o"
    )
