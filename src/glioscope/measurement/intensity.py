"""First-order features of PyRadiomics, equal to its release 3.0.1.

Definitions: pyradiomics.readthedocs.io/en/v3.0.1/features.html#module-radiomics.firstorder, and
van Griethuysen et al., Cancer Res 2017;77(21):e104 (doi:10.1158/0008-5472.CAN-17-0339).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import GridMismatchError, Volume, grid_difference

FIRST_ORDER_FEATURES: Final = (
    "10Percentile",
    "90Percentile",
    "Entropy",
    "InterquartileRange",
    "Kurtosis",
    "Maximum",
    "Mean",
    "MeanAbsoluteDeviation",
    "Median",
    "Minimum",
    "RobustMeanAbsoluteDeviation",
    "Skewness",
    "Uniformity",
    "Variance",
)
"""Under PyRadiomics' names, in its order."""


def first_order_features(
    image: Volume, mask: Volume, *, bin_width: float = 25.0
) -> dict[str, float | None]:
    """Return the features by PyRadiomics' names.

    Args:
        image: Intensities, any real dtype, finite in the mask.
        mask: Boolean, on the same grid.
        bin_width: Of the gray levels that entropy and uniformity count, which begin at 0.

    Returns:
        In the unit of the intensities and its square (``Variance``); ``Entropy`` is in bits,
        ``Kurtosis`` of a normal distribution is 3.  Empty for an empty mask.  A constant region
        has no skewness and no kurtosis: ``None``, where PyRadiomics writes 0.  No voxel of a
        few may lie between the percentiles, which leaves ``RobustMeanAbsoluteDeviation``
        ``None``.

    Raises:
        GridMismatchError: If the mask lies on another grid.
    """
    difference = grid_difference(image, mask)
    if difference is not None:
        msg = (
            f"image and mask lie on different grids ({difference}); bring the mask to the image's"
            " with resampled_mask(mask, like=image) first"
        )
        raise GridMismatchError(msg)
    values = image.data[mask.data.astype(bool)].astype(np.float64)
    if values.size == 0:
        return {}
    features = _ranks(values) | _moments(values) | _histogram(values, bin_width)
    return {name: features[name] for name in FIRST_ORDER_FEATURES}


def _ranks(values: npt.NDArray[np.float64]) -> dict[str, float | None]:
    low, first, median, third, high = np.percentile(values, (10, 25, 50, 75, 90)).tolist()
    return {
        "10Percentile": low,
        "90Percentile": high,
        "InterquartileRange": third - first,
        "Maximum": float(values.max()),
        "Median": median,
        "Minimum": float(values.min()),
        "RobustMeanAbsoluteDeviation": _mean_absolute_deviation(
            values[(values >= low) & (values <= high)]
        ),
    }


def _moments(values: npt.NDArray[np.float64]) -> dict[str, float | None]:
    # the mean of a constant can miss it by rounding, which would make a skewness of noise
    varies = bool(values.min() < values.max())
    around = values - values.mean()
    second, third, fourth = (float((around**order).mean()) for order in (2, 3, 4))
    return {
        "Kurtosis": fourth / second**2 if varies else None,
        "Mean": float(values.mean()),
        "MeanAbsoluteDeviation": _mean_absolute_deviation(values),
        "Skewness": third / second**1.5 if varies else None,
        "Variance": second,
    }


def _histogram(values: npt.NDArray[np.float64], bin_width: float) -> dict[str, float | None]:
    counts = np.unique(np.floor_divide(values, bin_width), return_counts=True)[1]
    shares = counts / values.size
    return {
        # PyRadiomics adds 2e-16 to each share, against the logarithm of 0; no share here is 0
        "Entropy": float(shares @ np.log2(values.size / counts)),
        "Uniformity": float(shares @ shares),
    }


def _mean_absolute_deviation(values: npt.NDArray[np.float64]) -> float | None:
    return float(np.abs(values - values.mean()).mean()) if values.size else None
