"""One distribution over the entities of WHO CNS 2021, from which every marker is read.

IDH and grade together by a softmax over five families, then whether an IDH-mutant tumor of grade 2
or 3 is 1p/19q-codeleted by a logistic node: a missing 1p/19q costs the first nothing, and no
impossible pair can appear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from glioscope.core import Entity, InputError, Target
from glioscope.prediction.known import Known
from glioscope.prediction.linear import Linear, Softmax, Vector, expit

Distribution = Mapping[Entity, float]

FAMILIES: Final[Mapping[str, tuple[Entity, ...]]] = MappingProxyType(
    {
        "glioblastoma": (Entity.GLIOBLASTOMA_4,),
        "other": (Entity.OTHER,),
        "mutant 2": (Entity.ASTROCYTOMA_2, Entity.OLIGODENDROGLIOMA_2),
        "mutant 3": (Entity.ASTROCYTOMA_3, Entity.OLIGODENDROGLIOMA_3),
        "mutant 4": (Entity.ASTROCYTOMA_4,),
    }
)
"""What the softmax tells apart: IDH and grade; the entity that is not codeleted comes first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """The joint distribution of one pattern of inputs.

    Args:
        families: Log odds of each of `FAMILIES`, in order.
        codeleted: 1p/19q-codeleted, of the IDH-mutant of grade 2 and 3.
        other_grade_2: Share of grade 2 under the microscope of `Entity.OTHER`.
    """

    families: Softmax
    codeleted: Linear
    other_grade_2: float

    def distribution(self, features: Vector) -> dict[Entity, float]:
        """Return the probability of every entity; they sum to 1.

        Args:
            features: Shape ``(F,)``.
        """
        return self.combined(self.families(features), expit(float(self.codeleted(features))))

    @staticmethod
    def combined(families: Vector, codeleted: float) -> dict[Entity, float]:
        """Return the distribution of the families' probabilities and that of the codeletion.

        Args:
            families: Shape ``(5,)``.
            codeleted: Of a mutant of grade 2 or 3.
        """
        found: dict[Entity, float] = {}
        for probability, members in zip(families.tolist(), FAMILIES.values(), strict=True):
            shares = (1 - codeleted, codeleted) if len(members) == 2 else (1.0,)
            found |= {e: probability * share for e, share in zip(members, shares, strict=True)}
        return {entity: found[entity] for entity in Entity}

    def conditioned(self, distribution: Distribution, known: Known) -> dict[Entity, float]:
        """Return the distribution given what the pathologist told.

        Args:
            distribution: Over all entities.
            known: Not contradictory.

        Raises:
            InputError: If nothing is left.
        """
        left = self._left(distribution, known)
        total = sum(left.values())
        if total <= 0:
            msg = "the facts given leave no entity of WHO CNS 2021; check them"
            raise InputError(msg)
        return {entity: value / total for entity, value in left.items()}

    def probability(self, distribution: Distribution, known: Known) -> float:
        """Return how probable it was that the pathologist would tell this.

        Args:
            distribution: Over all entities.
            known: Not contradictory.
        """
        return sum(self._left(distribution, known).values())

    def _left(self, distribution: Distribution, known: Known) -> dict[Entity, float]:
        left = {e: distribution[e] if e in known.possible else 0.0 for e in Entity}
        if known.grade in {"2", "3"}:
            two = self.other_grade_2
            left[Entity.OTHER] *= two if known.grade == "2" else 1 - two
        return left

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "families": self.families.to_json(),
            "codeleted": self.codeleted.to_json(),
            "other_grade_2": round(self.other_grade_2, 6),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Joint:
        """Read plain values back."""
        return cls(
            families=Softmax.from_json(value["families"]),
            codeleted=Linear.from_json(value["codeleted"]),
            other_grade_2=float(value["other_grade_2"]),
        )


OUTCOMES: Final[Mapping[Target, Mapping[str, tuple[Entity, ...]]]] = MappingProxyType(
    {
        Target.ENTITY: {entity.value: (entity,) for entity in Entity},
        Target.GRADE: {
            **{grade: tuple(e for e in Entity if str(e.grade) == grade) for grade in "234"},
            "none": (Entity.OTHER,),
        },
        Target.IDH: {
            "mutant": tuple(e for e in Entity if e.idh_mutant),
            "wildtype": tuple(e for e in Entity if not e.idh_mutant),
        },
        Target.CODELETION: {
            "codeleted": tuple(e for e in Entity if e.codeleted),
            "intact": tuple(e for e in Entity if not e.codeleted),
        },
    }
)
"""Which entities make an outcome of a target; those of one target share out all entities."""


def marginal(distribution: Distribution, target: Target) -> dict[str, float]:
    """Return the probability of each outcome of a target."""
    return {name: _sum(distribution, entities) for name, entities in OUTCOMES[target].items()}


def _sum(distribution: Distribution, entities: Iterable[Entity]) -> float:
    # a plain sum of seven terms can end a rounding error above 1
    return float(np.clip(sum(distribution[entity] for entity in entities), 0.0, 1.0))
