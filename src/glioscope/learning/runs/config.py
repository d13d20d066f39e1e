"""What a training run is asked to do: one frozen dataclass a section of its TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glioscope.core import InputError, Sequence

_KNOWN = {
    "order": ("uniform", "curriculum"),
    "optimizer": ("adam", "adamw"),
    "schedule": ("cosine", "linear", "exponential"),
}
WHOLE_FOLLOWS = ("none", "flips", "visual-pathway")
"""Augmentations that the whole image beside a box can follow: they mirror the box, or add noise
that vanishes in averages; a turned or rescaled box is no box of the whole."""
PRECISIONS = ("auto", "bf16-mixed", "32-true", "16-mixed")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Which cases, on which grid.

    Args:
        folders: Data sets as they are published, below the folder that the command runs in; their
            layout is recognized.
        tables: CSV files of paths, one case a line.
        facts: CSV files that say grade, markers and survival of the patients.
        grid: Name of the grid that cases are brought to, see ``learning.data.grids``.
        sequences: Channels of the network, in their order.
        cache: Where prepared cases are kept; beside the run where left out.
        without_labels: Ids of cases whose labels are hidden, for semi-supervised runs; a number
            between 0 and 1 stands for a share of the training patients.
    """

    folders: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    grid: str = "brain-2mm"
    sequences: tuple[Sequence, ...] = tuple(Sequence)
    cache: str | None = None
    without_labels: float = 0.0

    def __post_init__(self) -> None:
        if not self.sequences or len(set(self.sequences)) != len(self.sequences):
            msg = f"sequences = {[str(s) for s in self.sequences]}: give one or more, each once"
            raise InputError(msg)
        if not 0 <= self.without_labels < 1:
            msg = f"without_labels = {self.without_labels}: give a share from 0 to below 1"
            raise InputError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConfig:
    """Who trains, who validates, who tests; always by patient.

    Args:
        folds: Number of folds; 0 splits by ``shares`` instead.
        fold: Which one is kept aside for the test.
        validation: Share of the training patients of a fold that choose the best checkpoint.
        shares: Of training, validation and test.
        few: Training patients that are kept, for few-shot runs; 0 keeps all.
        seed: Of the draw.
        file: A split written before, which wins over all of the above.
    """

    folds: int = 0
    fold: int = 0
    validation: float = 0.0
    shares: tuple[float, float, float] = (0.7, 0.2, 0.1)
    few: int = 0
    seed: int = 0
    file: str | None = None

    def __post_init__(self) -> None:
        if self.folds == 1 or not 0 <= self.fold < max(self.folds, 1):
            msg = f"fold {self.fold} of {self.folds}: give folds = 2 or more and fold below it"
            raise InputError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChoice:
    """Which network, and its shape.

    Args:
        name: Of ``networks.registry``.
        config: Fields of its config that differ from the default.
        start: A run's folder or a ``.safetensors`` file whose weights it starts from.
    """

    name: str = "unet"
    config: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageConfig:
    """One stage of a run; the next starts from its weights.

    Args:
        name: Of its folder.
        regime: What a step does, see ``learning.tasks.regimes``.
        sources: Data sets that it learns from, such as ``BraTS 2021``; empty for all.
        epochs: Passes over the training patients; 0 where ``steps`` says it.
        steps: Optimizer steps; 0 where ``epochs`` says it.
        batch: Cases a step, over all processes together.
        box: Edges of the box that is cut out of a case, voxels; empty for the whole case.
        tumor_share: Share of the boxes that are laid around the tumor.
        whole: Show the whole image beside each box, for networks with a global branch.
        order: ``uniform``, or ``curriculum``: large tumors first, the smallest by the middle of
            the stage.
        labelled_share: Share of the examples that have an outline, in runs with cases without;
            all cases alike where left out.
        augmentation: Name, see ``learning.augmentation.named``.
        keep_all: Share of the examples that keep all their sequences.
        keep_pair: Share that keeps T1c and FLAIR; the rest keeps a random subset.
        cutmix: Share into whose tumor a part of a tumor of another class is pasted.
        cutmix_head: Question whose classes those are.
        loss: Name, see ``learning.tasks.segmenter``.
        optimizer: ``adam`` or ``adamw``.
        lr: First and last learning rate.
        schedule: ``cosine``, ``linear`` or ``exponential`` from the first to the last.
        warmup: Steps that rise to the first.
        betas: Of Adam.
        weight_decay: Of the optimizer.
        clip: Largest norm of the gradient; 0 for none.
        average: Decay of the moving average of the weights, which is what is kept; 0 for none.
        every: Steps between two checkpoints, each with a validation.
        validation_cases: Most cases of a validation; 0 for all.
        options: Of the regime.
    """

    name: str = "train"
    regime: str = "supervised"
    sources: tuple[str, ...] = ()
    epochs: int = 0
    steps: int = 0
    batch: int = 2
    box: tuple[int, ...] = ()
    tumor_share: float = 0.7
    whole: bool = False
    order: str = "uniform"
    labelled_share: float | None = None
    augmentation: str = "mild"
    keep_all: float = 1.0
    keep_pair: float = 0.0
    cutmix: float = 0.0
    cutmix_head: str = "grade"
    loss: str = "region"
    optimizer: str = "adam"
    lr: tuple[float, float] = (1e-4, 1e-5)
    schedule: str = "cosine"
    warmup: int = 0
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    clip: float = 5.0
    average: float = 0.0
    every: int = 50
    validation_cases: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for problem in self._problems():
            msg = f"stage {self.name!r}: {problem}"
            raise InputError(msg)

    def _problems(self) -> list[str]:
        """Return what can't be, in words."""
        checks = {
            f"epochs = {self.epochs}, steps = {self.steps}: give one of them": (
                (self.epochs > 0) != (self.steps > 0)
            ),
            f"batch = {self.batch}, every = {self.every}: give 1 or more": (
                min(self.batch, self.every) >= 1
            ),
            f"box = {list(self.box)}: give three edges in voxels, or none": (
                len(self.box) in {0, 3} and min(self.box, default=1) >= 1
            ),
            f"lr = {list(self.lr)}: give the first and a last that is not above it": (
                self.lr[0] >= self.lr[1] > 0
            ),
            f"labelled_share = {self.labelled_share}: give a share from 0 to 1, or none": (
                self.labelled_share is None or 0 <= self.labelled_share <= 1
            ),
            f"whole with box = {list(self.box)} and augmentation = {self.augmentation!r}: give a"
            f" box and one of {', '.join(WHOLE_FOLLOWS)}, which the whole image can follow": (
                not self.whole or (len(self.box) == 3 and self.augmentation in WHOLE_FOLLOWS)
            ),
            f"average = {self.average}: give 0 or more and less than 1": 0 <= self.average < 1,
            f"keep_all = {self.keep_all}, keep_pair = {self.keep_pair}: give shares that are not"
            " above 1 together": (
                min(self.keep_all, self.keep_pair) >= 0 and self.keep_all + self.keep_pair <= 1
            ),
        }
        for key, known in _KNOWN.items():
            value = getattr(self, key)
            told = f"{key} {value!r} is not known; known: {', '.join(known)}"
            checks[told] = value in known
        return [problem for problem, fine in checks.items() if not fine]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """A whole run, as its TOML file has it.

    Args:
        about: What it is for, one line.
        data: Cases and grid.
        split: Who trains and who tests.
        network: What learns.
        stages: One after another.
        seed: Of weights, samples and dropout.
        precision: ``auto`` computes in bfloat16 where the machine has instructions for it.
        compile: Compile the network first; worth it on a GPU and long runs.
        workers: Processes that load samples beside the training; 0 loads in between.
    """

    about: str = ""
    data: DataConfig = field(default_factory=DataConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    network: NetworkChoice = field(default_factory=NetworkChoice)
    stages: tuple[StageConfig, ...] = ()
    seed: int = 0
    precision: str = "auto"
    compile: bool = False
    workers: int = 0

    def __post_init__(self) -> None:
        if not self.stages:
            msg = "the run has no stage; give at least one [[stage]]"
            raise InputError(msg)
        names = [stage.name for stage in self.stages]
        if len(set(names)) != len(names):
            msg = f"stages {', '.join(names)}: give each a name of its own"
            raise InputError(msg)
        if self.precision not in PRECISIONS:
            msg = f"precision {self.precision!r} is not known; known: {', '.join(PRECISIONS)}"
            raise InputError(msg)
