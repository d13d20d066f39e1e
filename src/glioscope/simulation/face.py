"""What lies below and before the brain: orbits, nose, sinuses, jaws, throat, spine, neck, ears.

Places are those of an adult head in MNI space, read off published atlases to the half centimeter;
they need to look right, not to be anyone's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glioscope.simulation.noise import smooth_noise
from glioscope.simulation.paint import Canvas, Mask
from glioscope.simulation.tissue import Tissue

_SIDES = (-1.0, 1.0)


def surface_below_vault(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """Return the mask of face, nose, jaw, ears and neck."""
    blank = replace(canvas, labels=np.zeros(canvas.grid.shape, dtype=np.uint8))
    solid = Tissue.SOFT
    wide = float(rng.uniform(0.94, 1.04))
    blank.ball((0.0, 36.0, -52.0), (66.0 * wide, 58.0, 58.0), solid)
    blank.ball((0.0, 44.0, -95.0), (54.0 * wide, 52.0, 50.0), solid)
    blank.rod((0.0, 84.0, -24.0), (0.0, 103.0, -60.0), 8.0, solid)
    blank.ball((0.0, 98.0, -62.0), (15.0, 13.0, 9.0), solid)
    blank.ball((0.0, 84.0, -84.0), (26.0, 14.0, 12.0), solid)
    for side in _SIDES:
        blank.ball((side * 34.0, 66.0, -70.0), (26.0, 22.0, 24.0), solid)
        blank.ball((side * 79.0, -24.0, -32.0), (6.0, 13.0, 22.0), solid)
    neck_mm = float(rng.uniform(56.0, 64.0))
    round_neck = (canvas.x / neck_mm) ** 2 + ((canvas.y + 22.0) / (neck_mm + 4.0)) ** 2 <= 1.0
    blank.put(round_neck & (canvas.z < -48.0), solid)
    return np.asarray(blank.labels > 0)


def paint_face(canvas: Canvas, *, outside: Mask, rng: np.random.Generator) -> None:
    """Paint all of it into the canvas, outside the brain and its fluid, below the skin."""
    flesh = outside & (canvas.labels != canvas.code(Tissue.AIR))
    inner = replace(canvas, where=flesh)
    spotted = smooth_noise(canvas.grid.shape, canvas.grid.spacing_mm[0], 5.0, rng)
    _spine(inner)
    _jaws(inner)
    _nose(inner, spotted)
    _orbits(inner)
    _base(inner, spotted)
    _vessels(inner)
    canvas.ball((0.0, 99.0, -70.0), (3.0, 6.0, 6.0), Tissue.AIR)


def _spine(canvas: Canvas) -> None:
    for level in range(4):
        z = -80.0 - 17.0 * level
        canvas.ball((0.0, -24.0, z), (15.0, 13.0, 9.0), Tissue.BONE)
        canvas.ball((0.0, -24.0, z), (13.0, 11.0, 7.0), Tissue.MARROW)
        canvas.ball((0.0, -74.0, z - 4.0), (5.0, 14.0, 6.0), Tissue.BONE)
        canvas.ball((0.0, -74.0, z - 4.0), (3.5, 12.0, 4.5), Tissue.MARROW)
        for side in _SIDES:
            canvas.ball((side * 21.0, -42.0, z), (8.0, 11.0, 7.0), Tissue.BONE)
            canvas.ball((side * 21.0, -42.0, z), (6.0, 9.0, 5.0), Tissue.MARROW)
    canvas.rod((0.0, -44.0, -66.0), (0.0, -48.0, -140.0), 12.0, Tissue.FAT)
    canvas.rod((0.0, -44.0, -66.0), (0.0, -48.0, -140.0), 10.0, Tissue.FLUID)
    canvas.rod((0.0, -44.0, -66.0), (0.0, -48.0, -140.0), 5.5, Tissue.WHITE)
    canvas.rod((0.0, -2.0, -44.0), (0.0, -22.0, -68.0), 6.5, Tissue.BONE)
    canvas.rod((0.0, -2.0, -44.0), (0.0, -22.0, -68.0), 4.8, Tissue.MARROW)


def _jaws(canvas: Canvas) -> None:
    canvas.ball((0.0, 44.0, -98.0), (25.0, 34.0, 17.0), Tissue.SOFT)
    canvas.ball((0.0, 40.0, -104.0), (3.0, 26.0, 9.0), Tissue.FAT)
    arch = ((canvas.x / 47.0) ** 2 + ((canvas.y - 34.0) / 48.0) ** 2) <= 1.0
    inner = ((canvas.x / 37.0) ** 2 + ((canvas.y - 34.0) / 38.0) ** 2) <= 1.0
    core = ((canvas.x / 45.0) ** 2 + ((canvas.y - 34.0) / 46.0) ** 2) <= 1.0
    core &= ((canvas.x / 39.0) ** 2 + ((canvas.y - 34.0) / 40.0) ** 2) > 1.0
    front = canvas.y > 30.0
    canvas.put(arch & ~inner & front & (canvas.z < -98.0), Tissue.BONE)
    canvas.put(core & front & (canvas.z < -100.0), Tissue.MARROW)
    canvas.put(arch & ~inner & front & (np.abs(canvas.z + 82.0) < 8.0), Tissue.BONE)
    canvas.put(core & front & (np.abs(canvas.z + 80.0) < 5.0), Tissue.MARROW)
    canvas.put(arch & front & (np.abs(canvas.z + 77.0) < 2.0), Tissue.BONE)
    for side in _SIDES:
        canvas.ball((side * 58.0, 16.0, -84.0), (9.0, 17.0, 26.0), Tissue.SOFT)
        canvas.ball((side * 34.0, 16.0, -74.0), (8.0, 15.0, 18.0), Tissue.SOFT)
        canvas.ball((side * 46.0, 12.0, -82.0), (5.0, 15.0, 30.0), Tissue.BONE)
        canvas.ball((side * 46.0, 12.0, -82.0), (3.0, 12.0, 27.0), Tissue.MARROW)
        canvas.ball((side * 46.0, 48.0, -82.0), (9.0, 12.0, 13.0), Tissue.FAT)
        canvas.rod((side * 62.0, -5.0, -42.0), (side * 52.0, 55.0, -52.0), 3.5, Tissue.BONE)


def _nose(canvas: Canvas, spotted: np.ndarray) -> None:
    """Air between bony and mucous leaves: nasal cavity, ethmoid, maxillary, sphenoid, frontal."""
    for side in _SIDES:
        canvas.ball((side * 27.0, 50.0, -61.0), (15.5, 18.0, 16.5), Tissue.BONE)
        canvas.ball((side * 27.0, 50.0, -61.0), (14.5, 17.0, 15.5), Tissue.VESSEL)
        canvas.ball((side * 27.0, 50.0, -61.0), (13.0, 15.5, 14.0), Tissue.AIR)
        canvas.ball((side * 11.0, 80.0, -14.0), (9.0, 4.0, 9.0), Tissue.AIR)
    canvas.ball((0.0, 56.0, -57.0), (16.0, 36.0, 19.0), Tissue.VESSEL)
    canvas.ball((0.0, 56.0, -57.0), (14.0, 34.0, 17.0), Tissue.AIR)
    canvas.ball((0.0, 46.0, -36.0), (12.0, 22.0, 10.0), Tissue.AIR)
    leaf = (np.abs(canvas.x) < 1.2) | (np.abs(np.abs(canvas.x) - 7.5) < 2.2)
    leaf = leaf & (np.abs(canvas.y - 52.0) < 28.0)
    shells = leaf & ((np.abs(canvas.x) < 1.2) | (np.sin(canvas.z / 2.6) > 0.1))
    air = canvas.labels == canvas.code(Tissue.AIR)
    near = air & (np.abs(canvas.x) < 13.0) & (canvas.z < -28.0) & (canvas.z > -75.0)
    cells = (canvas.z > -46.0) & (canvas.y > 26.0) & (np.abs(spotted) < 0.35)
    canvas.put(near & (shells | cells) & (canvas.y > 20.0) & (canvas.y < 86.0), Tissue.VESSEL)
    canvas.ball((0.0, 21.0, -38.0), (13.0, 11.0, 9.5), Tissue.BONE)
    canvas.ball((0.0, 21.0, -38.0), (11.5, 9.5, 8.0), Tissue.AIR)
    canvas.rod((0.0, 10.0, -60.0), (0.0, 8.0, -80.0), 8.0, Tissue.AIR)
    canvas.rod((0.0, 6.0, -84.0), (0.0, 2.0, -130.0), 6.5, Tissue.AIR)


def _orbits(canvas: Canvas) -> None:
    for side in _SIDES:
        apex, eye = (side * 19.0, 20.0, -34.0), (side * 33.0, 60.0, -37.0)
        canvas.ball((side * 31.0, 52.0, -36.0), (19.0, 25.0, 18.0), Tissue.BONE)
        canvas.ball((side * 31.0, 53.0, -36.0), (17.5, 25.0, 16.5), Tissue.FAT)
        canvas.rod(apex, (side * 30.0, 46.0, -36.0), 9.0, Tissue.FAT)
        for right, up in ((0.0, 11.0), (0.0, -11.0), (11.0, 0.0), (-11.0, 0.0)):
            end = (eye[0] + right, eye[1] - 4.0, eye[2] + up)
            canvas.rod(apex, end, 1.8, Tissue.SOFT)
        canvas.rod((side * 6.0, 8.0, -28.0), (eye[0], eye[1] - 11.0, eye[2]), 1.9, Tissue.WHITE)
        canvas.ball(eye, (12.5, 12.5, 12.5), Tissue.SKIN)
        canvas.ball(eye, (11.4, 11.4, 11.4), Tissue.EYE)
        canvas.ball((eye[0], eye[1] + 8.5, eye[2]), (4.5, 2.2, 4.5), Tissue.SKIN)


def _base(canvas: Canvas, spotted: np.ndarray) -> None:
    """Temporal bone with its air cells, ear canal, ear cartilage."""
    air_cells = np.asarray(spotted > 0.1)
    for side in _SIDES:
        canvas.ball((side * 50.0, -34.0, -44.0), (15.0, 18.0, 16.0), Tissue.BONE)
        canvas.rod((side * 50.0, -28.0, -40.0), (side * 22.0, -14.0, -36.0), 6.5, Tissue.BONE)
        canvas.ball((side * 54.0, -38.0, -48.0), (12.0, 15.0, 17.0), Tissue.AIR, where=air_cells)
        canvas.rod((side * 52.0, -22.0, -42.0), (side * 84.0, -24.0, -42.0), 3.0, Tissue.AIR)
        canvas.rod((side * 46.0, -26.0, -37.0), (side * 40.0, -24.0, -36.0), 2.0, Tissue.FLUID)
        canvas.ball((side * 80.0, -26.0, -32.0), (2.0, 10.0, 18.0), Tissue.SKIN)


def _vessels(canvas: Canvas) -> None:
    for side in _SIDES:
        canvas.rod((side * 26.0, -12.0, -140.0), (side * 24.0, -8.0, -56.0), 3.2, Tissue.VESSEL)
        canvas.rod((side * 33.0, -18.0, -140.0), (side * 29.0, -22.0, -56.0), 5.0, Tissue.VESSEL)
        canvas.rod((side * 29.0, -22.0, -56.0), (side * 40.0, -48.0, -38.0), 4.0, Tissue.VESSEL)
        canvas.rod((side * 66.0, 0.0, -36.0), (side * 74.0, -4.0, 20.0), 1.3, Tissue.VESSEL)
