"""DICOM that is wrong on purpose: in its elements, its structure, its frames, its company."""

from __future__ import annotations

import struct
import zlib

from tests.fuzz.bases import SLICES, bases
from tests.fuzz.damage import ANYWHERE, INTEGERS, NUMBERS, Random, packed, pick
from tests.fuzz.dicom_bytes import DATA_SET, Element, element, elements, inserted, replaced

Files = dict[str, bytes]

_VRS = (
    *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"OB"),
    *(b"OD", b"OF", b"OL", b"OW", b"PN", b"SH", b"SL", b"SQ", b"SS", b"ST", b"SV", b"TM", b"UC"),
    *(b"UI", b"UL", b"UN", b"UR", b"US", b"UT", b"UV", b"\0\0", b"??", b"zz"),
)
_TEXT_TAGS = (
    *((0x0028, 0x0030), (0x0020, 0x0032), (0x0020, 0x0037), (0x0028, 0x0008), (0x0028, 0x1052)),
    *((0x0028, 0x1053), (0x0018, 0x0050), (0x0018, 0x0080), (0x0018, 0x0081), (0x0020, 0x0011)),
    *((0x0020, 0x0013), (0x0020, 0x000D), (0x0020, 0x000E), (0x0008, 0x0016), (0x0008, 0x0018)),
    *((0x0008, 0x0005), (0x0008, 0x0008), (0x0008, 0x0060), (0x0010, 0x0010), (0x0010, 0x0020)),
    *((0x0008, 0x0020), (0x0008, 0x0022), (0x0008, 0x0032), (0x0018, 0x0087), (0x0018, 0x0010)),
)
_NUMBER_TAGS = (
    *((0x0028, 0x0002), (0x0028, 0x0010), (0x0028, 0x0011), (0x0028, 0x0100), (0x0028, 0x0101)),
    *((0x0028, 0x0102), (0x0028, 0x0103), (0x0028, 0x0006)),
)
_SYNTAXES = (
    *(b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.2"),
    *(b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.4.51"),
    *(b"1.2.840.10008.1.2.4.57", b"1.2.840.10008.1.2.4.70", b"1.2.840.10008.1.2.4.80"),
    *(b"1.2.840.10008.1.2.4.90", b"1.2.840.10008.1.2.4.91", b"1.2.840.10008.1.2.4.100"),
    *(b"1.2.840.10008.1.2.4.201", b"1.2.840.10008.1.2.5", b"1.2.840.10008.1.2.4.94"),
    *(b"1.2.840.10008.1.2.6.1", b"1.2.840.113619.5.2", b"1.2.3", b"", b"\xff\xff"),
)
_SEQUENCES = ((0x0008, 0x1140), (0x0018, 0x0012), (0x5200, 0x9229), (0x5200, 0x9230), (9, 0x1010))
_ITEM, _ITEM_END, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
_PIXELS = (0x7FE0, 0x0010)
_UNDEFINED = b"\xff\xff\xff\xff"


def case(random: Random) -> Files:
    """Return the files of one damaged study."""
    kind = random.random()
    if kind < 0.45:
        return {"e.dcm": _damaged(bases().enhanced, random)}
    if kind < 0.72:
        return _of_series(bases().classic, random)
    # few, as each decoder that dies has to be started again
    if kind < 0.85:
        return _of_series(pick(random, bases().compressed), random, frames=True)
    return _company(random)


def _of_series(slices: tuple[bytes, ...], random: Random, *, frames: bool = False) -> Files:
    """Damage one slice, or all of them in one way."""
    files = {f"{number}.dcm": content for number, content in enumerate(slices)}
    hurt = _hurt_frame if frames and random.random() < 0.6 else _damaged
    if random.random() < 0.5:
        name = pick(random, list(files))
        return files | {name: hurt(files[name], random)}
    state = random.bit_generator.state
    for name, content in files.items():
        random.bit_generator.state = state
        files[name] = hurt(content, random)
    return files


def _damaged(content: bytes, random: Random) -> bytes:
    for _ in range(1 + int(random.integers(3)) * int(random.random() < 0.3)):
        try:
            content = pick(random, _WAYS)(content, random)
        except (struct.error, ValueError):
            # damaged before, so that no element can be found any more
            content = pick(random, ANYWHERE)(content, random)
    return content


def _chosen(content: bytes, random: Random) -> Element:
    return pick(random, elements(content))


def _other_vr(content: bytes, random: Random) -> bytes:
    one = _chosen(content, random)
    return content[: one.start + 4] + pick(random, _VRS) + content[one.start + 6 :]


def _other_length(content: bytes, random: Random) -> bytes:
    one = _chosen(content, random)
    place, kind = (one.start + 8, "I") if one.is_long else (one.start + 6, "H")
    true = one.end - one.value
    length = packed(kind, pick(random, (*INTEGERS, true - 1, true + 1, true * 2, 0xFFFE)))
    return content[:place] + length + content[place + len(length) :]


def _missing(content: bytes, random: Random) -> bytes:
    one = _chosen(content, random)
    return content[: one.start] + content[one.end :]


def _twice(content: bytes, random: Random) -> bytes:
    one, other = _chosen(content, random), _chosen(content, random)
    return content[: other.start] + content[one.start : one.end] + content[other.start :]


def _text(content: bytes, random: Random) -> bytes:
    vr = pick(random, (b"DS", b"IS", b"LO", b"UI", b"CS", b"UT"))
    return replaced(content, pick(random, _TEXT_TAGS), vr, pick(random, NUMBERS))


def _number(content: bytes, random: Random) -> bytes:
    vr, kind = pick(random, ((b"US", "H"), (b"US", "H"), (b"UL", "I"), (b"SS", "h"), (b"FD", "d")))
    value = packed(kind, pick(random, INTEGERS))
    return replaced(content, pick(random, _NUMBER_TAGS), vr, value)


def _syntax(content: bytes, random: Random) -> bytes:
    return replaced(content, (0x0002, 0x0010), b"UI", pick(random, _SYNTAXES))


def _nested(content: bytes, random: Random) -> bytes:
    """Put sequences in sequences: closed or not, of known length or of a length that lies."""
    tag = pick(random, _SEQUENCES)
    head = struct.pack("<HH", *tag) + b"SQ\0\0"
    depth = int(random.integers(1, 40)) if random.random() < 0.9 else 3000
    length = pick(random, (_UNDEFINED, struct.pack("<I", int(random.integers(1 << 16)))))
    opened = (head + length + _ITEM + length) * depth
    closed = (_ITEM_END + bytes(4) + _END + bytes(4)) * depth
    return inserted(content, tag, opened + (closed if random.random() < 0.5 else b""))


def _unknown(content: bytes, random: Random) -> bytes:
    raw = struct.pack("<HH", 0x0009, 0x1001) + b"UN\0\0" + _UNDEFINED + random.bytes(40)
    return inserted(content, (0x0009, 0x1001), raw + _END + bytes(4))


def _deflated(content: bytes, random: Random) -> bytes:
    start = next((one.start for one in elements(content) if one.tag[0] != 2), DATA_SET)
    meta = replaced(content[:start], (0x0002, 0x0010), b"UI", b"1.2.840.10008.1.2.1.99")
    body = content[start:] + bytes(int(random.integers(3)) * 100_000)
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed_body = packer.compress(body) + packer.flush()
    hurt = pick(random, ANYWHERE) if random.random() < 0.7 else None
    return meta + (packed_body if hurt is None else hurt(packed_body, random))


def _bare(content: bytes, random: Random) -> bytes:
    """Leave out preamble, magic or the meta header."""
    start = next((one.start for one in elements(content) if one.tag[0] != 2), DATA_SET)
    return pick(random, [content[DATA_SET:], content[start:], content[:DATA_SET] + content[start:]])


def _pixels(content: bytes, random: Random) -> bytes:
    length = pick(random, (0, 1, 2, 511, 513, 512 * SLICES - 1, 512 * SLICES + 3, 100_000))
    tag = pick(random, (_PIXELS, _PIXELS, (0x7FE0, 0x0008), (0x7FE0, 0x0009)))
    return replaced(content, tag, pick(random, (b"OW", b"OB", b"OF", b"OD")), random.bytes(length))


def _hurt_frame(content: bytes, random: Random) -> bytes:
    """Damage the compressed bytes, or put others in their place, between sound items."""
    pixels = next(one for one in elements(content) if one.tag == _PIXELS)
    head, body = content[: pixels.value], content[pixels.value :]
    way = random.random()
    if way < 0.3:
        return head + pick(random, ANYWHERE)(body, random)
    (table,) = struct.unpack_from("<I", body, 4)
    start = 8 + table
    (length,) = struct.unpack_from("<I", body, start + 4)
    frame = body[start + 8 : start + 8 + length]
    frame = pick(random, ANYWHERE)(frame, random) if way < 0.9 else random.bytes(200)
    frame += b"\0" * (len(frame) % 2)
    items = _ITEM + bytes(4) + _ITEM + struct.pack("<I", len(frame)) + frame
    return head + items + _END + bytes(4)


def _company(random: Random) -> Files:
    """Put slices together that do not belong together."""
    groups = (bases().classic, *bases().compressed)
    files: Files = {}
    for number in range(int(random.integers(1, 9))):
        content = pick(random, pick(random, groups))
        for _ in range(int(random.integers(3))):
            content = pick(random, (_text, _number, _position))(content, random)
        files[f"{'abc'[int(random.integers(3))]}/{number}.dcm"] = content
    if random.random() < 0.3:
        files["e.dcm"] = bases().enhanced
    if random.random() < 0.2:
        files["DICOMDIR"] = _directory(random)
    return files


def _position(content: bytes, random: Random) -> bytes:
    along = pick(random, (b"0", b"4", b"8", b"12", b"16", b"20", b"4000000", b"1e15", b"-8.5"))
    return replaced(content, (0x0020, 0x0032), b"DS", b"0\\0\\" + along)


def _directory(random: Random) -> bytes:
    """Write a DICOMDIR that names itself, or files outside."""
    meta = element((2, 2), b"UI", b"1.2.840.10008.1.3.10") + element(
        (2, 0x10), b"UI", b"1.2.840.10008.1.2.1"
    )
    name = pick(random, (b"DICOMDIR", b"..\\..\\ETC\\PASSWD", b"A\\0", b"/DEV/ZERO"))
    record = element((4, 0x1400), b"UL", struct.pack("<I", 300)) + element((4, 0x1500), b"CS", name)
    item = _ITEM + struct.pack("<I", len(record)) + record
    return bytes(128) + b"DICM" + meta + element((4, 0x1220), b"SQ", item)


_WAYS = (
    *ANYWHERE,
    *(_other_vr, _other_length, _missing, _twice, _text, _text, _number, _number, _syntax, _nested),
    *(_unknown, _deflated, _bare, _pixels),
)
