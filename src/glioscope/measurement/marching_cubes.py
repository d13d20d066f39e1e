"""The surface between the voxels inside and outside a mask, cube by cube.

A cube is eight neighbouring voxel centers; its code is the sum of ``2 ** corner`` over the
corners inside, corner ``4 i + 2 j + k``.  Every edge between a corner inside and one outside is
cut at its middle (Lorensen and Cline, SIGGRAPH 1987, doi:10.1145/37401.37422), the cuts are
joined along the faces of the cube into loops, and the loops are filled with triangles.

Two choices are left open by that, and both are made here as PyRadiomics 3.0.1 makes them, so
that areas and volumes agree with published radiomics: what is joined on a face whose corners
are inside crosswise, and from which cut a loop that is not flat is filled.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

_Edge: TypeAlias = tuple[int, int]
_Loop: TypeAlias = list[_Edge]

_CORNERS: Final = np.array(list(product((0, 1), repeat=3)))
_EDGES: Final[tuple[_Edge, ...]] = tuple(
    (one, other) for one in range(8) for other in range(one + 1, 8) if (one ^ other) in {1, 2, 4}
)
_FACES: Final = (
    *((0, 1, 3, 2), (4, 6, 7, 5)),
    *((0, 4, 5, 1), (2, 3, 7, 6)),
    *((0, 2, 6, 4), (1, 5, 7, 3)),
)
"""The corners of each face, counterclockwise seen from outside the cube."""

_MIRROR_CORNER: Final = 3
"""A cube with this corner inside is triangulated as its complement, turned inside out."""

_FAN_START: Final = (
    ".......4...9.5.....a...8.19..693.....0.3.b.65.58...a.0.26.b11b2."
    ".......4...9.5....07..032b.929.3....a7a52128.5.86698597..62.2.2."
)
"""For the codes without the mirror corner, in order: the edge (index in ``_EDGES``, base 12)
whose cut all triangles of the bent loop share; a dot where every loop is flat.  Chosen so that
area and volume of each cube equal those of PyRadiomics 3.0.1 at four different spacings."""


def cube_codes(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Return the code of every cube, the border of the mask included.

    Args:
        mask: Shape ``(I, J, K)``; outside of it lies background.

    Returns:
        Shape ``(I + 1, J + 1, K + 1)``; element ``n`` has the voxels ``n - 1`` and ``n`` of each
        axis as corners, so its center lies at index ``n - 0.5``.
    """
    padded = np.pad(mask, 1).astype(np.uint8)
    codes = np.zeros(tuple(n + 1 for n in mask.shape), dtype=np.uint8)
    for corner, start in enumerate(_CORNERS.tolist()):
        window = tuple(slice(s, s + n) for s, n in zip(start, codes.shape, strict=True))
        codes |= padded[window] << np.uint8(corner)
    return codes


@cache
def cube_triangles(code: int) -> npt.NDArray[np.float64]:
    """Return the triangles in one cube, in voxel units from its first corner.

    Args:
        code: 0 to 255.

    Returns:
        Shape ``(T, 3, 3)``: triangle, vertex, axis; counterclockwise seen from outside.
    """
    mirrored = bool(code >> _MIRROR_CORNER & 1)
    plain = 255 - code if mirrored else code
    triangles = [
        (loop[0], loop[step], loop[step + 1])
        for loop in (_from_fan_start(plain, loop) for loop in _loops(plain))
        for step in range(1, len(loop) - 1)
    ]
    points = np.array(triangles, dtype=np.intp).reshape(-1, 3, 2)
    vertices = np.asarray(_CORNERS[points].mean(axis=2), dtype=np.float64)
    return vertices[:, ::-1] if mirrored else vertices


def cube_areas_mm2(spacing_mm: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Return the area of the surface inside a cube, by code, shape ``(256,)``."""
    codes, normals = _all_normals()
    # Stretching the axes stretches a normal by the product of the other two.
    stretch = np.prod(spacing_mm) / np.array(spacing_mm)
    areas_mm2 = np.linalg.norm(normals * stretch, axis=1) / 2
    return np.bincount(codes, weights=areas_mm2, minlength=256).astype(np.float64)


@cache
def cube_moments() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return what each code adds to the volume under the surface, in voxel units.

    By the theorem of Gauss the volume is the sum of ``det(a, b, c) / 6`` over the triangles; for
    a cube whose first corner lies at ``o`` that is ``own + o . vector / 3``.

    Returns:
        ``own``, shape ``(256,)``, and ``vector`` (the area as a vector), shape ``(256, 3)``.
    """
    own, vector = np.zeros(256), np.zeros((256, 3))
    for code in range(256):
        triangles = cube_triangles(code)
        own[code] = np.linalg.det(triangles).sum() / 6
        vector[code] = _normals(triangles).sum(axis=0) / 2
    return own, vector


def _normals(triangles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    first = triangles[:, 1] - triangles[:, 0]
    second = triangles[:, 2] - triangles[:, 0]
    return np.asarray(np.cross(first, second), dtype=np.float64)


@cache
def _all_normals() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Return the code and the normal of every triangle of every cube."""
    normals = [_normals(cube_triangles(code)) for code in range(256)]
    codes = np.repeat(np.arange(256), [len(found) for found in normals])
    return codes, np.concatenate(normals)


def _loops(code: int) -> list[_Loop]:
    """Join the cuts of a cube into closed loops, counterclockwise seen from outside."""
    following = dict(step for face in _FACES for step in _steps(code, face))
    loops: list[_Loop] = []
    while following:
        first, cut = following.popitem()
        loop = [first]
        while cut != first:
            loop.append(cut)
            cut = following.pop(cut)
        loops.append(loop)
    return loops


def _steps(code: int, face: tuple[int, ...]) -> list[tuple[_Edge, _Edge]]:
    """Cut off each run of corners inside that one meets on the way around a face.

    Two corners inside crosswise are two runs: they are not joined on this face.
    """
    inside = [bool(code >> corner & 1) for corner in face]
    steps = []
    for entry in range(4):
        if inside[entry] or not inside[(entry + 1) % 4]:
            continue
        leave = next(step % 4 for step in range(entry + 1, entry + 4) if not inside[(step + 1) % 4])
        steps.append((_cut(face, entry), _cut(face, leave)))
    return steps


def _cut(face: tuple[int, ...], step: int) -> _Edge:
    one, other = face[step], face[(step + 1) % 4]
    return (min(one, other), max(one, other))


def _from_fan_start(code: int, loop: _Loop) -> _Loop:
    """Let a loop begin with the cut that all of its triangles share."""
    above = code >> (_MIRROR_CORNER + 1) << _MIRROR_CORNER
    sign = _FAN_START[above | (code & ((1 << _MIRROR_CORNER) - 1))]
    start = _EDGES[int(sign, 12)] if sign != "." else loop[0]
    place = loop.index(start) if start in loop else 0
    return loop[place:] + loop[:place]
