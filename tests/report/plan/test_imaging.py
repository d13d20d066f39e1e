from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from glioscope.core import Assessment, CaseResult, InputError, SurvivalCurve
from glioscope.report import result_to_json
from glioscope.report.plan.imaging import Imaging, Survival, imaging_of

MakeResult = Callable[..., CaseResult]
CURVE = SurvivalCurve(
    days=(0.0, 2000.0),
    survival=(1.0, 0.0),
    low=(1.0, 0.0),
    high=(1.0, 0.0),
    baseline=(),
    median_days=517.0,
    median_low_days=396.0,
    median_high_days=None,
    one_year=(0.83, 0.7, 0.9),
    two_years=(0.37, 0.3, 0.5),
    risk=0.1,
    risk_percentile=43.0,
)


def test_a_result_tells_place_and_size(result: CaseResult) -> None:
    imaging = imaging_of(result_to_json(result))
    diameters = result.findings.measurements.diameters.values()

    assert (imaging.has_tumor, imaging.lobe, imaging.side) == (True, "frontal lobe", "left")
    assert imaging.longest_mm == pytest.approx(max(d.longest.value or 0.0 for d in diameters))
    assert imaging.survival is None


def test_the_largest_lesion_stands_in_where_the_case_has_no_diameters(result: CaseResult) -> None:
    told = copy.deepcopy(result_to_json(result))
    told["measurements"]["diameters"] = {}
    lesion = told["measurements"]["lesions"][0]["diameters"]["longest"]["value"]

    assert imaging_of(told).longest_mm == lesion


def test_survival_is_read_where_the_model_did_not_abstain(result: CaseResult) -> None:
    told = result_to_json(replace(result, assessment=Assessment(survival=CURVE)))
    abstained = Assessment(survival=CURVE, abstained="too far")

    assert imaging_of(told).survival == Survival(
        median_days=517.0, low_days=396.0, high_days=None, one_year=0.83, two_years=0.37
    )
    assert imaging_of(result_to_json(replace(result, assessment=abstained))).survival is None


@pytest.mark.parametrize("options", [{"tumor": False}, {"located": False}, {"core": False}])
def test_every_kind_of_result_is_read(make_result: MakeResult, options: dict[str, bool]) -> None:
    imaging = imaging_of(result_to_json(make_result(**options)))

    assert imaging.has_tumor == options.get("tumor", True)
    assert (imaging.lobe is None) == ("core" not in options)
    if not imaging.has_tumor:
        assert imaging == Imaging(has_tumor=False)


@pytest.mark.parametrize("damaged", [{}, {"has_tumor": True}, {"location": "left"}])
def test_a_damaged_result_is_refused(damaged: dict[str, Any], result: CaseResult) -> None:
    told = {**result_to_json(result), **damaged} if "location" in damaged else damaged

    with pytest.raises(InputError, match="analyze again"):
        imaging_of(told)
