"""Whether the tumor touches the ventricles and the cortex."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, find_objects

from glioscope.anatomy.atlas import Atlas
from glioscope.core import Volume

_CORTEX_MM: Final = 3.0
"""Half of the cortex is thinner (Fischl 2000, PNAS 97:11050: 1 to 4.5 mm, mean 2.5)."""

_VENTRICLES: Final = ("lateral ventricle", "third ventricle", "fourth ventricle")


def touches_ventricles(tumor: Volume, *, atlas: Atlas, labels: Volume) -> bool | None:
    """Tell whether the tumor comes within a voxel of a ventricle; ``None`` without a tumor.

    Args:
        tumor: Bool mask of the whole tumor on the case's grid.
        atlas: The shipped one.
        labels: Its labels on the case's grid.
    """
    if not tumor.data.any():
        return None
    ventricles = np.isin(labels.data, atlas.indices(*_VENTRICLES))
    if not ventricles.any():
        return None
    box = _around(tumor, margin=2)
    near = binary_dilation(tumor.data[box], np.ones((3, 3, 3), dtype=bool))
    return bool((near & ventricles[box]).any())


def touches_cortex(tumor: Volume, *, brain: Volume) -> bool | None:
    """Tell whether the tumor reaches the outer 3 mm of the brain; ``None`` without a tumor.

    Args:
        tumor: Bool mask of the whole tumor on the case's grid.
        brain: Bool mask of the brain.
    """
    if not tumor.data.any():
        return None
    box = _around(tumor, margin=6)
    inside = brain.data[box]
    if inside.all():
        return False
    depth_mm = distance_transform_edt(inside, sampling=brain.spacing_mm)
    return bool((tumor.data[box] & (depth_mm <= _CORTEX_MM)).any())


def _around(mask: Volume, *, margin: int) -> tuple[slice, ...]:
    (box,) = find_objects(mask.data.astype(np.uint8))
    return tuple(slice(max(0, side.start - margin), side.stop + margin) for side in box)
