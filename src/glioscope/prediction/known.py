"""What the pathologist or the surgeon has told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from glioscope.core import Entity, InputError

_VALUES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "idh": ("mutant", "wildtype"),
        "1p19q": ("codeleted", "intact"),
        "grade": ("2", "3", "4"),
        "mgmt": ("methylated", "unmethylated"),
        "resection": ("gross-total", "subtotal", "biopsy"),
        "kps": (),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Facts that condition the predictions; ``None`` where not told.

    Args:
        idh: Status by immunohistochemistry or sequencing.
        codeletion: Of 1p and 19q, whole arms.
        grade: WHO CNS 2021.
        mgmt: Of the promoter.
        resection: Extent, for survival.
        kps: Karnofsky performance status, 0 to 100, for survival.

    Raises:
        InputError: If the facts contradict one another.
    """

    idh: Literal["mutant", "wildtype"] | None = None
    codeletion: Literal["codeleted", "intact"] | None = None
    grade: Literal["2", "3", "4"] | None = None
    mgmt: Literal["methylated", "unmethylated"] | None = None
    resection: Literal["gross-total", "subtotal", "biopsy"] | None = None
    kps: float | None = None

    def __post_init__(self) -> None:
        if self.kps is not None and not 0 <= self.kps <= 100:
            msg = f"kps {self.kps:g}: give a Karnofsky performance status from 0 to 100"
            raise InputError(msg)
        if not self.possible:
            told = ", ".join(
                f"{name} {value}"
                for name, value in (
                    ("IDH", self.idh),
                    ("1p/19q", self.codeletion),
                    ("grade", self.grade),
                )
                if value is not None
            )
            msg = f"no entity of WHO CNS 2021 is {told}; check these facts"
            raise InputError(msg)

    @property
    def possible(self) -> tuple[Entity, ...]:
        """The entities that the facts allow.

        A grade of 2 or 3 leaves `Entity.OTHER` in: that is where IDH-wildtype tumors of lower grade
        under the microscope stand.
        """
        return tuple(entity for entity in Entity if self._allows(entity))

    def _allows(self, entity: Entity) -> bool:
        idh = self.idh is None or entity.idh_mutant == (self.idh == "mutant")
        arms = self.codeletion is None or entity.codeleted == (self.codeletion == "codeleted")
        if self.grade is None:
            return idh and arms
        grades = {"2", "3"} if entity is Entity.OTHER else {str(entity.grade)}
        return idh and arms and self.grade in grades


def parse_known(facts: Iterable[str]) -> Known:
    """Read ``name=value`` facts.

    Args:
        facts: Such as ``"idh=mutant"``; names and values as `Known` has them, ``1p19q`` for the
            codeletion.

    Raises:
        InputError: If a fact is not understood, told twice, or contradicts another.
    """
    told: dict[str, str] = {}
    for fact in facts:
        name, _, value = fact.partition("=")
        name, value = name.strip().lower().replace("/", ""), value.strip().lower()
        if name not in _VALUES:
            msg = f"--known {fact}: give one of {', '.join(f'{n}=...' for n in _VALUES)}"
            raise InputError(msg)
        if _VALUES[name] and value not in _VALUES[name]:
            msg = f"--known {fact}: give {name}={' or '.join(_VALUES[name])}"
            raise InputError(msg)
        if told.get(name, value) != value:
            msg = f"--known {name} is told twice, as {told[name]} and as {value}; give it once"
            raise InputError(msg)
        told[name] = value
    kps = told.pop("kps", None)
    told["codeletion"] = told.pop("1p19q", "")
    given = {name: value for name, value in told.items() if value}
    return Known(**given, kps=None if kps is None else _number(kps))  # type: ignore[arg-type]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        msg = f"--known kps={text}: give a number from 0 to 100"
        raise InputError(msg) from None
