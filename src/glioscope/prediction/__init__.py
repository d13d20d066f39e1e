"""Findings to predictions: what the tumor is likely to be, and how sure that is."""

from glioscope.prediction.assess import CONFIDENCE, MGMT_LEAST_AUC, MGMT_STATEMENT, assess
from glioscope.prediction.conformal import prediction_set, threshold
from glioscope.prediction.domain import Domain, used_images
from glioscope.prediction.from_result import inputs_from_result, patient_of
from glioscope.prediction.groups import (
    IMAGE_GROUPS,
    PATTERNS,
    SURVIVAL_PATTERNS,
    feature_names,
    group_of,
)
from glioscope.prediction.hazard import Hazard, at_day, crossing
from glioscope.prediction.inputs import Inputs, inputs_from_findings, named_vector
from glioscope.prediction.joint import FAMILIES, OUTCOMES, Joint, marginal
from glioscope.prediction.known import Known, parse_known
from glioscope.prediction.linear import Linear, Softmax, expit, logit, softmax
from glioscope.prediction.model import (
    CLINICAL,
    FILE,
    KNOWN_ENTITY,
    PatternModel,
    PredictionModel,
    SurvivalModel,
    load_model,
)
from glioscope.prediction.similar import EVERY, QUARTERS, Neighbors
from glioscope.prediction.survival import (
    YEAR_DAYS,
    hazard_of,
    names_entity,
    predict_survival,
)
from glioscope.prediction.table import COLUMNS, id_of, inputs_from_row

__all__ = [
    "CLINICAL",
    "COLUMNS",
    "CONFIDENCE",
    "EVERY",
    "FAMILIES",
    "FILE",
    "IMAGE_GROUPS",
    "KNOWN_ENTITY",
    "MGMT_LEAST_AUC",
    "MGMT_STATEMENT",
    "OUTCOMES",
    "PATTERNS",
    "QUARTERS",
    "SURVIVAL_PATTERNS",
    "YEAR_DAYS",
    "Domain",
    "Hazard",
    "Inputs",
    "Joint",
    "Known",
    "Linear",
    "Neighbors",
    "PatternModel",
    "PredictionModel",
    "Softmax",
    "SurvivalModel",
    "assess",
    "at_day",
    "crossing",
    "expit",
    "feature_names",
    "group_of",
    "hazard_of",
    "id_of",
    "inputs_from_findings",
    "inputs_from_result",
    "inputs_from_row",
    "load_model",
    "logit",
    "marginal",
    "named_vector",
    "names_entity",
    "parse_known",
    "patient_of",
    "predict_survival",
    "prediction_set",
    "softmax",
    "threshold",
    "used_images",
]
