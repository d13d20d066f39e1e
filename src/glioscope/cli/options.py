"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path,
    typer.Argument(
        help="Folder or archive (.zip, .tar, .tar.gz) of one patient: DICOM or NIfTI, as it came."
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")]
T1 = Annotated[Path | None, typer.Option("--t1", help="Take this as T1.")]
T1C = Annotated[Path | None, typer.Option("--t1c", help="Take this as T1 with contrast.")]
T2 = Annotated[Path | None, typer.Option("--t2", help="Take this as T2.")]
FLAIR = Annotated[Path | None, typer.Option("--flair", help="Take this as FLAIR.")]
BrainMask = Annotated[
    Path | None, typer.Option("--brain-mask", help="Your own brain mask, instead of ours.")
]
Age = Annotated[float | None, typer.Option("--age", help="Age at the scan, years.")]
Sex = Annotated[str | None, typer.Option("--sex", help="F, M or O.")]
Known = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        help="A fact: idh=mutant, 1p19q=codeleted, grade=4, mgmt=methylated,"
        " resection=gross-total, kps=80; as often as needed.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on where a killed run stood; same bytes at the end.")
]
Device = Annotated[str, typer.Option("--device", help="cpu, or cuda with the extra 'train'.")]
Threads = Annotated[int, typer.Option("--threads", help="CPU threads; 0 takes all.", min=0)]
