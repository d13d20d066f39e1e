"""Sound files of a tiny head, in every form that the reader knows."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gdcm
import nibabel as nib
import numpy as np

from glioscope.core import Acquisition, Volume
from glioscope.io import DicomIdentity, write_dicom_series

SLICES = 5
_HEAD = Volume(
    data=np.random.default_rng(0).integers(1, 4000, (16, 16, SLICES)).astype(np.int16),
    affine=np.diag([-1.0, -1.0, 4.0, 1.0]),
)
_COMPRESSIONS = ("JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless", "RLELossless")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases:
    """Files to damage.

    Args:
        classic: The slices of a series.
        enhanced: The same head in one file.
        compressed: The same slices by each compression.
        nifti: The same head as NIfTI: version 1 and 2, of several types.
        sidecar: What dcm2niix writes beside it.
    """

    classic: tuple[bytes, ...]
    enhanced: bytes
    compressed: tuple[tuple[bytes, ...], ...]
    nifti: tuple[bytes, ...]
    sidecar: bytes


@cache
def bases() -> Bases:
    """Make the files; the same bytes every time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        classic = _written(folder / "classic", enhanced=False)
        enhanced = _written(folder / "enhanced", enhanced=True)
        compressed = tuple(
            tuple(_compressed(path, kind) for path in classic) for kind in _COMPRESSIONS
        )
        return Bases(
            classic=tuple(path.read_bytes() for path in classic),
            enhanced=enhanced[0].read_bytes(),
            compressed=compressed,
            nifti=tuple(_niftis()),
            sidecar=json.dumps({"EchoTime": 0.1, "ImageType": ["ORIGINAL", "M"]}).encode(),
        )


def _written(folder: Path, *, enhanced: bool) -> tuple[Path, ...]:
    return write_dicom_series(
        _HEAD,
        folder=folder,
        acquisition=Acquisition(series_description="T1", echo_time_ms=12.0),
        identity=DicomIdentity.from_seed(1, patient_id="P1"),
        enhanced=enhanced,
    )


def _compressed(path: Path, kind: str) -> bytes:
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, kind)))
    change.SetInput(reader.GetImage())
    change.Change()
    writer = gdcm.ImageWriter()
    target = path.with_suffix(f".{kind}")
    writer.SetFileName(str(target))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.Write()
    return target.read_bytes()


def _niftis() -> list[bytes]:
    data = np.random.default_rng(1).integers(0, 4, (16, 16, 16))
    found = []
    for kind, dtype in ((nib.Nifti1Image, np.int16), (nib.Nifti2Image, np.float32)):
        image = kind(data.astype(dtype), np.diag([-1.0, -1.0, 1.0, 1.0]))
        image.set_qform(image.affine, code=1)
        image.set_sform(image.affine, code=1)
        found.append(image.to_bytes())
    swapped = nib.Nifti1Image(data.astype(">i2"), np.eye(4), nib.Nifti1Header(endianness=">"))
    swapped.set_sform(np.eye(4), code=1)
    return [*found, swapped.to_bytes()]


def zipped(content: bytes) -> bytes:
    """Compress as gzip does, the same bytes every time."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=1) as file:
        file.write(content)
    return buffer.getvalue()
