"""The numbers that predictions are made from, in groups that are there or missing as a whole.

All are portable between scanners: shape, place, and ratios of intensities.  Names of features
follow PyRadiomics; the ratios are made here, from its first-order features.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

Raw = Mapping[str, float]

SHAPE_RATIOS: Final = ("Elongation", "Flatness", "Sphericity")

SHAPE_SIZES: Final = (
    "MeshVolume",
    "VoxelVolume",
    "SurfaceArea",
    "SurfaceVolumeRatio",
    "Maximum3DDiameter",
    "Maximum2DDiameterSlice",
    "Maximum2DDiameterColumn",
    "Maximum2DDiameterRow",
    "MajorAxisLength",
    "MinorAxisLength",
    "LeastAxisLength",
)

FIRST_ORDER: Final = (
    "10Percentile",
    "90Percentile",
    "Entropy",
    "InterquartileRange",
    "Kurtosis",
    "Maximum",
    "Mean",
    "MeanAbsoluteDeviation",
    "Median",
    "RobustMeanAbsoluteDeviation",
    "Skewness",
    "Uniformity",
    "Variance",
)

IMAGE_MEAN: Final = "ImageMean"
"""Mean of T1c over 240 x 240 x 155 mm, zero outside the brain."""

MIDLINE_DISTANCE: Final = "MidlineDistance"
"""Of the whole tumor's center of mass from the midline plane, mm in the patient's space."""

Formula = Callable[[Raw], float]


def _shape() -> dict[str, Formula]:
    formulas: dict[str, Formula] = {name: _value(name) for name in SHAPE_RATIOS}
    formulas |= {f"log {name}": _log(name) for name in SHAPE_SIZES}
    return formulas


def _value(name: str) -> Formula:
    return lambda raw: raw[name]


def _log(name: str) -> Formula:
    return lambda raw: math.log(raw[name])


FORMULAS: Final[Mapping[str, Mapping[str, Formula]]] = MappingProxyType(
    {
        "shape": _shape(),
        "enhancement pattern": {
            "Median / Mean": lambda raw: raw["Median"] / raw["Mean"],
            "10Percentile / Mean": lambda raw: raw["10Percentile"] / raw["Mean"],
            "90Percentile / Mean": lambda raw: raw["90Percentile"] / raw["Mean"],
            "InterquartileRange / Median": lambda raw: raw["InterquartileRange"] / raw["Median"],
            "log 90Percentile / 10Percentile": lambda raw: math.log(
                raw["90Percentile"] / raw["10Percentile"]
            ),
            "Skewness": _value("Skewness"),
            "log Kurtosis": _log("Kurtosis"),
            # a bin of fixed width holds more of the histogram the lower the image's scale
            "Entropy - log2 Mean": lambda raw: raw["Entropy"] - math.log2(raw["Mean"]),
            "MeanAbsoluteDeviation / Mean": lambda raw: raw["MeanAbsoluteDeviation"] / raw["Mean"],
            "RobustMeanAbsoluteDeviation / Mean": lambda raw: (
                raw["RobustMeanAbsoluteDeviation"] / raw["Mean"]
            ),
            "standard deviation / Mean": lambda raw: math.sqrt(raw["Variance"]) / raw["Mean"],
            "log Uniformity x Mean": lambda raw: math.log(raw["Uniformity"] * raw["Mean"]),
            "log Maximum / Mean": lambda raw: math.log(raw["Maximum"] / raw["Mean"]),
        },
        "brightness": {
            "log Mean / ImageMean": lambda raw: math.log(raw["Mean"] / raw[IMAGE_MEAN]),
        },
        "location": {"distance from the midline": _value(MIDLINE_DISTANCE)},
    }
)
"""Group of image features, then feature, then how it is made from what was measured."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "shape": (*SHAPE_RATIOS, *SHAPE_SIZES),
        "enhancement pattern": FIRST_ORDER,
        "brightness": ("Mean", IMAGE_MEAN),
        "location": (MIDLINE_DISTANCE,),
    }
)
"""What must have been measured for a group."""

IMAGE_GROUPS: Final = tuple(FORMULAS)

PATTERNS: Final[tuple[tuple[str, ...], ...]] = tuple(
    (*age, "sex", *images)
    for age in (("age",), ())
    for images in (
        ("shape", "enhancement pattern", "brightness"),
        ("shape", "enhancement pattern"),
        ("shape",),
        (),
    )
)
"""Groups that entity, grade and markers are told from, a model each.

A model a pattern of what is missing: Fletcher Mercaldo and Blume, Biostatistics 2020;21(2):236
(doi:10.1093/biostatistics/kxy040).  Sex is in all: where it is not known its feature is 0, half
way.  The distance from the midline added nothing out of fold.
"""

SURVIVAL_PATTERNS: Final[tuple[tuple[str, ...], ...]] = tuple(
    (*age, "sex", *images)
    for age in (("age",), ())
    for images in (("shape", "location"), ("shape",), ())
)
"""The same for survival, to which the intensities of T1c added nothing."""


def feature_names(groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return the features of groups, in order."""
    own = {"age": ("age",), "sex": ("male",)}
    return tuple(name for group in groups for name in own.get(group) or tuple(FORMULAS[group]))


def group_of(feature: str) -> str:
    """Return the group that holds a feature.

    Raises:
        KeyError: If there is none.
    """
    for group in ("age", "sex", *IMAGE_GROUPS):
        if feature in feature_names((group,)):
            return group
    raise KeyError(feature)
