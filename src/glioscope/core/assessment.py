"""What the tumour is likely to be, and how sure that is; plain values that turn into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from glioscope.core.notices import Notice


class Target(StrEnum):
    """What is predicted, beside survival."""

    ENTITY = "entity"
    GRADE = "grade"
    IDH = "idh"
    CODELETION = "1p19q"
    MGMT = "mgmt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One answer to one question.

    Args:
        name: Such as ``"mutant"``, ``"4"`` or a value of `Entity`.
        probability: Calibrated, 0 to 1; the outcomes of a prediction sum to 1.
        baseline: What age and sex alone say; ``None`` where neither is known.
        share: Of the training patients, 0 to 1.
        in_set: In the set that holds the truth with the prediction's confidence.
    """

    name: str
    probability: float
    baseline: float | None
    share: float
    in_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How well predictions of this kind did on patients that the model had not seen.

    Args:
        metric: Such as ``"AUC"`` or ``"accuracy"``.
        value: Out of fold, from exactly the inputs that were there for this patient.
        low: Lower end of the 95% bootstrap interval over patients.
        high: Upper end.
        baseline: The same metric of age and sex alone, on the same patients.
        majority: Accuracy of always naming the most frequent outcome.
        calibration_error: Expected calibration error, 10 bins.
        patients: Number of patients.
        data: The data set.
    """

    metric: str
    value: float
    low: float
    high: float
    baseline: float | None
    majority: float | None
    calibration_error: float | None
    patients: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What one group of inputs did to a prediction.

    Args:
        group: Such as ``"age"``, ``"location"``.
        text: The patient's values beside those of the training patients, in words.
        contribution: Shapley value; in log odds of the explained outcome, or in log hazard.
    """

    group: str
    text: str
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The answer to one question.

    Args:
        target: The question.
        outcomes: Every possible answer, most probable first; empty where there is no evidence that
            images tell (``statement`` says so then).
        confidence: Of the set, such as 0.9.
        evidence: ``None`` where none was measured.
        known: The outcome that the pathologist told, which then is no prediction any more.
        explained: The outcome whose log odds ``reasons`` add up to.
        reasons: Largest effect first.
        statement: Printed instead of numbers where there is no evidence.
    """

    target: Target
    outcomes: tuple[Outcome, ...] = ()
    confidence: float = 0.9
    evidence: Evidence | None = None
    known: str | None = None
    explained: str | None = None
    reasons: tuple[Reason, ...] = ()
    statement: str | None = None

    @property
    def prediction_set(self) -> tuple[str, ...]:
        """The outcomes that can't be excluded."""
        return tuple(outcome.name for outcome in self.outcomes if outcome.in_set)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalCurve:
    """Predicted overall survival from the scan before treatment.

    Args:
        days: Rising, the first is 0.
        survival: Probability to live longer, same length.
        low: Lower end of the 90% band of the curve (uncertainty of the model, not of the patient).
        high: Upper end.
        baseline: By age and sex alone; empty where neither is known.
        median_days: ``None`` where the curve does not reach one half.
        median_low_days: Where the lower band crosses one half, likewise.
        median_high_days: Where the upper band does, likewise.
        one_year: Probability to live 365.25 days, with band ``(value, low, high)``.
        two_years: The same for 730.5 days.
        risk: Log hazard against the average training patient; higher means shorter survival.
        risk_percentile: Percent of the training patients of lower risk.
        evidence: C-index (Uno) out of fold.
        used: Clinical facts that entered, such as ``"resection"``.
        missing: Those that would have, had they been given.
        reasons: Largest effect first.
    """

    days: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    baseline: tuple[float, ...]
    median_days: float | None
    median_low_days: float | None
    median_high_days: float | None
    one_year: tuple[float, float, float]
    two_years: tuple[float, float, float]
    risk: float
    risk_percentile: float
    evidence: Evidence | None = None
    used: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPatient:
    """A training patient whose inputs lie near, coarse on purpose.

    Args:
        entity: A value of `Entity`.
        age_band: Such as ``"60 to 64"``.
        sex: As DICOM codes it.
        months: Survival or follow-up, rounded to 3 months.
        died: ``False`` where follow-up ended before.
        distance: In standard deviations over the shared directions of the inputs.
    """

    entity: str
    age_band: str
    sex: str
    months: int | None
    died: bool | None
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the tumour is likely to be.

    Args:
        predictions: By target, in the order of `Target`; empty if ``abstained``.
        survival: ``None`` if ``abstained``, or where it was not asked for.
        similar: Nearest first.
        inputs: The groups of inputs that were there, such as ``("age", "sex", "shape")``.
        missing: What was not there, and what that costs in measured accuracy, a sentence each.
        abstained: Why nothing is predicted; ``None`` if something is.
        model: Name and version.
        notices: Such as facts of the pathologist that the images speak against.
    """

    predictions: Mapping[Target, Prediction] = field(default_factory=dict)
    survival: SurvivalCurve | None = None
    similar: tuple[SimilarPatient, ...] = ()
    inputs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    abstained: str | None = None
    model: str = ""
    notices: tuple[Notice, ...] = ()
