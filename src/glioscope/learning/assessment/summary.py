"""From the cases of a run to its scores, each with its interval over patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

from glioscope.core import Region
from glioscope.core import Sequence as Mri
from glioscope.evaluation import (
    ClassScores,
    CohortScores,
    FoldSummary,
    Interval,
    SequenceValues,
    SubsetScore,
    UncertaintyQuality,
    VoxelCalibration,
    VoxelTally,
    bootstrap_interval,
    class_scores,
    evaluate_cohort,
    sequence_values,
    summarize_folds,
    uncertainty_quality,
    voxel_calibration,
)
from glioscope.evaluation.case import SCORED_REGIONS
from glioscope.learning.assessment.answers import CLASSES
from glioscope.learning.assessment.case import PLACES, CaseAssessment, Subset, subsets_of
from glioscope.learning.assessment.scores import MEAN, FewSubsets, RunScores, Weights
from glioscope.learning.assessment.settings import Settings

_COARSE_RESAMPLES: Final = 2000
"""Most draws for calibration, whose intervals need sums over bins and not one mean."""

_NAMED: Final = {MEAN: set(SCORED_REGIONS), **{str(one): {one} for one in SCORED_REGIONS}}


def summed_up(
    cases: Sequence[CaseAssessment],
    *,
    runs: Mapping[str, Weights],
    settings: Settings,
    sequences: tuple[Mri, ...],
    notes: tuple[str, ...],
    threads: int,
) -> RunScores:
    """Return the scores of many cases, with intervals over their patients.

    Args:
        cases: At least one.
        runs: That they were kept aside from.
        settings: What was measured.
        sequences: Of the networks.
        notes: See ``RunScores``.
        threads: Likewise.

    Raises:
        InputError: If a patient was tested in two runs.
    """
    scored = [case for case in cases if case.scores is not None]
    return RunScores(
        runs=runs,
        settings=settings,
        sequences=sequences,
        notes=notes,
        cases=tuple(cases),
        threads=threads,
        cohort=_cohort(scored, settings) if scored else None,
        subsets=_subsets(scored, sequences, settings),
        calibration=_calibration(scored, settings),
        uncertainty=_uncertainty(scored, settings),
        answers=_answers(cases, settings),
        folds=_folds(cases, settings) if len(runs) > 1 else {},
    )


def _cohort(cases: Sequence[CaseAssessment], settings: Settings) -> CohortScores:
    return evaluate_cohort(
        [case.scores for case in cases if case.scores is not None],
        patients=[case.patient for case in cases],
        seed=settings.seed,
        resamples=settings.resamples,
    )


def _subsets(
    cases: Sequence[CaseAssessment], sequences: tuple[Mri, ...], settings: Settings
) -> dict[str, SequenceValues | FewSubsets]:
    if not settings.subsets or len(sequences) < 2:
        return {}
    found: dict[str, SequenceValues | FewSubsets] = {}
    patients = {case.case_id: case.patient for case in cases}
    for name, regions in _NAMED.items():
        having = [case for case in cases if case.scores and set(case.scores.regions) >= regions]
        scores = {case.case_id: _dices(case, regions) for case in having}
        if not any(scores.values()):
            continue
        if len(sequences) == len(Mri):
            found[name] = sequence_values(
                scores, patients=patients, seed=settings.seed, resamples=settings.resamples
            )
        else:
            found[name] = _few_subsets(scores, sequences, patients, settings)
    return found


def _dices(case: CaseAssessment, regions: set[Region]) -> dict[Subset, float]:
    return {
        subset: sum(values[region] for region in regions) / len(regions)
        for subset, values in case.subsets.items()
    }


def _few_subsets(
    scores: Mapping[str, Mapping[Subset, float]],
    sequences: tuple[Mri, ...],
    patients: Mapping[str, str],
    settings: Settings,
) -> FewSubsets:
    kept = sorted(case for case, values in scores.items() if values)
    names = [patients[case] for case in kept]

    def interval(values: list[float]) -> Interval:
        return bootstrap_interval(
            values, patients=names, seed=settings.seed, resamples=settings.resamples
        )

    full = frozenset(sequences)
    return FewSubsets(
        full=interval([scores[case][full] for case in kept]),
        subsets=tuple(
            SubsetScore(
                sequences=tuple(sequence for sequence in Mri if sequence in subset),
                score=interval([scores[case][subset] for case in kept]),
                loss=interval([scores[case][full] - scores[case][subset] for case in kept]),
            )
            for subset in subsets_of(sequences)
        ),
        left_out=tuple(sorted(set(scores) - set(kept))),
    )


def _calibration(
    cases: Sequence[CaseAssessment], settings: Settings
) -> dict[Region, dict[str, VoxelCalibration]]:
    found: dict[Region, dict[str, VoxelCalibration]] = {}
    for region, place in product(SCORED_REGIONS, PLACES):
        held = _tallies(cases, region, place)
        if held is not None:
            found.setdefault(region, {})[place] = voxel_calibration(
                held[0],
                patients=held[1],
                seed=settings.seed,
                resamples=min(settings.resamples, _COARSE_RESAMPLES),
            )
    return found


def _uncertainty(
    cases: Sequence[CaseAssessment], settings: Settings
) -> dict[Region, dict[str, UncertaintyQuality]]:
    found: dict[Region, dict[str, UncertaintyQuality]] = {}
    for region, place in product(SCORED_REGIONS, PLACES):
        held = _tallies(cases, region, place)
        if held is not None and all(tally.uncertainty is not None for tally in held[0]):
            found.setdefault(region, {})[place] = uncertainty_quality(
                held[0],
                patients=held[1],
                seed=settings.seed,
                resamples=min(settings.resamples, _COARSE_RESAMPLES),
            )
    return found


def _tallies(
    cases: Sequence[CaseAssessment], region: Region, place: str
) -> tuple[list[VoxelTally], list[str]] | None:
    """Return the tallies that hold a voxel, and whose they are; ``None`` if none does."""
    held = [
        (tally, case.patient)
        for case in cases
        if region in case.tallies and (tally := case.tallies[region][place]).count.any()
    ]
    return ([tally for tally, _ in held], [patient for _, patient in held]) if held else None


def _answers(cases: Sequence[CaseAssessment], settings: Settings) -> dict[str, ClassScores]:
    found = {}
    for head, classes in CLASSES.items():
        told = [
            (classes[truth], case.answers[head].probs, case.patient)
            for case in cases
            if head in case.answers and (truth := case.answers[head].truth) is not None
        ]
        if told:
            names, shares, patients = zip(*told, strict=True)
            found[head] = class_scores(
                names,
                shares,
                classes=classes,
                patients=patients,
                seed=settings.seed,
                resamples=min(settings.resamples, _COARSE_RESAMPLES),
            )
    return found


def _folds(cases: Sequence[CaseAssessment], settings: Settings) -> dict[str, FoldSummary]:
    by_run: dict[str, list[CaseAssessment]] = {}
    for case in cases:
        by_run.setdefault(case.run, []).append(case)
    metrics = dict.fromkeys(metric for case in cases for metric in case.metrics)
    found = {}
    for metric in metrics:
        values = {
            run: {case.case_id: case.metrics[metric] for case in own if metric in case.metrics}
            for run, own in by_run.items()
        }
        found[metric] = summarize_folds(
            {run: scores for run, scores in values.items() if scores},
            patients={case.case_id: case.patient for case in cases},
            seed=settings.seed,
            resamples=settings.resamples,
        )
    return found
