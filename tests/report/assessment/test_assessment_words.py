from __future__ import annotations

from dataclasses import replace

import pytest

from glioscope.core import Assessment, Entity, Outcome, Prediction, SurvivalCurve, Target
from glioscope.report.assessment_words import ENTITY_NAMES, outcome_name, set_text, shown_outcomes
from glioscope.report.survival_words import baseline_at, baseline_median_days, median_text


def curve(full: Assessment) -> SurvivalCurve:
    assert full.survival is not None
    return full.survival


def line(baseline: tuple[float, ...]) -> SurvivalCurve:
    """Three points 100 days apart."""
    same = (1.0, 0.6, 0.2)
    return SurvivalCurve(
        days=(0.0, 100.0, 200.0),
        survival=same,
        low=same,
        high=same,
        baseline=baseline,
        median_days=None,
        median_low_days=None,
        median_high_days=None,
        one_year=(0.5, 0.4, 0.6),
        two_years=(0.2, 0.1, 0.3),
        risk=0.0,
        risk_percentile=50.0,
    )


@pytest.mark.parametrize("entity", list(Entity))
def test_every_entity_is_spelled_as_who_does(entity: Entity) -> None:
    name = ENTITY_NAMES[entity]

    assert ("IDH-mutant" in name) == entity.idh_mutant
    assert ("1p/19q-codeleted" in name) == entity.codeleted
    assert entity.grade is None or name.endswith(f"grade {entity.grade}")
    assert outcome_name(Target.ENTITY, entity) == name


def test_a_set_of_none_is_not_to_be_trusted() -> None:
    alone = Outcome(name="mutant", probability=1.0, baseline=None, share=0.2, in_set=False)

    assert "is empty" in set_text(Prediction(target=Target.IDH, outcomes=(alone,)))


def test_a_set_without_the_most_probable_answer_is_explained() -> None:
    best = Outcome(name="wildtype", probability=0.52, baseline=None, share=0.8, in_set=False)
    other = Outcome(name="mutant", probability=0.48, baseline=None, share=0.2, in_set=True)

    text = set_text(Prediction(target=Target.IDH, outcomes=(best, other)))

    assert text.startswith("The 90% set holds only: IDH-mutant.")
    assert "fewer than 10% got so low a probability" in text
    likely = replace(best, in_set=True)
    assert "most probable" not in set_text(Prediction(target=Target.IDH, outcomes=(likely, other)))


def test_a_statement_silences_numbers_that_were_left_in(full: Assessment) -> None:
    idh = full.predictions[Target.IDH]

    assert len(shown_outcomes(idh)) == 2
    assert shown_outcomes(replace(idh, statement="test the tissue")) == ()


def test_the_baseline_is_read_between_two_days() -> None:
    assert baseline_at(line((1.0, 0.6, 0.2)), 50.0) == pytest.approx(0.8)
    assert baseline_median_days(line((1.0, 0.6, 0.2))) == pytest.approx(125.0)


def test_a_baseline_that_ends_before_or_is_not_there_says_nothing() -> None:
    assert baseline_at(line((1.0, 0.6, 0.2)), 201.0) is None
    assert baseline_at(line(()), 50.0) is None
    assert baseline_median_days(line(())) is None
    assert baseline_median_days(line((1.0, 0.9, 0.8))) is None


def test_a_median_that_is_not_reached_is_told_in_words(full: Assessment) -> None:
    high = replace(curve(full), median_high_days=None)

    assert median_text(line(())) == "not reached within the 7 months of the curve"
    assert median_text(high) == "13.6 months (10.9 to not reached)"
