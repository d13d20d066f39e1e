"""Judge a finished run on the patients that it kept aside; pool the folds of several."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch

from glioscope.core import CaseError, InputError, Progress, Silent, Volume
from glioscope.io import write_volume
from glioscope.learning.assessment.case import CaseAssessment, Judge, Keep
from glioscope.learning.assessment.grades import grader_of
from glioscope.learning.assessment.material import Material, material_of
from glioscope.learning.assessment.output import write_scores
from glioscope.learning.assessment.predict import Predictor, on_device
from glioscope.learning.assessment.scores import RunScores, Weights
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.assessment.summary import summed_up
from glioscope.learning.data.who import people
from glioscope.learning.runs.reading import as_plain
from glioscope.learning.tasks import chosen
from glioscope.networks.registry import name_of


def assess(
    run_folder: Path,
    settings: Settings | None = None,
    *,
    output: Path | None = None,
    progress: Progress | None = None,
    save_labels: bool = False,
) -> RunScores:
    """Judge a run on a part of its split, whole cases on their own grid, without any rule after.

    Args:
        run_folder: Of a finished run; only the folder of the scores is written in it.
        settings: What is measured, and on whom.
        output: Folder of ``scores.json``, ``cases.csv``, ``table.md`` and the drawings;
            ``evaluation-PART`` in the run where left out.
        progress: Told how far it is.
        save_labels: Write the labels of every case as NIfTI too, below ``labels`` in it.

    Raises:
        InputError: If it is no finished run, its data is not there, or a case of the part was
            trained on.
        ModelError: If the weights are damaged.
        OutputError: If the scores can't be written.
    """
    chosen = settings or Settings()
    place = default_output(run_folder, chosen) if output is None else output
    keep = _keeper(place) if save_labels else None
    return _judged((run_folder,), chosen, place, progress=progress or Silent(), keep=keep)


def assess_folds(
    run_folders: Sequence[Path],
    settings: Settings | None = None,
    *,
    output: Path,
    progress: Progress | None = None,
    save_labels: bool = False,
) -> RunScores:
    """Judge the runs of a cross-validation, each on the patients that it kept aside, together.

    Args:
        run_folders: Two or more runs that differ in nothing but ``split.fold``.
        settings: What is measured, and on whom.
        output: Folder of the scores.
        progress: Told how far it is.
        save_labels: As of ``assess``.

    Raises:
        InputError: As ``assess``; if the runs were asked for different things, or a patient was
            kept aside in two of them.
        ModelError: As ``assess``.
        OutputError: As ``assess``.
    """
    keep = _keeper(output) if save_labels else None
    chosen = settings or Settings()
    return _judged(tuple(run_folders), chosen, output, progress=progress or Silent(), keep=keep)


def default_output(run_folder: Path, settings: Settings) -> Path:
    """Return where the scores of a run are kept."""
    return run_folder / f"evaluation-{settings.part}{'-best' if settings.best else ''}"


def _judged(
    folders: tuple[Path, ...],
    settings: Settings,
    output: Path,
    *,
    progress: Progress,
    keep: Keep | None,
) -> RunScores:
    named = _names(folders)
    materials = {
        name: material_of(folder, settings, progress=progress) for name, folder in named.items()
    }
    if len(materials) > 1:
        _check_folds(materials)
    cases: list[CaseAssessment] = []
    notes: list[str] = []
    for name, material in materials.items():
        found, told = _cases(name, material, settings, progress=progress, keep=keep)
        cases += found
        notes += told
    if not cases:
        msg = f"no case of {', '.join(materials)} could be judged: {'; '.join(notes)}"
        raise InputError(msg)
    first = next(iter(materials.values()))
    scores = summed_up(
        cases,
        runs={
            name: Weights(
                file=material.weights,
                sha256=material.sha256,
                network=name_of(material.network),
                grid=material.config.data.grid,
            )
            for name, material in materials.items()
        },
        settings=settings,
        sequences=first.config.data.sequences,
        notes=tuple(dict.fromkeys(notes)),
        threads=torch.get_num_threads(),
    )
    write_scores(scores, output, runs=folders, progress=progress)
    return scores


def _cases(
    name: str, material: Material, settings: Settings, *, progress: Progress, keep: Keep | None
) -> tuple[list[CaseAssessment], list[str]]:
    predictor = Predictor(
        network=on_device(material.network, settings.device),
        sequences=material.config.data.sequences,
        mirror=settings.mirror,
        device=settings.device,
        grader=grader_of(material.network, material.config, material.cache, device=settings.device),
        taught=material.taught,
    )
    notes = [*material.notes, *_limits(predictor, material, settings)]
    judge = Judge(predictor=predictor, settings=settings, run=name, keep=keep)
    found: list[CaseAssessment] = []
    progress.stage(f"{name}: {len(material.cases)} {settings.part} cases")
    for number, case in enumerate(material.cases, start=1):
        cached = material.cache.open(case.case_id)
        try:
            found.append(judge(cached, case, patient=material.patients[case.case_id]))
        except CaseError as error:
            notes.append(f"left out: {error}")
        progress.step(number, len(material.cases))
    unscored = sum(case.scores is None for case in found) if predictor.segments else 0
    if unscored:
        notes.append(f"{unscored} of {len(found)} cases have no outlines to be scored by")
    return found, notes


def _limits(predictor: Predictor, material: Material, settings: Settings) -> Iterator[str]:
    """Refuse a network of which nothing can be measured; yield what can't be."""
    stage = material.config.stages[-1]
    if predictor.segments and chosen(stage)[0].task.own_outputs:
        msg = (
            f"{material.run.path.name} ends with stage {stage.name!r} of regime {stage.regime!r},"
            " whose network outlines no tumor; judge a run that goes on from it"
        )
        raise InputError(msg)
    if not (predictor.segments or predictor.answers):
        msg = (
            f"a {type(predictor.network).__name__} neither outlines tumors nor answers questions"
            " that can be judged; name the run of another network"
        )
        raise InputError(msg)
    if predictor.segments and settings.draws and not predictor.drops_out:
        yield "the network has no dropout, so its epistemic uncertainty is not known"
    if predictor.answers and settings.mirror:
        yield "outlines are averaged with the mirror image, answers are not"


def _names(folders: tuple[Path, ...]) -> Mapping[str, Path]:
    resolved = [folder.resolve() for folder in folders]
    names = [folder.name for folder in resolved]
    if len(set(names)) < len(names):
        # folds of several groups bear the same name
        names = [f"{folder.parent.name}/{folder.name}" for folder in resolved]
    if len(set(names)) < len(names):
        msg = f"runs {', '.join(names)}: give each run once"
        raise InputError(msg)
    return dict(zip(names, folders, strict=True))


def _check_folds(materials: Mapping[str, Material]) -> None:
    """Refuse runs that are no folds of one cross-validation."""
    names = list(materials)
    plain = [_but_the_fold(material) for material in materials.values()]
    for name, one in zip(names[1:], plain[1:], strict=True):
        if one != plain[0]:
            parts = sorted(key for key in one if one[key] != plain[0][key])
            msg = (
                f"{name} was asked for something else than {names[0]} ({', '.join(parts)});"
                " give runs that differ in split.fold alone"
            )
            raise InputError(msg)
    # under whatever public name
    tested = {case: who for one in materials.values() for case, who in one.patients.items()}
    for group in people(tested):
        runs = [name for name, one in materials.items() if set(group) & set(one.patients)]
        if len(runs) > 1:
            msg = (
                f"patient {tested[group[0]]} is tested in {' and '.join(runs)}; give runs of"
                " different folds"
            )
            raise InputError(msg)


def _but_the_fold(material: Material) -> dict[str, object]:
    config = material.config
    same = dataclasses.replace(config.split, fold=0, file=None)
    # folds may draw other samples: that is no other method
    return as_plain(dataclasses.replace(config, split=same, about="", seed=0))


def _keeper(output: Path) -> Keep:
    def keep(case_id: str, labels: Volume) -> None:
        write_volume(labels, output / "labels" / f"{case_id}.nii.gz")

    return keep
