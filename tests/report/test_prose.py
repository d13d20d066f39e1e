from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from glioscope.core import CaseResult, Findings, Hemisphere, Location, Region, Sequence
from glioscope.report.prose import findings_sentences

MakeResult = Callable[..., CaseResult]


def told(result: CaseResult) -> str:
    return " ".join(findings_sentences(result))


def located(result: CaseResult, **changes: object) -> CaseResult:
    location = result.findings.location
    assert location is not None
    changed: Location = replace(location, **changes)  # type: ignore[arg-type]  # names are checked
    return replace(result, findings=replace(result.findings, location=changed))


def test_an_enhancing_tumor_is_told_with_its_place(result: CaseResult) -> None:
    assert told(result).startswith(
        "An enhancing tumor of the left frontal lobe, extending into the left insula (14%), as a"
        " single lesion."
    )


def test_sizes_are_those_of_the_findings(result: CaseResult) -> None:
    measurements = result.findings.measurements

    for region in (Region.WT, Region.TC, Region.ET):
        assert f"{measurements.volumes[region].value:.1f} mL" in told(result)
    for region, name in ((Region.WT, "whole tumor"), (Region.ET, "enhancing tumor")):
        found = measurements.diameters[region]
        size = f"{found.longest.value:.1f} × {found.perpendicular.value:.1f} mm"
        assert f"{name} {size} (measurable)" in told(result)


def test_a_tumor_too_small_for_diameters_is_told_so(result: CaseResult) -> None:
    measurements = result.findings.measurements
    lesion = replace(measurements.lesions[0], diameters=None)
    small = replace(measurements, lesions=(lesion,), diameters={})
    findings = replace(result.findings, measurements=small)

    assert "too small for two axial diameters" in told(replace(result, findings=findings))


def test_mass_effect_and_contacts_are_told(result: CaseResult) -> None:
    text = told(result)

    assert "touches the cortex and keeps clear of the ventricles" in text
    assert "The tumor core does not cross the midline." in text
    assert "The midline is shifted by 4.2 mm to the right." in text
    assert "left Broca's area (overlaps the whole tumor)" in text
    assert "left primary motor cortex (hand) (4.3 mm from the whole tumor)" in text


def test_a_tumor_that_does_not_enhance_is_told_so(make_result: MakeResult) -> None:
    text = told(make_result(core=False))

    assert text.startswith("A non-enhancing tumor of the left frontal lobe")
    assert "enhancing tumor 0" not in text
    assert "0.0 mL" not in text


def test_without_contrast_the_enhancing_part_is_called_a_guess(make_result: MakeResult) -> None:
    text = told(make_result(sequences=(Sequence.T1, Sequence.FLAIR)))

    assert text.startswith("A tumor of the left frontal lobe")
    assert "which is a guess: no contrast-enhanced T1 was given" in text


def test_no_tumor_is_told_with_a_caution(make_result: MakeResult) -> None:
    text = told(make_result(tumor=False))

    assert text.startswith("No tumor was found on T1c and FLAIR")
    assert "no relevant midline shift (0.6 mm)" in text
    assert "does not exclude a tumor" in text


def test_without_location_no_side_is_named(make_result: MakeResult) -> None:
    text = told(make_result(located=False))

    assert text.startswith("An enhancing tumor whose place was not determined, as a single lesion.")
    assert "Side, midline and contact with structures were not determined." in text
    assert "left" not in text


def test_a_refused_location_names_no_side(result: CaseResult) -> None:
    refused = located(
        result,
        hemisphere=None,
        main_lobe=None,
        main_lobe_hemisphere=None,
        involvement={},
        eloquent=(),
    )

    assert "whose place was not determined" in told(refused)
    assert "eloquent" not in told(refused)


@pytest.mark.parametrize(
    ("side", "text"),
    [(Hemisphere.LEFT, "in the left hemisphere"), (Hemisphere.BOTH, "in both hemispheres")],
)
def test_without_a_lobe_the_hemisphere_is_told(
    result: CaseResult, side: Hemisphere, text: str
) -> None:
    assert f"An enhancing tumor {text}, as" in told(
        located(result, hemisphere=side, main_lobe=None, main_lobe_hemisphere=None)
    )


def test_a_structure_on_the_midline_has_no_side(result: CaseResult) -> None:
    changed = located(
        result, main_lobe="corpus callosum", main_lobe_hemisphere=Hemisphere.BOTH, involvement={}
    )

    assert "An enhancing tumor of the corpus callosum, as a single lesion." in told(changed)


@pytest.mark.parametrize(
    ("multifocal", "satellites", "expected"),
    [
        (True, 0, "in 2 separate lesions (multifocal)."),
        (False, 1, "in 2 separate lesions, 1 of them a satellite (not multifocal)."),
    ],
)
def test_several_lesions_are_counted(
    result: CaseResult, multifocal: bool, satellites: int, expected: str
) -> None:
    measured = result.findings.measurements
    second = replace(measured.lesions[0], lesion_id=2, satellite=satellites > 0)
    several: Findings = replace(
        result.findings,
        measurements=replace(
            measured,
            lesions=(measured.lesions[0], second),
            multifocal=multifocal,
            satellites=satellites,
        ),
    )

    assert expected in told(replace(result, findings=several))


def test_nothing_eloquent_near_is_said(result: CaseResult) -> None:
    location = result.findings.location
    assert location is not None
    near = location.eloquent[0]
    far = replace(near, distance=replace(near.distance, value=44.0))

    text = told(located(result, eloquent=(far,)))

    assert "No named eloquent structure lies within 20 mm." in text


def test_a_structure_is_named_once_with_each_region(result: CaseResult) -> None:
    location = result.findings.location
    assert location is not None
    whole = location.eloquent[0]
    distance = replace(whole.distance, value=12.0, region=Region.TC)
    core = replace(whole, region=Region.TC, distance=distance)

    text = told(located(result, eloquent=(core, whole)))

    assert "left Broca's area (overlaps the whole tumor, 12.0 mm from the tumor core)." in text
    assert text.count("Broca") == 1
