"""Why a prediction came out as it did."""

from glioscope.explanation.reasons import EXPLAINED, target_shapley, with_reasons
from glioscope.explanation.shapley import group_shapley

__all__ = ["EXPLAINED", "group_shapley", "target_shapley", "with_reasons"]
