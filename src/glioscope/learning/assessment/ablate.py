"""What each change of a run is worth: runs against one of them, on the patients they share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glioscope.core import InputError, Progress, Silent
from glioscope.evaluation import Ablation, compare_runs
from glioscope.evaluation.drawings import ablation_figure, write_drawing
from glioscope.io import write_atomically
from glioscope.learning.assessment.assess import assess, default_output
from glioscope.learning.assessment.material import sha256_of, weights_file
from glioscope.learning.assessment.output import SCORES
from glioscope.learning.assessment.scores import FORMAT
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.runs.folder import RunFolder, holds_run

FOLDS = "fold-*"
"""Names of the runs in a folder that stands for a cross-validation."""

Metrics = Mapping[str, Mapping[str, float]]
"""By case, then by metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs, or groups of folds, compared with the first.

    Args:
        reference: Name of the first.
        parts: One for each set of cases that metrics are defined on.
        notes: What whoever reads it must know.
    """

    reference: str
    parts: tuple[Ablation, ...]
    notes: tuple[str, ...]

    def text(self) -> str:
        """Return tables for a terminal."""
        return "\n\n".join([*self.notes, *(part.text() for part in self.parts)])

    def markdown(self) -> str:
        """Return the same as a page."""
        head = [f"# Compared with {self.reference}", *(f"> **{note}**" for note in self.notes)]
        return "\n\n".join([*head, *(part.markdown() for part in self.parts)]) + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return {
            "reference": self.reference,
            "notes": list(self.notes),
            "parts": [part.as_json() for part in self.parts],
        }


def ablate(
    folders: Sequence[Path],
    settings: Settings | None = None,
    *,
    output: Path,
    progress: Progress | None = None,
) -> Comparison:
    """Compare runs with the first of them by paired bootstrap over the patients they share.

    Runs that have no scores yet, or scores of other weights, are judged first.

    Args:
        folders: Two or more, each a run, or a folder of runs ``fold-0``, ``fold-1`` and so on,
            which count as one method whose test parts are pooled.
        settings: Part and weights; subsets and uncertainty are not measured.
        output: Folder of ``ablation.md``, ``ablation.json`` and the drawings.
        progress: Told how far it is.

    Raises:
        InputError: If a folder holds no run, or the runs share no case or no metric.
        ModelError: If weights are damaged.
        OutputError: If something can't be written.
    """
    chosen = replace(settings or Settings(), subsets=False, draws=0)
    methods = methods_of(folders)
    found: dict[str, Metrics] = {}
    patients: dict[str, str] = {}
    notes: dict[str, None] = {}
    for name, runs in methods.items():
        pooled: dict[str, Mapping[str, float]] = {}
        for run in runs:
            scores = _scores(run, chosen, progress=progress or Silent())
            _pool(scores, pooled, patients, where=f"{name}, {run.name}")
            notes |= dict.fromkeys(f"{name}: {note}" for note in scores["notes"])
        found[name] = pooled
    comparison = Comparison(
        reference=next(iter(methods)),
        parts=_compared(found, patients, chosen),
        notes=tuple(notes),
    )
    _write(comparison, output)
    return comparison


def methods_of(folders: Sequence[Path]) -> dict[str, tuple[Path, ...]]:
    """Return the runs of each method by its name, which is that of its folder.

    Raises:
        InputError: If a folder is neither a run nor holds folds, or there are fewer than two.
    """
    resolved = [folder.resolve() for folder in folders]
    if len(set(resolved)) < max(len(folders), 2):
        msg = f"{len(folders)} folders: give two or more, the reference first and each once"
        raise InputError(msg)
    names = [folder.name for folder in resolved]
    if len(set(names)) < len(names):
        names = [f"{folder.parent.name}/{folder.name}" for folder in resolved]
    return {name: _runs_of(folder) for name, folder in zip(names, folders, strict=True)}


def _runs_of(folder: Path) -> tuple[Path, ...]:
    if holds_run(folder):
        return (folder,)
    runs = tuple(sorted(place for place in folder.glob(FOLDS) if holds_run(place)))
    if not runs:
        msg = (
            f"{folder} is no run and holds none called {FOLDS}; name a folder that glioscope train"
            " wrote, or one of folds"
        )
        raise InputError(msg)
    return runs


def _scores(folder: Path, settings: Settings, *, progress: Progress) -> Mapping[str, Any]:
    """Return what ``scores.json`` holds; the run is judged if there is none of these weights."""
    run = RunFolder(path=folder)
    wanted = sha256_of(weights_file(run, run.config(), best=settings.best))
    place = default_output(folder, settings) / SCORES
    kept = _read(place)
    if kept is None or not _is_of(kept, wanted, settings):
        assess(folder, settings, progress=progress)
        kept = _read(place)
    if kept is None:
        msg = f"{folder.name}: {place.name} vanished while it was read; try again"
        raise InputError(msg)
    return kept


def _read(place: Path) -> Mapping[str, Any] | None:
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(content, dict) and content.get("format") == FORMAT
    return content if known else None


def _is_of(scores: Mapping[str, Any], sha256: str, settings: Settings) -> bool:
    hashes = [weights["sha256"] for weights in scores["runs"].values()]
    same = {"part": settings.part, "best": settings.best, "mirror": settings.mirror}
    return hashes == [sha256] and same.items() <= scores["settings"].items()


def _pool(
    scores: Mapping[str, Any],
    pooled: dict[str, Mapping[str, float]],
    patients: dict[str, str],
    *,
    where: str,
) -> None:
    before = {patients[case] for case in pooled}
    for case in scores["cases"]:
        case_id, patient = case["case_id"], case["patient"]
        if patient in before:
            msg = (
                f"{where}: patient {patient} is tested in another fold too; one of them was"
                " trained on what the other tests, so train the folds of one split"
            )
            raise InputError(msg)
        if patients.setdefault(case_id, patient) != patient:
            msg = (
                f"{where}: case {case_id} is of patient {patient}, but of {patients[case_id]} in"
                " another run; split all runs by the same table of patients"
            )
            raise InputError(msg)
        pooled[case_id] = case["metrics"]


def _compared(
    found: Mapping[str, Metrics], patients: Mapping[str, str], settings: Settings
) -> tuple[Ablation, ...]:
    first = next(iter(found.values()))
    groups: dict[tuple[str, ...], list[str]] = {}
    for metric in dict.fromkeys(metric for values in first.values() for metric in values):
        cases = tuple(
            case
            for case in first
            if all(metric in scores.get(case, {}) for scores in found.values())
        )
        if cases:
            groups.setdefault(cases, []).append(metric)
    if not groups:
        msg = f"{', '.join(found)} share no case that is scored alike; give runs of one split"
        raise InputError(msg)
    return tuple(
        compare_runs(
            {
                name: {
                    case: {metric: values[metric] for metric in metrics}
                    for case, values in scores.items()
                    if set(values) >= set(metrics)
                }
                for name, scores in found.items()
            },
            reference=next(iter(found)),
            shared_only=True,
            patients=patients,
            seed=settings.seed,
            resamples=settings.resamples,
        )
        for metrics in groups.values()
    )


def _write(comparison: Comparison, output: Path) -> None:
    for part in comparison.parts:
        for metric in part.metrics:
            figure, _ = ablation_figure(part, metric, label=metric)
            name = metric.replace(" ", "-").lower()
            write_drawing(figure, output / f"ablation-{name}.png")
    write_atomically(output / "ablation.md", comparison.markdown().encode())
    text = json.dumps(comparison.as_json(), indent=1, allow_nan=False)
    write_atomically(output / "ablation.json", (text + "\n").encode())
