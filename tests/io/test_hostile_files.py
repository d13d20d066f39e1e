"""Files made to exhaust a reader: found by fuzzing, or known from other programs."""

from __future__ import annotations

import gzip
import os
import resource
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLosslessSV1, RLELossless

from glioscope.core import Acquisition, GeometryError, InputError, Volume
from glioscope.io import DicomIdentity, dicom_decode, read_study, read_volume, write_dicom_series
from glioscope.io.dicom_decode import DecodeError, Decoder
from glioscope.io.dicom_frames import size_of_frame

HEAD = Volume(
    data=np.random.default_rng(0).integers(0, 4000, (12, 10, 8)).astype(np.int16),
    affine=np.diag([-1.0, -1.0, 4.0, 1.0]),
)
MORE_MB = 600
"""What reading a hostile file of some megabytes may take beyond what is there."""


def write(folder: Path, *, enhanced: bool = False) -> tuple[Path, ...]:
    return write_dicom_series(
        HEAD,
        folder=folder,
        acquisition=Acquisition(series_description="T1"),
        identity=DicomIdentity.from_seed(1, patient_id="P1"),
        enhanced=enhanced,
    )


@contextmanager
def little_memory() -> Iterator[None]:
    """Let this process grow by little, as on a small machine."""
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        pages = int(file.read().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (MORE_MB << 20), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def refusal(folder: Path, *, seconds: float = 10.0) -> str:
    started = time.process_time()
    with little_memory(), pytest.raises(InputError) as refused:
        read_study(folder)
    assert time.process_time() - started < seconds
    return str(refused.value)


def edit(path: Path, **tags: Any) -> None:
    file = dcmread(path)
    for name, value in tags.items():
        setattr(file, name, value)
    file.save_as(path)


@pytest.mark.parametrize("size", [1 << 28, 1 << 40])
def test_a_file_of_zeros_that_begins_as_dicom_is_refused_soon(tmp_path: Path, size: int) -> None:
    path = tmp_path / "zeros.dcm"
    path.write_bytes(bytes(128) + b"DICM")
    os.truncate(path, size)

    assert "zeros.dcm is damaged" in refusal(tmp_path, seconds=20.0)


def test_an_element_that_claims_four_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path)[0]
    content = path.read_bytes()
    place = content.index(b"\xe0\x7f\x10\x00OW\0\0") + 8
    path.write_bytes(content[:place] + b"\xfe\xff\xff\xff" + content[place + 4 :])

    with little_memory():
        (series,) = read_study(tmp_path).series
    # its pixels are all there: only their length was wrong
    np.testing.assert_array_equal(series.volume.data, HEAD.data)


def test_a_deflated_bomb_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)[0]
    file = dcmread(path)
    file.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    file.save_as(path)
    # behind preamble, magic and the element that says how long the meta header is
    meta_end = 132 + 12 + dcmread(path).file_meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    path.write_bytes(path.read_bytes()[:meta_end] + bomb)
    assert path.stat().st_size < 1 << 19

    assert f"{path.name} is damaged" in refusal(tmp_path)


@pytest.mark.parametrize("frames", [2_000_000_000, -5, 70_000])
def test_more_frames_than_can_be_are_refused(tmp_path: Path, frames: int) -> None:
    path = write(tmp_path)[0]
    edit(path, NumberOfFrames=frames)

    assert f"{path.name} is damaged" in refusal(tmp_path)


def test_thousands_of_frames_at_one_place_are_no_hang(tmp_path: Path) -> None:
    path = write(tmp_path)[0]
    for other in tmp_path.glob("*.dcm"):
        other.unlink() if other != path else None
    edit(path, NumberOfFrames=60_000)

    assert "1000 volumes, as time courses" in refusal(tmp_path)


@pytest.mark.parametrize(("rows", "columns"), [(65535, 65535), (0, 10), (10, 0)])
def test_slices_that_claim_too_much_or_nothing_are_refused(
    tmp_path: Path, rows: int, columns: int
) -> None:
    for path in write(tmp_path):
        edit(path, Rows=rows, Columns=columns)

    assert "pixels each, which no scan of a head has" in refusal(tmp_path)


def test_a_slice_far_away_makes_no_room_for_the_slices_between(tmp_path: Path) -> None:
    paths = write(tmp_path)
    edit(paths[-1], ImagePositionPatient=[0.0, 0.0, 1500.0])
    assert "too many to interpolate" in refusal(tmp_path)

    edit(paths[-1], ImagePositionPatient=[0.0, 0.0, 4e12])
    assert "lie metres apart" in refusal(tmp_path)


def test_a_frame_of_another_size_never_reaches_a_decoder(tmp_path: Path) -> None:
    frame = b"\xff\xd8\xff\xc3" + struct.pack(">HBHHB", 11, 16, 60_000, 60_000, 1) + bytes(3)
    assert size_of_frame(frame + b"\xff\xd9") == (60_000, 60_000)
    for path in write(tmp_path):
        file = dcmread(path)
        file.file_meta.TransferSyntaxUID = JPEGLosslessSV1
        file.PixelData = encapsulate([frame + b"\xff\xd9"])
        file["PixelData"].is_undefined_length = True
        file.save_as(path)

    assert "is damaged" in refusal(tmp_path)


def test_an_rle_frame_longer_than_its_pixels_is_refused(tmp_path: Path) -> None:
    for path in write(tmp_path):
        file = dcmread(path)
        file.file_meta.TransferSyntaxUID = RLELossless
        file.PixelData = encapsulate([struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 99_999])
        file["PixelData"].is_undefined_length = True
        file.save_as(path)

    assert "is damaged" in refusal(tmp_path)


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


def compressed(folder: Path) -> tuple[bytes, np.ndarray[Any, Any]]:
    file = dcmread(write(folder)[0])
    pixels = file.pixel_array
    file.compress(RLELossless)
    file.save_as(folder / "rle.dcm")
    return (folder / "rle.dcm").read_bytes(), pixels


def test_a_decoder_that_dies_is_one_refusal_and_another_takes_its_place(
    tmp_path: Path, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, pixels = compressed(tmp_path)
    deadly = tmp_path / "deadly.py"
    deadly.write_text("import os\nos.abort()\n")
    with monkeypatch.context() as patched:
        patched.setattr(dicom_decode, "_SCRIPT", deadly)
        with pytest.raises(DecodeError):
            decoder.pixels(content, count=100)

    np.testing.assert_array_equal(decoder.pixels(content, count=100), pixels)


def test_a_decoder_that_goes_round_in_circles_is_ended(
    tmp_path: Path, decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, _ = compressed(tmp_path)
    endless = tmp_path / "endless.py"
    endless.write_text("import time\ntime.sleep(99)\n")
    monkeypatch.setattr(dicom_decode, "_SCRIPT", endless)
    decoder.longest_s = 0.2

    started = time.monotonic()
    with pytest.raises(DecodeError):
        decoder.pixels(content, count=0)
    assert time.monotonic() - started < 30


def test_damage_is_no_end_of_the_decoder(tmp_path: Path, decoder: Decoder) -> None:
    content, pixels = compressed(tmp_path)
    with pytest.raises(DecodeError):
        decoder.pixels(content[:600], count=100)
    child = decoder.child

    np.testing.assert_array_equal(decoder.pixels(content, count=100), pixels)
    assert decoder.child is child


def nifti(path: Path, **fields: Any) -> Path:
    image = nib.Nifti1Image(HEAD.data, HEAD.affine)
    image.set_sform(HEAD.affine, code=1)
    content = bytearray(image.to_bytes())
    places = {
        "dim": ("<8h", 40),
        "offset": ("<f", 108),
        "scale": ("<2f", 112),
        "flag": ("<4B", 348),
    }
    for name, value in fields.items():
        kind, place = places[name]
        struct.pack_into(kind, content, place, *value)
    raw = bytes(content)
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


@pytest.mark.parametrize("name", ["t1.nii", "t1.nii.gz"])
@pytest.mark.parametrize(
    "fields",
    [
        {"dim": (3, 32767, 32767, 32767, 1, 1, 1, 1)},
        {"dim": (3, 2000, 2000, 2000, 1, 1, 1, 1)},
        {"dim": (3, 12, 10, -8, 1, 1, 1, 1)},
        {"dim": (3, 12, 10, 9, 1, 1, 1, 1)},
        {"dim": (32767, 12, 10, 8, 1, 1, 1, 1)},
        {"dim": (0, 12, 10, 8, 1, 1, 1, 1)},
        {"offset": (1e18,)},
        {"offset": (-5.0,)},
        {"offset": (float("nan"),)},
    ],
)
def test_a_header_that_claims_what_is_not_there_is_refused(
    tmp_path: Path, name: str, fields: dict[str, Any]
) -> None:
    path = nifti(tmp_path / name, **fields)

    with little_memory(), pytest.raises(InputError, match=f"{name} is damaged or not NIfTI"):
        read_volume(path)


@pytest.mark.parametrize("scale", [(3e38, 0.0), (1.0, float("nan"))])
def test_a_scale_beyond_numbers_is_refused_without_a_warning(
    tmp_path: Path, scale: tuple[float, float]
) -> None:
    with pytest.raises(InputError, match=r"t1\.nii"):
        read_volume(nifti(tmp_path / "t1.nii", scale=scale))


@pytest.mark.parametrize("size", [-1, -(1 << 31), 0, (1 << 31) - 1])
def test_ten_gigabytes_in_ten_megabytes_are_not_unpacked(tmp_path: Path, size: int) -> None:
    """The bomb hides behind an extension, whose size makes a reader take in all that follows."""
    path = nifti(tmp_path / "t1.nii", flag=(1, 0, 0, 0), offset=(1 << 20,))
    start = path.read_bytes()[:352] + struct.pack("<ii", size, 6) + bytes(1 << 20) + bytes(2000)
    member = gzip.compress(bytes(1 << 24), compresslevel=9)
    bomb = tmp_path / "bomb.nii.gz"
    with bomb.open("wb") as file:
        file.write(gzip.compress(start))
        for _ in range(640):
            file.write(member)
    assert bomb.stat().st_size < 12 << 20

    with little_memory():
        volume = read_volume(bomb)

    assert volume.shape == HEAD.shape
    assert not volume.data.any()


def test_geometry_beyond_numbers_is_refused_without_a_warning(tmp_path: Path) -> None:
    path = nifti(tmp_path / "t1.nii")
    content = bytearray(path.read_bytes())
    struct.pack_into("<12f", content, 280, *[3e38] * 12)
    path.write_bytes(content)

    with pytest.raises(GeometryError, match="can't be true"):
        read_volume(path)


@pytest.mark.parametrize(
    "text", ["[" * 1_000_000, '{"a":' * 500_000, "9" * 5000, " " * (9 << 20)], ids=range(4)
)
def test_a_sidecar_made_to_exhaust_is_refused(tmp_path: Path, text: str) -> None:
    nifti(tmp_path / "t1.nii")
    (tmp_path / "t1.json").write_text(text)

    assert "the JSON file beside t1.nii" in refusal(tmp_path)


@pytest.mark.parametrize(
    "text",
    ['{"EchoTime": 1e999}', '{"EchoTime": ' + "9" * 400 + "}", '{"ImageType": 7, "EchoTime": [1]}'],
)
def test_numbers_of_a_sidecar_that_are_none_count_as_missing(tmp_path: Path, text: str) -> None:
    nifti(tmp_path / "t1.nii")
    (tmp_path / "t1.json").write_text(text)

    (series,) = read_study(tmp_path).series
    assert (series.acquisition.echo_time_ms, series.acquisition.image_type) == (None, ())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_pipes_and_devices_are_no_images_and_no_hang(tmp_path: Path) -> None:
    nifti(tmp_path / "t1.nii")
    os.mkfifo(tmp_path / "t2.nii")
    (tmp_path / "flair.nii").symlink_to("/dev/zero")

    assert [series.series_id for series in read_study(tmp_path).series] == ["t1.nii"]
