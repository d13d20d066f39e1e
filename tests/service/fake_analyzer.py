"""Stands in for `glioscope analyze` where a test looks at what is around it; stdlib only.

It writes ``dicom/result.dcm``: the first image of the study under a UID of its own, which follows
from the images given.  Each run adds a line when it starts and one when it is done to --journal.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import zlib
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--refuse", default=None)
    parser.add_argument("study", type=Path)
    parser.add_argument("-o", dest="output", type=Path, required=True)
    parser.add_argument("--case-id", required=True)
    for name in ("--dicom", "--resume", "--quiet"):
        parser.add_argument(name, action="store_true", required=True)
    for name in ("--age", "--sex", "--device", "--threads"):
        parser.add_argument(name)
    asked = parser.parse_args()
    images = sorted(asked.study.iterdir())
    note(asked.journal, f"started {asked.case_id} {len(images)} {asked.age} {asked.sex}")
    time.sleep(asked.seconds)
    if asked.refuse is not None:
        sys.stderr.write(f"glioscope: error: {asked.refuse}\n")
        return 2
    folder = asked.output / "dicom"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.dcm").write_bytes(renamed(images))
    note(asked.journal, f"finished {asked.case_id} {len(images)}")
    return 0


def renamed(images: list[Path]) -> bytes:
    """Return the first image with other last digits of its SOPInstanceUID."""
    content = images[0].read_bytes()
    found = re.search(rb"\x02\x00\x03\x00UI(.)\x00([0-9.]+)", content, re.DOTALL)
    if found is None:
        raise ValueError(images[0])
    uid = found[2]
    number = zlib.crc32("".join(image.name for image in images).encode()) % 10**8
    return content.replace(uid, uid[:-8] + f"{number:08d}".encode())


def note(journal: Path, line: str) -> None:
    with journal.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
