"""The shipped models of all patterns of inputs, read from one JSON file."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from glioscope.core import Evidence, ModelError, Target, weights_folder
from glioscope.prediction.domain import Domain
from glioscope.prediction.groups import PATTERNS, SURVIVAL_PATTERNS
from glioscope.prediction.hazard import Hazard
from glioscope.prediction.joint import Joint
from glioscope.prediction.known import Known
from glioscope.prediction.linear import Vector, digits
from glioscope.prediction.similar import Neighbors

FILE: Final = "model.json"

CLINICAL: Final = ("gross-total resection", "biopsy only", "MGMT methylated")
"""Facts of the clinic in the survival model beside the features; average where not told."""

KNOWN_ENTITY: Final = ("IDH-mutant", "grade 4", "1p/19q-codeleted", "other")
"""What the survival model is told where the pathologist has named the entity."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatternModel:
    """What is learned for one pattern of groups.

    Args:
        joint: Over entities and grades.
        thresholds: By target, then outcome: from which probability it stays in the 90% set.
        evidence: By target: how well it did out of fold.
        evidence_told: The same among the patients of one IDH status, which was told.
    """

    joint: Joint
    thresholds: Mapping[Target, Mapping[str, float]]
    evidence: Mapping[Target, Evidence] = field(default_factory=dict)
    evidence_told: Mapping[str, Mapping[Target, Evidence]] = field(default_factory=dict)

    def evidence_for(self, target: Target, known: Known) -> Evidence | None:
        """Return what was measured where the same was told; ``None`` where nothing was."""
        if known.codeletion is not None or known.grade is not None:
            return None
        told = self.evidence if known.idh is None else self.evidence_told.get(known.idh, {})
        return told.get(target)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "joint": self.joint.to_json(),
            "thresholds": {
                str(target): {name: float(f"{value:.6g}") for name, value in values.items()}
                for target, values in self.thresholds.items()
            },
            "evidence": _evidence_json(self.evidence),
            "evidence_told": {
                told: _evidence_json(evidence) for told, evidence in self.evidence_told.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PatternModel:
        """Read plain values back."""
        return cls(
            joint=Joint.from_json(value["joint"]),
            thresholds={Target(t): dict(v) for t, v in value["thresholds"].items()},
            evidence=_evidence(value["evidence"]),
            evidence_told={told: _evidence(v) for told, v in value["evidence_told"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurvivalModel:
    """What is learned of survival for one pattern of groups.

    Args:
        groups: Whose features come first; the clinical facts follow.
        hazard: Without a word of the pathologist.
        hazard_known: With the entity told.
        evidence: By what was told beside the images: ``""``, ``"clinic"`` (resection and MGMT),
            ``"entity"``, ``"entity, clinic"``.
    """

    groups: tuple[str, ...]
    hazard: Hazard
    hazard_known: Hazard
    evidence: Mapping[str, Evidence] = field(default_factory=dict)

    def evidence_for(self, known: Known) -> Evidence | None:
        """Return what was measured where as much was told, or else less."""
        entity = known.idh or known.codeletion or known.grade
        clinic = known.resection and known.mgmt
        told = ", ".join(n for n, fact in (("entity", entity), ("clinic", clinic)) if fact)
        return self.evidence.get(told)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "groups": list(self.groups),
            "hazard": self.hazard.to_json(),
            "hazard_known": self.hazard_known.to_json(),
            "evidence": {told: asdict(evidence) for told, evidence in self.evidence.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SurvivalModel:
        """Read plain values back."""
        return cls(
            groups=tuple(value["groups"]),
            hazard=Hazard.from_json(value["hazard"]),
            hazard_known=Hazard.from_json(value["hazard_known"]),
            evidence={told: Evidence(**v) for told, v in value["evidence"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PredictionModel:
    """Everything that a prediction needs.

    Args:
        version: Of the weights.
        patterns: By groups.
        survival: By groups.
        days: Of the survival curves, shape ``(T,)``, the first is 0.
        kps_per_ten: Log hazard of ten points of Karnofsky more.
        kps_mean: Score at which it has no effect.
        mgmt: Evidence on whether images tell MGMT.
        sex_gain: By target: how much of the metric sex adds where all else is there.
        shares: By target, then outcome: share of the training patients.
        domain: Where the training patients lie.
        neighbors: The training patients, coarse.
    """

    version: str
    patterns: Mapping[tuple[str, ...], PatternModel]
    survival: Mapping[tuple[str, ...], SurvivalModel]
    days: Vector
    kps_per_ten: float
    kps_mean: float
    mgmt: Evidence
    sex_gain: Mapping[Target, float]
    shares: Mapping[Target, Mapping[str, float]]
    domain: Domain
    neighbors: Neighbors

    @property
    def name(self) -> str:
        """Name and version."""
        return f"prediction {self.version}"

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "version": self.version,
            "patterns": {"+".join(g): model.to_json() for g, model in self.patterns.items()},
            "survival": {"+".join(g): model.to_json() for g, model in self.survival.items()},
            "days": digits(self.days),
            "kps_per_ten": float(f"{self.kps_per_ten:.6g}"),
            "kps_mean": float(f"{self.kps_mean:.6g}"),
            "mgmt": asdict(self.mgmt),
            "sex_gain": {str(target): gain for target, gain in self.sex_gain.items()},
            "shares": {str(target): dict(shares) for target, shares in self.shares.items()},
            "domain": self.domain.to_json(),
            "neighbors": self.neighbors.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PredictionModel:
        """Read plain values back.

        Raises:
            ModelError: If a pattern is missing.
        """
        patterns = {_groups(g): PatternModel.from_json(v) for g, v in value["patterns"].items()}
        if missing := [p for p in PATTERNS if p not in patterns]:
            msg = f"the prediction model lacks {'+'.join(missing[0])}; install glioscope anew"
            raise ModelError(msg)
        survival = {_groups(g): SurvivalModel.from_json(v) for g, v in value["survival"].items()}
        if set(survival) != set(SURVIVAL_PATTERNS):
            msg = "the survival model lacks a pattern of inputs; install glioscope anew"
            raise ModelError(msg)
        return cls(
            version=str(value["version"]),
            patterns=patterns,
            survival=survival,
            days=np.array(value["days"], dtype=float),
            kps_per_ten=float(value["kps_per_ten"]),
            kps_mean=float(value["kps_mean"]),
            mgmt=Evidence(**value["mgmt"]),
            sex_gain={Target(t): float(v) for t, v in value["sex_gain"].items()},
            shares={Target(t): dict(v) for t, v in value["shares"].items()},
            domain=Domain.from_json(value["domain"]),
            neighbors=Neighbors.from_json(value["neighbors"]),
        )


def load_model(folder: Path | None = None) -> PredictionModel:
    """Load a model; the shipped one is read once.

    Args:
        folder: Holds ``model.json`` and ``card.json``; the shipped one where ``None``.

    Raises:
        ModelError: If it is missing, damaged, or not the file that its card names.
    """
    return _load(folder or weights_folder("prediction"))


@functools.lru_cache(maxsize=4)
def _load(folder: Path) -> PredictionModel:
    try:
        data = (folder / FILE).read_bytes()
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        if hashlib.sha256(data).hexdigest() != card["sha256"]:
            msg = f"{FILE} is not the file that its card names; install glioscope anew"
            raise ModelError(msg)
        return PredictionModel.from_json(json.loads(data))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"the prediction model can't be read ({type(error).__name__}: {error}); install"
        msg += " glioscope anew"
        raise ModelError(msg) from error


def _evidence_json(evidence: Mapping[Target, Evidence]) -> dict[str, Any]:
    return {str(target): asdict(one) for target, one in evidence.items()}


def _evidence(value: Mapping[str, Any]) -> dict[Target, Evidence]:
    return {Target(target): Evidence(**one) for target, one in value.items()}


def _groups(text: str) -> tuple[str, ...]:
    return tuple(text.split("+"))
