"""First-order features of T1c over the whole tumor, at the one scale where patients compare."""

from __future__ import annotations

from typing import Final

import numpy as np

from glioscope.core import Quantity, Region, Volume, check_same_grid
from glioscope.measurement.intensity import first_order_features

TUMOR_MEAN: Final = 2500.0
"""Mean of the tumor after scaling.

MRI has no unit, but the gray levels of PyRadiomics are 25 wide whatever the scale.  The predictions
learn from the table of UCSF-PDGM (Calabrese et al., Radiol Artif Intell 2022;4(6):e220058), whose
median tumor mean this is (501 patients, 2,492).
"""

IMAGE_MM3: Final = 240.0 * 240.0 * 155.0
"""Volume of the grid of UCSF-PDGM and BraTS, zero outside the brain."""

_MOST_NEGATIVE: Final = 0.01

_METHOD: Final = (
    "first-order feature of PyRadiomics 3.0.1 (bin width 25) over T1c without its bias field,"
    f" scaled to a tumor mean of {TUMOR_MEAN:.0f}; only ratios mean anything"
)
_IMAGE_METHOD: Final = (
    "sum of T1c without its bias field over the brain, scaled like the tumor, times the volume of"
    f" a voxel over {IMAGE_MM3:.0f} mm3 (240 x 240 x 155 mm, zero outside the brain)"
)


def has_true_zero(image: Volume, *, brain: Volume) -> bool:
    """Tell whether 0 is no signal, so that ratios of intensities mean something.

    Z-scored images fail: the median of the brain must lie above 0, and 1% of it at most below.

    Args:
        image: Intensities.
        brain: Boolean mask on the same grid.
    """
    values = image.data[brain.data.astype(bool)]
    if values.size == 0:
        return False
    return bool(np.median(values) > 0 and (values < 0).mean() <= _MOST_NEGATIVE)


def t1c_intensity(
    image: Volume, *, brain: Volume, tumor: Volume, case_id: str
) -> dict[str, Quantity]:
    """Measure T1c over the whole tumor: ``first_order_features`` and ``ImageMean``.

    The image is scaled to a tumor mean of 2500 first, so that only ratios (median to mean, mean to
    ``ImageMean``) and what has no scale (skewness, kurtosis) tell anything of the patient.
    ``ImageMean`` is the sum over the brain times the volume of a voxel over that of the 240 x 240 x
    155 mm of UCSF-PDGM: its ``diagnostics_Image-original_Mean``.

    Args:
        image: T1c without its bias field, not normalized: no signal is 0.  A voxel of exactly 0 is
            one that the scan does not cover, and counts nowhere.
        brain: Boolean mask on the same grid.
        tumor: Boolean mask of the whole tumor; what lies outside the brain does not count.
        case_id: Named in errors.

    Returns:
        By name; empty without a tumor in the brain, and where the image has no true zero.

    Raises:
        GridMismatchError: If the masks lie on another grid.
    """
    check_same_grid(case_id=case_id, image=image, brain=brain, tumor=tumor)
    inside = brain.data.astype(bool) & (image.data != 0)
    region = inside & tumor.data.astype(bool)
    if not region.any() or not has_true_zero(image, brain=brain.with_data(inside)):
        return {}
    mean = float(image.data[region].mean(dtype=np.float64))
    if mean <= 0:
        return {}
    scaled = image.with_data(image.data.astype(np.float64) * (TUMOR_MEAN / mean))
    features = first_order_features(scaled, tumor.with_data(region))
    brain_mm3 = float(scaled.data[inside].sum()) * image.voxel_volume_ml * 1000.0
    quantities = {name: _feature(name, value) for name, value in features.items()}
    quantities["ImageMean"] = Quantity(
        name="ImageMean",
        value=brain_mm3 / IMAGE_MM3,
        unit="1",
        region=None,
        method=_IMAGE_METHOD,
    )
    return quantities


def _feature(name: str, value: float | None) -> Quantity:
    return Quantity(name=name, value=value, unit="1", region=Region.WT, method=_METHOD)
