"""Build the atlas that ships with Glioscope, from the MNI template and landmarks; no atlas is read.

    python experiments/build_atlas.py --output src/glioscope/weights/atlas

The nonlinear symmetric template ICBM 152 2009a (Fonov 2009, 2011; free to use, change and pass on)
is read where nilearn carries it.  One hemisphere is labeled and mirrored.  Landmarks
(`atlas_landmarks.py`) say on which side of which sulcus a voxel lies; a watershed on the template
then moves each border into the sulcus or onto the edge that it was meant for.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
from importlib.util import find_spec
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator
from skimage.segmentation import watershed

from atlas_landmarks import (
    AMYGDALA,
    BRAINSTEM_PLANES,
    CORPUS_CALLOSUM,
    DEEP_MARKERS,
    HIPPOCAMPUS,
    PARENTS,
    SHEETS,
    STRUCTURES,
    VENTRICLES,
    Line,
    Sheet,
)

Mask = npt.NDArray[np.bool_]
Image = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]

VERSION = "1.0.0"
MIDDLE = 98  # index of x = 0 mm
ORIGIN = np.array([0.0, 134.0, 72.0])  # index of the point 0, 0, 0 mm in the right half
LOBES = ("frontal lobe", "parietal lobe", "temporal lobe", "occipital lobe")
FILLERS = ("hypothalamus and ventral diencephalon", "thalamus", "midbrain")
STEM = 200  # the brainstem while it is one
BAND_MM = 4.0  # how far a sulcus may pull a border of lobes
INDEX = {name: number for number, name in enumerate(STRUCTURES, start=1)}


def read_template() -> tuple[dict[str, Image], npt.NDArray[np.float64]]:
    """Return T1, grey and white matter of the right half (x >= 0), 0 to 1, and the affine."""
    spec = find_spec("nilearn")
    if spec is None or spec.origin is None:
        msg = "install nilearn: it carries the MNI template"
        raise SystemExit(msg)
    folder = Path(spec.origin).parent / "datasets" / "data"
    images, affine = {}, np.eye(4)
    for kind in ("t1", "gm", "wm"):
        image = nib.load(folder / f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz")
        images[kind] = np.asarray(image.dataobj)[MIDDLE:] / 255.0
        affine = np.asarray(image.affine)
    return images, affine


def sheet(landmarks: Sheet, one: Image, two: Image) -> Image:
    """Interpolate a sheet: its third coordinate over two others, flat beyond its landmarks."""
    points = np.array(landmarks, dtype=np.float64)
    inside = LinearNDInterpolator(points[:, :2], points[:, 2])(one, two)
    beyond = NearestNDInterpolator(points[:, :2], points[:, 2])(one, two)
    return np.where(np.isnan(inside), beyond, inside)


def first_lobes(x: Image, y: Image, z: Image) -> Labels:
    """Name each voxel by the side of the landmark sheets on which it lies."""
    frontal = y > sheet(SHEETS["central sulcus"], x, z)
    occipital = y < sheet(SHEETS["occipital border"], x, z)
    temporal = z < sheet(SHEETS["Sylvian fissure"], x, y)
    labels = np.where(frontal, INDEX["frontal lobe"], INDEX["parietal lobe"])
    labels = np.where(temporal, INDEX["temporal lobe"], labels)
    labels = np.where(occipital, INDEX["occipital lobe"], labels)
    labels = np.where(z < sheet(SHEETS["tentorium"], x, y), INDEX["cerebellum"], labels)
    return np.asarray(labels, dtype=np.uint8)


def snap(labels: Labels, inside: Mask, relief: Image, band_mm: float) -> Labels:
    """Let borders slide along the relief, at most ``band_mm`` from where they are."""
    edge = np.zeros(labels.shape, dtype=bool)
    for axis in range(3):
        step = np.diff(labels.astype(np.int16), axis=axis) != 0
        before = [slice(None)] * 3
        before[axis] = slice(0, -1)
        edge[tuple(before)] |= step
    far = ndimage.distance_transform_edt(~edge) > band_mm
    return np.asarray(watershed(relief, np.where(far & inside, labels, 0), mask=inside), np.uint8)


def stroke(shape: tuple[int, ...], line: Line, radius_mm: float) -> Mask:
    """Return a tube along a polyline (x, y, z of the right side, mm)."""
    ends = np.array(line, dtype=np.float64)
    steps = [np.linspace(a, b, 30) for a, b in pairwise(ends)]
    points = np.concatenate([*steps, ends[-1:]])
    seed = np.ones(shape, dtype=bool)
    index = np.rint(points + ORIGIN).astype(int).clip(0, np.array(shape) - 1)
    seed[tuple(index.T)] = False
    return np.asarray(ndimage.distance_transform_edt(seed) <= radius_mm)


def tubes(shape: tuple[int, ...], lines: list[tuple[float, Line]]) -> Mask:
    """Return the union of several tubes."""
    return np.any([stroke(shape, line, radius) for radius, line in lines], axis=0)


def deep_gray(images: dict[str, Image], x: Image, y: Image, z: Image) -> Labels:
    """Grow the deep structures from their cores to the edges of the T1."""
    smooth = ndimage.gaussian_filter(images["t1"], 0.6)
    edges = ndimage.gaussian_gradient_magnitude(images["t1"], 0.7)
    near = np.zeros(x.shape, dtype=bool)
    markers = np.zeros(x.shape, dtype=np.int32)
    for name, lines in DEEP_MARKERS.items():
        markers[tubes(x.shape, lines)] = INDEX[name]
        near |= tubes(x.shape, [(radius + 6.0, line) for radius, line in lines])
    tissue = smooth > 0.55
    outside = ~near | ~tissue | (z > 24) | (x > 35) | (y < -36)
    markers[outside & (markers == 0)] = 255
    grown = watershed(edges, markers)
    return np.where(grown == 255, 0, grown).astype(np.uint8)


def ventricles(images: dict[str, Image], x: Image) -> Labels:
    """Take the fluid around the course of each ventricle."""
    fluid = (images["t1"] > 0) & (images["t1"] < 0.55)
    labels = np.zeros(x.shape, dtype=np.uint8)
    for name, lines in VENTRICLES.items():
        reach = tubes(x.shape, lines) & fluid & (labels == 0)
        core = tubes(x.shape, [(2.5, line) for _, line in lines]) & reach
        parts, _ = ndimage.label(reach)
        labels[np.isin(parts, np.unique(parts[core]))] = INDEX[name]
    return labels


def callosum(images: dict[str, Image], x: Image) -> Mask:
    """White matter within 5.5 mm of the callosal arc, to 14 mm off the midline, rising outwards."""
    flat = stroke((1, *x.shape[1:]), [(0, b, c) for _, b, c in CORPUS_CALLOSUM], 5.5)[0]
    lift = np.rint(0.012 * x[:, 0, 0] ** 2).astype(int)
    raised = np.stack([np.roll(flat, shift, axis=1) for shift in lift])
    return raised & (images["wm"] > 0.5) & (x <= 14)


def brainstem(x: Image, y: Image, z: Image) -> Mask:
    """Bound the brainstem by the plane on top of it and sheets at its back and sides."""
    inside = (y > sheet(SHEETS["back of the brainstem"], x, z)) & (y < 0)
    inside &= x < sheet(SHEETS["side of the brainstem"], y, z)
    return inside & below("midbrain", y, z)


def below(name: str, y: Image, z: Image) -> Mask:
    """Return what lies below the upper plane of a part of the brainstem."""
    (y1, z1), (y2, z2) = BRAINSTEM_PLANES[name]
    return z < z1 + (y - y1) * (z2 - z1) / (y2 - y1)


def part_stem(labels: Labels, y: Image, z: Image) -> Labels:
    """Part the brainstem into midbrain, pons and medulla."""
    parted = labels.copy()
    for name in BRAINSTEM_PLANES:
        parted[(labels == STEM) & (below(name, y, z) | (name == "midbrain"))] = INDEX[name]
    return parted


def insula(labels: Labels, images: dict[str, Image], x: Image, y: Image, z: Image) -> Mask:
    """Return the cortex and the capsules between the putamen and the Sylvian fissure."""
    tilt = z - 4.0 + 0.25 * y
    allowed = ((y - 1.0) / 25.0) ** 2 + (tilt / 17.0) ** 2 < 1.0
    allowed &= (x > 27.0) & (x < 46.0)
    depth = (x > 30.0) & (x < 37.0 - 0.04 * np.abs(y))
    core = allowed & depth & (((y - 1.0) / 21.0) ** 2 + (tilt / 13.0) ** 2 < 1.0)
    markers = np.where(core, 1, 0)
    markers[~allowed | (x > 43.0)] = 2
    markers[np.isin(labels, [INDEX["putamen"], INDEX["pallidum"]])] = 3
    return np.asarray(watershed(1.0 - images["t1"], markers) == 1)


def smooth_white(labels: Labels, white: Image) -> Labels:
    """Round off borders in the white matter, where no sulcus holds them."""
    lobes = [INDEX[name] for name in LOBES]
    votes = [ndimage.gaussian_filter((labels == lobe).astype(np.float32), 2.5) for lobe in lobes]
    winner = np.array(lobes, dtype=np.uint8)[np.argmax(votes, axis=0)]
    return np.where((white > 0.7) & np.isin(labels, lobes), winner, labels).astype(np.uint8)


def close_core(labels: Labels, x: Image, y: Image, z: Image) -> Labels:
    """Give what lies between the deep structures, and was named a lobe so far, to the nearest."""
    deep = [INDEX[name] for name in FILLERS]
    core = (x < 26) & (np.abs(y + 13) < 18) & (z > -12) & (z < 10)
    core &= np.isin(labels, [INDEX[name] for name in LOBES])
    distance, nearest = ndimage.distance_transform_edt(~np.isin(labels, deep), return_indices=True)
    core &= distance <= 4.0
    return np.where(core, labels[tuple(nearest)], labels).astype(np.uint8)


def half_atlas(images: dict[str, Image]) -> Labels:
    """Label the right half."""
    x, y, z = (axis.astype(np.float64) for axis in np.indices(images["t1"].shape))
    y, z = y - ORIGIN[1], z - ORIGIN[2]
    tissue = images["gm"] + images["wm"] > 0.5
    first = first_lobes(x, y, z)
    stem = brainstem(x, y, z)
    inner = ndimage.distance_transform_edt(stem) > 2.0
    first[stem] = STEM
    labels = snap(first, tissue, 1.0 - images["t1"], BAND_MM)
    labels = smooth_white(labels, images["wm"])
    labels = part_stem(np.where(inner & tissue, STEM, labels), y, z)
    gray = images["gm"] > 0.4
    labels[stroke(x.shape, HIPPOCAMPUS, 6.5) & gray] = INDEX["hippocampus"]
    labels[stroke(x.shape, AMYGDALA, 7.5) & gray & (y > -10)] = INDEX["amygdala"]
    deep = deep_gray(images, x, y, z)
    labels[deep > 0] = deep[deep > 0]
    labels = np.where(tissue, close_core(labels, x, y, z), labels).astype(np.uint8)
    labels[insula(labels, images, x, y, z) & tissue] = INDEX["insula"]
    labels[callosum(images, x)] = INDEX["corpus callosum"]
    fluid = ventricles(images, x)
    labels[fluid > 0] = fluid[fluid > 0]
    return labels


def mirrored(half: Labels) -> Labels:
    """Return both sides: the left has odd, the right even indices."""
    right = np.where(half > 0, 2 * half, 0)
    left = np.where(half > 0, 2 * half - 1, 0)
    return np.concatenate([left[:0:-1], right]).astype(np.uint8)


def write_labels(labels: Labels, affine: npt.NDArray[np.float64], path: Path) -> str:
    """Write NIfTI with bytes that depend on the voxels only; return its SHA-256."""
    image = nib.Nifti1Image(labels, affine)
    image.set_qform(affine, code=4)
    image.set_sform(affine, code=4)
    buffer = BytesIO()
    image.to_stream(buffer)
    packed = gzip.compress(buffer.getvalue(), compresslevel=9, mtime=0)
    path.write_bytes(packed)
    return hashlib.sha256(packed).hexdigest()


def write_names(path: Path) -> None:
    """Write index, name, hemisphere, lobe; the lobe is the one that a part belongs to."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["index", "name", "hemisphere", "lobe"])
        for name, number in INDEX.items():
            for side, index in (("left", 2 * number - 1), ("right", 2 * number)):
                table.writerow([index, name, side, PARENTS.get(name, name)])


def main() -> None:
    """Build the atlas and write it with its table and card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    folder: Path = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    images, affine = read_template()
    labels = mirrored(half_atlas(images))
    sha256 = write_labels(labels, affine, folder / "labels.nii.gz")
    write_names(folder / "names.csv")
    card = {
        "name": "glioscope-lobes",
        "version": VERSION,
        "labels": "labels.nii.gz",
        "names": "names.csv",
        "sha256": sha256,
        "space": "MNI ICBM 152 2009a nonlinear symmetric, 1 mm",
        "license": "Apache-2.0",
        "command": "python experiments/build_atlas.py --output src/glioscope/weights/atlas",
    }
    text = json.dumps(card, indent=2) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8")
    print(f"{folder / 'labels.nii.gz'}: {np.count_nonzero(labels)} voxels, SHA-256 {sha256}")


if __name__ == "__main__":
    main()
