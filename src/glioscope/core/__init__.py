"""The nouns of Glioscope: numpy only, imported by every room, importing none."""

from glioscope.core.assessment import (
    Assessment,
    Evidence,
    Outcome,
    Prediction,
    Reason,
    SimilarPatient,
    SurvivalCurve,
    Target,
)
from glioscope.core.case import Alignment, Case, Choice, Quality
from glioscope.core.entities import Entity
from glioscope.core.errors import (
    CaseError,
    ConsentError,
    GeometryError,
    GlioscopeError,
    GridMismatchError,
    InputError,
    MissingPackageError,
    ModelError,
    OutputError,
)
from glioscope.core.findings import (
    Diameters,
    EloquentDistance,
    Findings,
    Involvement,
    Lesion,
    Location,
    Measurements,
    Quantity,
)
from glioscope.core.hosts import is_loopback
from glioscope.core.labels import (
    REGION_LABELS,
    Hemisphere,
    Label,
    Region,
    Sequence,
    Severity,
)
from glioscope.core.midline import MidlinePlane
from glioscope.core.notices import Notice
from glioscope.core.offline import silence_openvino
from glioscope.core.optional import require
from glioscope.core.plan import (
    Branch,
    DroppedSentence,
    MissingFact,
    OrderedTest,
    Passage,
    Plan,
    Refusal,
    RuleTrace,
    Sentence,
    Source,
    Statement,
    Strength,
    TreatmentOption,
    Wording,
)
from glioscope.core.progress import Progress, Silent
from glioscope.core.result import RESULT_SCHEMA_VERSION, CaseResult, Patient
from glioscope.core.segmentation import ModelInfo, Segmentation, region_mask
from glioscope.core.study import Acquisition, Series, SourceFile, Study
from glioscope.core.volume import Volume, check_same_grid, grid_difference
from glioscope.core.weights import weights_folder

__all__ = [
    "REGION_LABELS",
    "RESULT_SCHEMA_VERSION",
    "Acquisition",
    "Alignment",
    "Assessment",
    "Branch",
    "Case",
    "CaseError",
    "CaseResult",
    "Choice",
    "ConsentError",
    "Diameters",
    "DroppedSentence",
    "EloquentDistance",
    "Entity",
    "Evidence",
    "Findings",
    "GeometryError",
    "GlioscopeError",
    "GridMismatchError",
    "Hemisphere",
    "InputError",
    "Involvement",
    "Label",
    "Lesion",
    "Location",
    "Measurements",
    "MidlinePlane",
    "MissingFact",
    "MissingPackageError",
    "ModelError",
    "ModelInfo",
    "Notice",
    "OrderedTest",
    "Outcome",
    "OutputError",
    "Passage",
    "Patient",
    "Plan",
    "Prediction",
    "Progress",
    "Quality",
    "Quantity",
    "Reason",
    "Refusal",
    "Region",
    "RuleTrace",
    "Segmentation",
    "Sentence",
    "Sequence",
    "Series",
    "Severity",
    "Silent",
    "SimilarPatient",
    "Source",
    "SourceFile",
    "Statement",
    "Strength",
    "Study",
    "SurvivalCurve",
    "Target",
    "TreatmentOption",
    "Volume",
    "Wording",
    "check_same_grid",
    "grid_difference",
    "is_loopback",
    "region_mask",
    "require",
    "silence_openvino",
    "weights_folder",
]
