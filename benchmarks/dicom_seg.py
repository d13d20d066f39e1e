"""Time and size of a DICOM segmentation of a 1 mm head, against highdicom called plainly.

Run: .venv/bin/python benchmarks/dicom_seg.py [--json docs/benchmarks/dicom-seg.json]
Needs no data: the tumor is a large ball with a rough surface in a head of noise.  Both are given
the headers of the source and end with the bytes of the file.  Seconds are the best of some runs
that take turns; processor seconds tell on a busy machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from highdicom.seg import Segmentation
from pydicom import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, generate_uid
from scipy.ndimage import gaussian_filter

from glioscope.core import Acquisition, Label, Region, Volume, region_mask
from glioscope.io import DicomIdentity, read_study, write_dicom_series
from glioscope.io.dicom_out.identity import Identity, identify
from glioscope.io.dicom_out.origin import Origin, find_origin
from glioscope.io.dicom_out.read_seg import read_segmentation
from glioscope.io.dicom_out.seg import make_segmentation
from glioscope.io.dicom_out.segments import binary_segments, describe, labelmap_segments
from glioscope.io.results.folder import WrittenResult
from glioscope.simulation import world_points

SHAPES = ((240, 240, 155), (248, 248, 185))
RADII_MM = {Label.EDEMA: 40.0, Label.ENHANCING: 26.0, Label.NECROSIS: 17.0}
ROUGHNESS_MM = 5.0
RUNS = 5
AIM_S, AIM_MB = 1.0, 1.0
MEGABYTE = 1e6


def rough_tumor(grid: Volume) -> npt.NDArray[np.uint8]:
    """Return labels of a tumor of about 270 ml, larger than most, whose surfaces are uneven."""
    noise = gaussian_filter(np.random.default_rng(1).normal(size=grid.shape), 3.0)
    uneven_mm = ROUGHNESS_MM * noise / noise.std()
    center_mm = grid.world((np.array(grid.shape) - 1) / 2) + np.array([-25.0, 10.0, 5.0])
    depth_mm = np.linalg.norm(world_points(grid) - center_mm, axis=-1) + uneven_mm
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for label, radius_mm in RADII_MM.items():
        labels[depth_mm < radius_mm] = label
    return labels


def drawn(shape: tuple[int, int, int], folder: Path) -> tuple[WrittenResult, Origin]:
    """Write a series at 1 mm and draw the tumor on it."""
    image = np.random.default_rng(0).integers(1, 1000, shape).astype(np.float32)
    write_dicom_series(
        Volume(data=image, affine=np.diag([-1.0, -1.0, 1.0, 1.0])),
        folder=folder,
        acquisition=Acquisition(series_description="T1c"),
        identity=DicomIdentity.from_seed(1, patient_id="BENCHMARK^"),
    )
    (series,) = read_study(folder).series
    model = {"name": "tumor", "version": "1.0", "sha256": "0", "members": 5, "runtime": "CPU"}
    choice = {"sequence": "t1c", "series_id": series.series_id}
    files = [dataclasses.asdict(source) for source in series.sources]
    result = WrittenResult(
        folder=folder,
        content={
            "case_id": "BENCHMARK",
            "location": None,
            "segmentation": {"model": model},
            "sequences": {"reference": "t1c", "choices": [choice]},
            "versions": {"glioscope": "benchmark"},
        },
        run={
            "finished": "2024-01-01T00:00:00+00:00",
            "series": [{"series_id": series.series_id, "files": files}],
        },
        labels=series.volume.with_data(rough_tumor(series.volume)),
        digest="0",
    )
    return result, find_origin(folder, result)


def encoded(segmentation: Dataset | None) -> bytes:
    """Return the bytes of the file."""
    assert segmentation is not None  # noqa: S101 - there is a tumor
    buffer = BytesIO()
    dcmwrite(buffer, segmentation, enforce_file_format=True)
    return buffer.getvalue()


def ours(result: WrittenResult, origin: Origin, identity: Identity, *, labelmap: bool) -> bytes:
    """Write as `glioscope export` does."""
    return encoded(make_segmentation(result, origin, identity, labelmap=labelmap))


def plain(result: WrittenResult, origin: Origin, identity: Identity, *, labelmap: bool) -> bytes:
    """Write by highdicom from all slices and its defaults."""
    segments = labelmap_segments(result) if labelmap else binary_segments(result)
    if labelmap:
        pixels = result.labels.data.transpose(2, 1, 0)
    else:
        masks = [region_mask(result.labels, one.region).data for one in segments]
        pixels = np.stack([mask.transpose(2, 1, 0) for mask in masks], axis=-1).astype(np.uint8)
    return encoded(
        Segmentation(
            source_images=list(origin.datasets),
            pixel_array=pixels,
            segmentation_type="LABELMAP" if labelmap else "BINARY",
            segment_descriptions=[describe(one, result, identity) for one in segments],
            series_instance_uid=generate_uid(),
            series_number=1,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="highdicom",
            manufacturer_model_name="highdicom",
            software_versions="0",
            device_serial_number="0",
            transfer_syntax_uid=RLELossless if labelmap else ExplicitVRLittleEndian,
        )
    )


def timed(works: Mapping[str, Callable[[], bytes]]) -> dict[str, dict[str, float]]:
    """Return the best seconds of each, on the clock and of the processor, and its megabytes."""
    found = {name: {"seconds": float("inf"), "processor_seconds": float("inf")} for name in works}
    for _ in range(RUNS):
        for name, work in works.items():
            start, start_busy = time.perf_counter(), time.process_time()
            size = len(work())
            taken = (time.perf_counter() - start, time.process_time() - start_busy)
            for clock, seconds in zip(("seconds", "processor_seconds"), taken, strict=True):
                found[name][clock] = min(found[name][clock], seconds)
            found[name]["megabytes"] = size / MEGABYTE
    return found


def measure(shape: tuple[int, int, int]) -> dict[str, Any]:
    """Return times and sizes for a head of some shape, both kinds of segmentation."""
    with tempfile.TemporaryDirectory() as place:
        result, origin = drawn(shape, Path(place))
        identity = identify(result, origin)
        found: dict[str, Any] = {
            "tumor_ml": float(region_mask(result.labels, Region.WT).data.sum())
            * result.labels.voxel_volume_ml
        }
        for labelmap, kind in ((False, "BINARY"), (True, "LABELMAP")):
            works = {
                "ours": partial(ours, result, origin, identity, labelmap=labelmap),
                "highdicom": partial(plain, result, origin, identity, labelmap=labelmap),
            }
            found[kind] = timed(works)
            path = Path(place) / "read-back"
            path.write_bytes(works["ours"]())
            back = read_segmentation(path, grid=result.labels)
            found[kind]["same_voxels"] = bool(np.array_equal(back.data, result.labels.data))
    return found


def show(shape: tuple[int, int, int], found: dict[str, Any]) -> None:
    """Print a table."""
    title = " x ".join(str(size) for size in shape)
    print(f"\n{title} at 1 mm, tumor {found['tumor_ml']:.0f} ml (aims: {AIM_S} s, {AIM_MB} MB)")
    for kind in ("BINARY", "LABELMAP"):
        mine, peer = found[kind]["ours"], found[kind]["highdicom"]
        ratio = peer["processor_seconds"] / mine["processor_seconds"]
        for name, one in (("ours", mine), ("highdicom", peer)):
            print(
                f"  {kind:<9} {name:<10} {one['seconds']:6.2f} s"
                f" ({one['processor_seconds']:.2f} s of processor) {one['megabytes']:6.2f} MB"
            )
        print(f"  {kind:<9} ratio {ratio:.1f}, same voxels: {found[kind]['same_voxels']}")


def main() -> None:
    """Print the tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    for shape in SHAPES:
        found = measure(shape)
        show(shape, found)
        results["x".join(str(size) for size in shape)] = found
    if options.json is not None:
        text = json.dumps(results, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
