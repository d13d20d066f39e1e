"""Codes that SEG, SR, RTSTRUCT and FHIR share.

Each was found in two places: in DICOM PS3.16 (context groups 4, 244, 7150, 7153, 7159 and 7162, as
pydicom carries them) and in SNOMED CT's or NCI's own wording there, in DCMTK or in a value set of
HL7.  SNOMED CT has no code for tissue that takes up contrast agent; PS3.16 takes NCI's.  Glioma is
in none of these context groups; it stands in HL7 Europe's eHDSIMorphologicAbnormality 8.1.0,
which was expanded from SNOMED CT International of February 2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydicom.sr.coding import Code

from glioscope.core import Hemisphere, Label, Region

SCHEME: Final = "99GLIOSCOPE"
"""Of our own codes, for what no standard names."""

ABNORMAL: Final = Code("49755003", "SCT", "Morphologically Abnormal Structure")
"""Category of every segment."""

GLIOMA: Final = Code("115240006", "SCT", "Glioma")
NEOPLASM: Final = Code("108369006", "SCT", "Neoplasm")
ENHANCING_LESION: Final = Code("C113842", "NCIt", "Enhancing Lesion")
NECROSIS: Final = Code("6574001", "SCT", "Necrosis")
EDEMA: Final = Code("79654002", "SCT", "Edema")

SPATIAL_CONCEPT: Final = Code("309825002", "SCT", "Spatial and Relational Concept")
BACKGROUND: Final = Code("125040", "DCM", "Background")

REGION_TYPES: Final[Mapping[Region, Code]] = MappingProxyType(
    {
        Region.WT: GLIOMA,
        Region.TC: NEOPLASM,
        Region.ET: ENHANCING_LESION,
        Region.NCR: NECROSIS,
        Region.ED: EDEMA,
    }
)
"""What a region is.  That it is a glioma is what Glioscope is made for, not what it found."""

LABEL_TYPES: Final[tuple[tuple[Code, Label], ...]] = (
    (NECROSIS, Label.NECROSIS),
    (EDEMA, Label.EDEMA),
    (ENHANCING_LESION, Label.ENHANCING),
)
"""The three labels by their tissue.  Pairs, as pydicom's codes are equal across editions of SNOMED
(SRT and SCT), but their hashes are not."""

BRAIN: Final = Code("12738006", "SCT", "Brain")

LATERALITY: Final[Mapping[Hemisphere, Code]] = MappingProxyType(
    {
        Hemisphere.LEFT: Code("7771000", "SCT", "Left"),
        Hemisphere.RIGHT: Code("24028007", "SCT", "Right"),
        Hemisphere.BOTH: Code("51440002", "SCT", "Bilateral"),
    }
)

SITES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "frontal lobe": Code("83251001", "SCT", "Frontal lobe"),
        "parietal lobe": Code("16630005", "SCT", "Parietal lobe"),
        "temporal lobe": Code("78277001", "SCT", "Temporal lobe"),
        "occipital lobe": Code("31065004", "SCT", "Occipital lobe"),
        "insula": Code("36169008", "SCT", "Insula"),
        # caudate, putamen and pallidum, which make the atlas' basal ganglia
        "basal ganglia": Code("31428008", "SCT", "Corpus striatum"),
        "thalamus": Code("42695009", "SCT", "Thalamus"),
        "internal capsule": Code("85637007", "SCT", "Internal capsule"),
        "corpus callosum": Code("88442005", "SCT", "Corpus callosum"),
        "hypothalamus and ventral diencephalon": Code("87563008", "SCT", "Diencephalon"),
        "brainstem": Code("119238007", "SCT", "Brain Stem"),
        "cerebellum": Code("113305005", "SCT", "Cerebellum"),
        "lateral ventricle": Code("66720007", "SCT", "Lateral Ventricle"),
        "third ventricle": Code("49841001", "SCT", "Third ventricle"),
        "fourth ventricle": Code("35918002", "SCT", "Fourth Ventricle"),
    }
)
"""By the name of the atlas' lobe or deep structure."""

ARTIFICIAL_INTELLIGENCE: Final = Code("123110", "DCM", "Artificial Intelligence")
"""Family of the algorithm."""
