"""A run that is to be judged: its network, and the cases of the part that it kept aside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from glioscope.core import InputError, ModelError, Progress
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.split import Split
from glioscope.learning.data.split_file import read_split, verdicts
from glioscope.learning.runs.checkpoints import SafetensorsCheckpoints
from glioscope.learning.runs.config import RunConfig, StageConfig
from glioscope.learning.runs.folder import RunFolder, holds_run
from glioscope.learning.runs.gather import cache_folder, listed
from glioscope.learning.runs.train import for_stage, initial_network
from glioscope.learning.tasks import chosen, task_of
from glioscope.networks import registry


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What a judgment is made of.

    Args:
        run: Its folder.
        config: What it was asked for.
        network: In evaluation mode.
        weights: Their file, below the folder of the run.
        sha256: Of that file.
        cases: Of the part, prepared, in the order of the split.
        patients: Whose each case is, as the split names them.
        cache: Where the cases are prepared.
        notes: What whoever reads the scores must know.
        taught: Questions whose heads have learned; ``None`` where it is not known.
    """

    run: RunFolder
    config: RunConfig
    network: nn.Module
    weights: str
    sha256: str
    cases: tuple[ListedCase, ...]
    patients: dict[str, str]
    cache: CaseCache
    notes: tuple[str, ...]
    taught: frozenset[str] | None


def material_of(folder: Path, settings: Settings, *, progress: Progress) -> Material:
    """Open a run; nothing in its folder is written, and nothing is split again.

    Args:
        folder: Of a run that is finished.
        settings: Name the part and the weights.
        progress: Told of cases that are prepared.

    Raises:
        InputError: If there is no run, it is not finished, its data is not there, or a case of
            the part was trained on, here or in a run that the weights began with.
        ModelError: If the weights are damaged.
    """
    run = RunFolder(path=folder)
    config = run.config()
    if not run.split.exists():
        msg = f"{folder.name} has no split.json, so nobody knows who was kept aside; train it again"
        raise InputError(msg)
    split = read_split(run.split)
    ids = split.of(settings.part)
    if not ids:
        filled = ", ".join(part for part in split.parts if split.of(part)) or "none"
        msg = f"{folder.name}: the part {settings.part!r} holds no case; those that do: {filled}"
        raise InputError(msg)
    weights = weights_file(run, config, best=settings.best)
    notes = [] if settings.part == "train" else list(_leaks(config, split, settings.part))
    cache = CaseCache(folder=cache_folder(config.data, run), grid=config.data.grid)
    return Material(
        run=run,
        config=config,
        network=_network(run, config, weights, best=settings.best).eval(),
        weights=str(weights.relative_to(folder)),
        sha256=sha256_of(weights),
        cases=_cases(config, ids, cache, progress=progress),
        patients={case_id: split.patient(case_id) for case_id in ids},
        cache=cache,
        notes=(*_of_the_part(settings.part), *notes),
        taught=_taught(config),
    )


def weights_file(run: RunFolder, config: RunConfig, *, best: bool) -> Path:
    """Return the file of the weights that are judged.

    Raises:
        InputError: If it is not there.
    """
    path = run.stage(config.stages[-1]) / "best.ckpt" if best else run.network
    if not path.is_file():
        msg = (
            f"{run.path.name} has no {path.relative_to(run.path)}: the run is not finished; go on"
            " with glioscope train --resume"
        )
        raise InputError(msg)
    return path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _network(run: RunFolder, config: RunConfig, weights: Path, *, best: bool) -> nn.Module:
    if not best:
        return registry.load_any(weights)
    # what a regime keeps is its own affair, so its task is built again and filled
    before = run.stage(config.stages[-2]) / "network.safetensors" if config.stages[1:] else None
    begun = initial_network(config) if before is None else registry.load_any(before).train()
    stage = config.stages[-1]
    begun = for_stage(config, stage, begun)
    task = task_of(begun, stage, steps=1, seed=0, sequences=config.data.sequences)
    try:
        task.load_state_dict(SafetensorsCheckpoints().load_checkpoint(weights)["state_dict"])
    except (KeyError, RuntimeError) as error:
        msg = (
            f"{weights.name} does not fit regime {stage.regime!r} of this version ({error}); judge"
            " the last weights, or train the run again"
        )
        raise ModelError(msg) from error
    return task.kept()


def _cases(
    config: RunConfig, ids: tuple[str, ...], cache: CaseCache, *, progress: Progress
) -> tuple[ListedCase, ...]:
    by_id = {case.case_id: case for case in listed(config.data).cases}
    missing = [case_id for case_id in ids if case_id not in by_id]
    if missing:
        msg = (
            f"{len(missing)} of {len(ids)} cases are not in the data any more, such as"
            f" {missing[0]}; give the data that the run was split from, in the same place"
        )
        raise InputError(msg)
    ready, refused = cache.fill([by_id[case_id] for case_id in ids], progress=progress)
    if refused:
        msg = (
            f"{len(refused)} of {len(ids)} cases can't be prepared any more"
            f" ({refused[0].case_id}: {refused[0].reason}); mend their files"
        )
        raise InputError(msg)
    return ready


def _of_the_part(part: str) -> Iterator[str]:
    if part == "train":
        yield "TRAINING CASES: the network has learned from these very patients"
    if part == "validation":
        yield "validation cases: checkpoints may have been chosen by these very patients"


def _leaks(config: RunConfig, split: Split, part: str) -> Iterator[str]:
    """Refuse cases that the weights have seen; yield what can't be known.

    Raises:
        InputError: If the run began with weights, or had a teacher, that learned from one.
    """
    for name in _begun_with(config):
        seen = _seen_by(Path(name))
        if seen is None:
            yield f"the run used the weights {Path(name).name}: who trained them is not known"
            continue
        try:
            both = {"train": seen.of("train"), "test": split.of(part)}
            verdicts(Split(parts=both, patients={**seen.patients, **split.patients}))
        except InputError as error:
            msg = (
                f"the run used the weights of {Path(name).name}, which learned from patients of"
                f" the part {part!r}: {error}"
            )
            raise InputError(msg) from error


def _begun_with(config: RunConfig) -> Iterable[str]:
    if config.network.start is not None:
        yield config.network.start
    for stage in config.stages:
        for value in stage.options.values():
            # teachers and the like are named as a run or as a file of weights
            if isinstance(value, str) and (
                value.endswith(".safetensors") or holds_run(Path(value))
            ):
                yield value


def _seen_by(start: Path) -> Split | None:
    run = _run_of(start)
    return read_split(run.split) if run is not None and run.split.exists() else None


def _run_of(start: Path) -> RunFolder | None:
    """Return the run that weights are of: its folder, or a file in it or in one of its stages."""
    places = (start,) if start.is_dir() else (start.parent, start.parent.parent)
    return next((RunFolder(path=place) for place in places if holds_run(place)), None)


def _taught(config: RunConfig) -> frozenset[str] | None:
    """Return the questions of GMMAS that a stage taught it, here or in the run it began with."""
    own = frozenset(head for stage in config.stages for head in _heads(stage))
    if config.network.start is None:
        return own
    begun = _run_of(Path(config.network.start))
    before = None if begun is None else _taught(begun.config())
    return None if before is None else own | before


def _heads(stage: StageConfig) -> tuple[str, ...]:
    heads: tuple[str, ...] = getattr(chosen(stage)[1], "heads", ())
    return heads
