"""A run that was trained on phantoms in a second, and its data where judging looks for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from glioscope.learning.assessment import ablate as ablating
from glioscope.learning.assessment import material
from glioscope.learning.assessment import output as writing
from glioscope.learning.assessment.settings import Settings
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import ListedCase, Listing
from glioscope.learning.data.split import Split
from glioscope.learning.data.split_file import write_split
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.reading import config_from

TINY = {"name": "unet", "config": {"widths": [8, 8], "dropout": 0.2}}
STAGE = {
    "every": 8,
    "batch": 2,
    "box": [16, 16, 16],
    "lr": [0.03, 0.003],
    "keep_all": 0.6,
    "average": 0.5,
}

Train = Callable[..., RunFolder]
"""Trains at a folder on phantoms by their places, with changes of the configuration."""


@pytest.fixture
def quick() -> Settings:
    """Segmentation alone, with few draws."""
    return Settings(resamples=20, subsets=False, draws=0)


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[ListedCase, ...], CaseCache]:
    """Six prepared phantoms."""
    return phantom_cases(tmp_path_factory.mktemp("cohort") / "cache")


@pytest.fixture(scope="session")
def train(cohort: tuple[tuple[ListedCase, ...], CaseCache]) -> Train:
    cases, cache = cohort

    def make(
        place: Path,
        *,
        learns: tuple[int, ...] = (0, 1, 2, 3),
        validates: tuple[int, ...] = (4,),
        tests: tuple[int, ...] = (5,),
        steps: int = 4,
        **changes: Any,
    ) -> RunFolder:
        places = {"train": learns, "validation": validates, "test": tests}
        split = Split(
            parts={part: tuple(cases[n].case_id for n in who) for part, who in places.items()},
            patients={case.case_id: case.patient for case in cases},
        )
        gathered = Gathered(
            cases={case.case_id: case for case in cases},
            split=split,
            unlabelled=frozenset(),
            cache=cache,
        )
        content: dict[str, Any] = {
            "network": TINY,
            "precision": "32-true",
            "stages": [{**STAGE, "steps": steps}],
            **changes,
        }
        content["data"] = {"cache": str(cache.folder), **changes.get("data", {})}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(training, "gather", lambda *_, **__: gathered)
            run = training.train(config_from(content, where="test"), place)
        write_split(split, run.split)
        return run

    return make


@pytest.fixture(scope="session")
def trained(train: Train, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of four training patients, one to validate and one to test; not to be changed."""
    return train(tmp_path_factory.mktemp("runs") / "reference", steps=24)


@pytest.fixture
def run(trained: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of the trained run that a test may write to."""
    shutil.copytree(trained.path, tmp_path / "run")
    return RunFolder(path=tmp_path / "run")


@pytest.fixture
def _data_is_there(cohort: tuple[tuple[ListedCase, ...], CaseCache]) -> Iterator[None]:
    """The phantoms stand for what a run's data sets list; their files were never written."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(material, "listed", lambda _: Listing(cases=cohort[0]))
        patched.setattr(CaseCache, "fill", lambda _, cases, **__: (tuple(cases), ()))
        yield


@pytest.fixture(autouse=True)
def _nothing_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawings are made but not turned into pixels, which takes ten times as long as all else."""

    def touch(figure: Figure, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{len(figure.axes)} axes")

    monkeypatch.setattr(writing, "write_drawing", touch)
    monkeypatch.setattr(ablating, "write_drawing", touch)
