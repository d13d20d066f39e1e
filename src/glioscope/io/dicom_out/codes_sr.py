"""The codes of a measurement report, beside those of the segmentation.

Standard codes are those of DICOM PS3.16 as pydicom carries them; where it has none that means just
this, the code is our own (scheme 99GLIOSCOPE) and its meaning says all.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from glioscope.core import Entity, Target
from glioscope.io.dicom_out.codes import SCHEME

QUALITATIVE_EVALUATIONS: Final = Code("C0034375", "UMLS", "Qualitative Evaluations")
"""TID 1500, row 12."""

SOURCE: Final = Code("260753009", "SCT", "Source")
"""Of an image in the image library (TID 1601)."""

PROBABILITY: Final = codes.DCM.Probability
TUMOR_FOUND: Final = Code("TUMOR-FOUND", SCHEME, "Tumor found by the segmentation")
NOT_EXCLUDED: Final = Code("NOT-EXCLUDED", SCHEME, "Predicted from imaging, can't be excluded")
TOLD: Final = Code("TOLD", SCHEME, "Told by the pathologist, not predicted")
STATEMENT: Final = Code("STATEMENT", SCHEME, "What this report is")
NOTICE: Final = Code("NOTICE", SCHEME, "Notice on the input or the analysis")
ALARM: Final = Code("ALARM", SCHEME, "Alarm on the input or the analysis")
ABSTAINED: Final = Code("ABSTAINED", SCHEME, "Why nothing is predicted")
METHOD: Final = Code("METHOD", SCHEME, "How the number was made")
INTERVAL: Final = Code("INTERVAL", SCHEME, "What the interval is")
INTERVAL_LOW: Final = Code("INTERVAL-LOW", SCHEME, "Lower end of the interval")
INTERVAL_HIGH: Final = Code("INTERVAL-HIGH", SCHEME, "Upper end of the interval")

QUANTITIES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "volume": codes.SCT.Volume,
        "longest_axial_diameter": codes.SCT.LongAxis,
        "perpendicular_axial_diameter": codes.SCT.PerpendicularAxis,
        "maximum_3d_diameter": codes.IBSI.Maximum3DDiameterOfAMesh,
        "product_of_axial_diameters": Code(
            "AXIAL-PRODUCT", SCHEME, "Product of the two axial diameters"
        ),
        "proportion_of_whole_tumor": Code("WT-SHARE", SCHEME, "Share of the whole tumor"),
        "midline_shift": Code("MIDLINE-SHIFT", SCHEME, "Midline shift"),
        "left_percent": Code("LEFT-SHARE", SCHEME, "Share of the whole tumor left of the midline"),
    }
)
"""By the name of the number in result.json."""

_UNITS: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "mL": Code("mL", "UCUM", "milliliter"),
        "mm": codes.UCUM.Millimeter,
        "mm2": codes.UCUM.SquareMillimeter,
        "mm3": codes.UCUM.CubicMillimeter,
        "%": codes.UCUM.Percent,
        "1": codes.UCUM.NoUnits,
    }
)

# WHO CNS 2021 makes an astrocytoma IDH-mutant and an oligodendroglioma 1p/19q-codeleted as well;
# a meaning has room for 64 characters
_OUTCOMES: Final[Mapping[tuple[Target, str], tuple[str, str]]] = MappingProxyType(
    {
        (Target.ENTITY, Entity.GLIOBLASTOMA_4): ("GBM-4", "glioblastoma, grade 4"),
        (Target.ENTITY, Entity.ASTROCYTOMA_2): ("ASTRO-2", "astrocytoma, grade 2"),
        (Target.ENTITY, Entity.ASTROCYTOMA_3): ("ASTRO-3", "astrocytoma, grade 3"),
        (Target.ENTITY, Entity.ASTROCYTOMA_4): ("ASTRO-4", "astrocytoma, grade 4"),
        (Target.ENTITY, Entity.OLIGODENDROGLIOMA_2): ("OLIGO-2", "oligodendroglioma, grade 2"),
        (Target.ENTITY, Entity.OLIGODENDROGLIOMA_3): ("OLIGO-3", "oligodendroglioma, grade 3"),
        (Target.ENTITY, Entity.OTHER): ("OTHER", "other, further markers needed"),
        (Target.GRADE, "2"): ("GRADE-2", "grade 2"),
        (Target.GRADE, "3"): ("GRADE-3", "grade 3"),
        (Target.GRADE, "4"): ("GRADE-4", "grade 4"),
        (Target.GRADE, "none"): ("GRADE-NONE", "no grade without further markers"),
        (Target.IDH, "mutant"): ("IDH-MUTANT", "IDH-mutant"),
        (Target.IDH, "wildtype"): ("IDH-WILDTYPE", "IDH-wildtype"),
        (Target.CODELETION, "codeleted"): ("1P19Q-CODEL", "1p/19q-codeleted"),
        (Target.CODELETION, "intact"): ("1P19Q-INTACT", "1p/19q intact"),
        (Target.MGMT, "methylated"): ("MGMT-METH", "MGMT promoter methylated"),
        (Target.MGMT, "unmethylated"): ("MGMT-UNMETH", "MGMT promoter not methylated"),
    }
)

_TARGETS: Final[Mapping[Target, Code]] = MappingProxyType(
    {
        Target.ENTITY: Code("ENTITY", SCHEME, "Tumor type and grade (WHO CNS 2021)"),
        Target.GRADE: Code("GRADE", SCHEME, "Grade (WHO CNS 2021)"),
        Target.IDH: Code("IDH", SCHEME, "IDH status"),
        Target.CODELETION: Code("1P19Q", SCHEME, "1p/19q status"),
        Target.MGMT: Code("MGMT", SCHEME, "MGMT promoter status"),
    }
)


def quantity_code(name: str) -> Code:
    """Return the code of a number that is measured."""
    return QUANTITIES[name]


def unit_code(unit: str) -> Code:
    """Return the UCUM code of a unit of result.json, as PS3.16 CID 7181 and 7461 write it."""
    return _UNITS[unit]


def target_code(target: Target) -> Code:
    """Return the code of a question."""
    return _TARGETS[target]


def outcome_code(target: Target, name: str) -> Code:
    """Return the code of an answer."""
    value, meaning = _OUTCOMES[(target, name)]
    return Code(value, SCHEME, meaning[0].upper() + meaning[1:])


def probability_code(target: Target, name: str) -> Code:
    """Return the code of the probability of an answer, never to be taken for the answer."""
    value, meaning = _OUTCOMES[(target, name)]
    return Code(f"P-{value}", SCHEME, f"Predicted probability of {meaning}")


def our_scheme() -> Dataset:
    """Return the item that tells readers whose the private codes are."""
    item = Dataset()
    item.CodingSchemeDesignator = SCHEME
    item.CodingSchemeName = "Codes of Glioscope"
    item.CodingSchemeResponsibleOrganization = "The Glioscope developers"
    return item
