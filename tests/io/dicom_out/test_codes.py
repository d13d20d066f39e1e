from __future__ import annotations

from typing import Any

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.coding import Code

from glioscope.anatomy import load_atlas
from glioscope.core import Hemisphere, Region
from glioscope.io.dicom_out.codes import (
    ABNORMAL,
    ARTIFICIAL_INTELLIGENCE,
    BACKGROUND,
    BRAIN,
    GLIOMA,
    LATERALITY,
    REGION_TYPES,
    SITES,
    SPATIAL_CONCEPT,
)

OF_THE_STANDARD = {
    code.meaning: code
    for code in (
        ABNORMAL,
        ARTIFICIAL_INTELLIGENCE,
        BACKGROUND,
        BRAIN,
        SPATIAL_CONCEPT,
        *LATERALITY.values(),
        *REGION_TYPES.values(),
        *SITES.values(),
    )
    if code != GLIOMA
}


@pytest.mark.parametrize("code", OF_THE_STANDARD.values(), ids=OF_THE_STANDARD)
def test_a_code_means_in_the_standard_what_it_means_here(code: Code) -> None:
    dictionary: Any = concepts

    meanings = {
        known[code.value][0].lower()
        for known in dictionary[code.scheme_designator].values()
        if code.value in known
    }

    assert code.meaning.lower() in meanings


def test_every_lobe_of_the_atlas_side_and_region_has_a_code() -> None:
    assert {structure.lobe for structure in load_atlas().structures} == set(SITES)
    assert set(LATERALITY) == set(Hemisphere)
    assert set(REGION_TYPES) == set(Region)
