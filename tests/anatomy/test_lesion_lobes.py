from __future__ import annotations

from collections.abc import Callable

import pytest

from glioscope.anatomy import LocateConfig, locate, name_lobes
from glioscope.core import Case, Hemisphere, Label, Segmentation
from glioscope.measurement import measure
from glioscope.preparation import TemplateFit

MakeCase = Callable[..., tuple[Case, Segmentation]]
MakeFit = Callable[..., TemplateFit]
FRONTAL = ((28.0, 38.0, 24.0), 7.0, Label.ENHANCING)
OCCIPITAL = ((-24.0, -86.0, 4.0), 5.0, Label.ENHANCING)


@pytest.mark.parametrize("mirror", [False, True])
def test_each_lesion_has_its_own_lobe(make_case: MakeCase, make_fit: MakeFit, mirror: bool) -> None:
    case, segmentation = make_case(FRONTAL, OCCIPITAL, mirror=mirror)
    fit = make_fit()
    location = locate(case, segmentation, fit=fit)
    lesions = measure(segmentation, brain=case.brain).lesions

    named = name_lobes(lesions, segmentation, location, fit=fit)

    assert [lesion.main_lobe for lesion in named] == ["frontal lobe", "occipital lobe"]
    sides = [Hemisphere.RIGHT, Hemisphere.LEFT]
    assert [lesion.hemisphere for lesion in named] == (sides[::-1] if mirror else sides)


def test_a_single_lesion_has_the_lobe_of_the_tumor(make_case: MakeCase, make_fit: MakeFit) -> None:
    case, segmentation = make_case(FRONTAL)
    fit = make_fit()
    location = locate(case, segmentation, fit=fit)
    lesions = measure(segmentation, brain=case.brain).lesions

    (lesion,) = name_lobes(lesions, segmentation, location, fit=fit)

    assert lesion.main_lobe == location.main_lobe == "frontal lobe"


def test_nothing_is_named_where_the_location_was_refused(
    make_case: MakeCase, make_fit: MakeFit
) -> None:
    case, segmentation = make_case(FRONTAL)
    fit, strict = make_fit(), LocateConfig(least_similarity=1.1)
    location = locate(case, segmentation, strict, fit=fit)
    lesions = measure(segmentation, brain=case.brain).lesions

    assert name_lobes(lesions, segmentation, location, strict, fit=fit) == lesions
