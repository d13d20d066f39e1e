"""NIfTI that is wrong on purpose: in its header, its extensions, its packing, its sidecar."""

from __future__ import annotations

import struct

from tests.fuzz.bases import bases, zipped
from tests.fuzz.damage import ANYWHERE, FLOATS, INTEGERS, Random, flipped, packed, pick

Files = dict[str, bytes]

_FIELDS_1 = {
    "sizeof_hdr": ("i", 0, 1),
    "dim": ("h", 40, 8),
    "intent": ("h", 68, 1),
    "datatype": ("h", 70, 2),
    "pixdim": ("f", 76, 8),
    "vox_offset": ("f", 108, 1),
    "scale": ("f", 112, 2),
    "units": ("B", 123, 1),
    "codes": ("h", 252, 2),
    "quaternion": ("f", 256, 6),
    "srow": ("f", 280, 12),
    "magic": ("B", 344, 4),
}
"""Kind, place and count of the fields of a NIfTI-1 header (nifti1.h)."""

_FIELDS_2 = {
    "sizeof_hdr": ("i", 0, 1),
    "magic": ("B", 4, 8),
    "datatype": ("h", 12, 2),
    "dim": ("q", 16, 8),
    "pixdim": ("d", 104, 8),
    "vox_offset": ("q", 168, 1),
    "scale": ("d", 176, 2),
    "codes": ("i", 344, 2),
    "quaternion": ("d", 352, 6),
    "srow": ("d", 400, 12),
    "units": ("i", 500, 1),
}
"""The same of NIfTI-2 (nifti2.h)."""

_TYPES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1280, 1536, 1792, 2048, 2304, -1, 99)
_NAMES = ("t1", "t2", "flair", "image", "seg", "brain_mask", "sub-01_T1w", "OTMultiClass")
_SIDECARS = (
    *(b"", b"{", b"[]", b"null", b"{}{}", b"\xff\xfe{}", b'{"EchoTime": NaN}', b'{"a": "\\ud800"}'),
    *(b"[" * 200_000, b'{"a":' * 100_000, b'{"EchoTime": 1e999}', b'{"ImageType": 7}'),
    *(b'{"EchoTime": ' + b"9" * 5000 + b"}", b'{"EchoTime": ' + b"9" * 400 + b"}"),
    *(b'{"ImageType": {"a": 1}}', b'{"ImageType": [[["M"]]]}', b'{"EchoTime": 1, "EchoTime": 2}'),
    *(b'{"EchoTime": [1]}', b'{"SeriesDescription": 3}', b'{"EchoTime": true, "ImageType": null}'),
)


def case(random: Random) -> Files:
    """Return the files of one damaged study."""
    content = pick(random, bases().nifti)
    for _ in range(1 + int(random.integers(3)) * int(random.random() < 0.4)):
        content = pick(random, _WAYS)(content, random)
    name = pick(random, _NAMES)
    if random.random() < 0.3:
        files = {f"{name}.nii.gz": _zipped(content, random)}
    else:
        files = {f"{name}.nii": content}
    if random.random() < 0.15:
        files[f"{name}.json"] = _sidecar(random)
    if random.random() < 0.1:
        files["t2f.nii"] = pick(random, bases().nifti)
    return files


def _field(content: bytes, random: Random) -> bytes:
    """Write a wrong number into a field; numbers of several parts get it in one or in all."""
    fields = _FIELDS_2 if content[4:7] == b"n+2" else _FIELDS_1
    order = ">" if content[:4] == b"\0\0\x01\x5c" else "<"
    name = pick(random, list(fields))
    kind, place, count = fields[name]
    values: tuple[float, ...] = FLOATS if kind in "fd" else INTEGERS
    if name == "datatype":
        values = _TYPES
    elif name == "vox_offset":
        values = (0, 1, 347, 348, 352, 353, 1e6, 1e9, 1e18, -1, -352, *INTEGERS)
    part = packed(kind, pick(random, values), order=order)
    size = len(part)
    one = int(random.integers(count))
    first, last = (0, count) if random.random() < 0.2 else (one, one + 1)
    return content[: place + first * size] + part * (last - first) + content[place + last * size :]


def _extension(content: bytes, random: Random) -> bytes:
    """Say that extensions follow, of any size and kind."""
    start = 540 if content[4:7] == b"n+2" else 348
    size = pick(random, (0, 8, 16, 17, 32, 1 << 20, (1 << 31) - 1, -1, -16, -(1 << 31)))
    code = pick(random, (0, 2, 4, 6, 8, 40, -1))
    raw = b"\1\0\0\0" + struct.pack("<ii", size, code) + random.bytes(24)
    return content[:start] + raw + content[start + 4 :]


def _header(content: bytes, random: Random) -> bytes:
    return flipped(content, random, within=540)


def _zipped(content: bytes, random: Random) -> bytes:
    packed_content = zipped(content)
    way = random.random()
    if way < 0.5:
        return packed_content
    if way < 0.75:
        return pick(random, ANYWHERE)(packed_content, random)
    if way < 0.85:
        half = len(content) // 2
        return zipped(content[:half]) + zipped(content[half:])
    if way < 0.95:
        return packed_content + random.bytes(30)
    return zipped(content[: int(random.integers(len(content) + 1))] + bytes(4_000_000))


def _sidecar(random: Random) -> bytes:
    if random.random() < 0.6:
        return pick(random, _SIDECARS)
    return pick(random, ANYWHERE)(bases().sidecar, random)


_WAYS = (*ANYWHERE, _field, _field, _field, _field, _field, _extension, _header)
