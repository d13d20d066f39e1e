"""A run ends with the same weights whatever happened to it on the way."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from glioscope.core import InputError, ModelError, OutputError, Silent
from glioscope.learning.data.batch import Example
from glioscope.learning.data.drawing import Examples
from glioscope.learning.data.split import Split
from glioscope.learning.losses import region_loss
from glioscope.learning.runs import train as training
from glioscope.learning.runs.checkpoints import SafetensorsCheckpoints
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.metrics import read_figures
from glioscope.networks.registry import load_any

Configured = Callable[..., RunConfig]


class Stop(Silent):
    """Stops a run as Ctrl-C does, at a step."""

    def __init__(self, at: int) -> None:
        self._at = at

    def step(self, done: int, total: int) -> None:
        del total
        if done == self._at:
            raise KeyboardInterrupt


def assert_same_weights(one: Path, other: Path) -> None:
    """Bit for bit; the order of the metadata in a file is not ours to choose."""
    first, second = load_any(one).state_dict(), load_any(other).state_dict()
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


@pytest.mark.usefixtures("phantoms")
def test_a_run_leaves_all_that_is_needed_to_understand_it(
    configured: Configured, tmp_path: Path
) -> None:
    run = training.train(configured(), tmp_path / "run", command="glioscope train x")

    record = json.loads(run.record.read_text())
    assert record["command"] == "glioscope train x"
    assert record["config"]["stages"][0]["steps"] == 12
    assert record["done"] == ["train"]
    assert set(record["versions"]) >= {"torch", "lightning", "glioscope"}
    assert (run.path / "train" / "best.ckpt").is_file()
    assert (run.path / "train" / "last.ckpt").is_file()
    assert list((run.path / "tensorboard" / "train").glob("events*"))
    figures = read_figures(run.metrics)
    assert {f.metric for f in figures} >= {"train/loss", "validation/dice", "validation/dice_WT"}
    assert max(f.step for f in figures) == 12


@pytest.mark.usefixtures("phantoms")
def test_small_numbers_count_again_when_the_training_is_over(
    configured: Configured, tmp_path: Path
) -> None:
    training.train(configured(), tmp_path / "run")

    assert float(torch.tensor(1e-40) * 1) > 0


@pytest.mark.usefixtures("phantoms")
def test_the_loss_falls_and_the_tumor_is_found(configured: Configured, tmp_path: Path) -> None:
    run = training.train(configured({"steps": 120, "every": 40}), tmp_path / "run")

    figures = read_figures(run.metrics)
    losses = [f.value for f in figures if f.metric == "train/loss"]
    dice = [f.value for f in figures if f.metric == "validation/dice_WT"]
    assert losses[-1] < 0.8 * losses[0]
    assert dice[-1] > 0.7


@pytest.mark.parametrize("at", [2, 7, 12])
@pytest.mark.usefixtures("phantoms")
def test_an_interrupted_run_ends_with_the_weights_of_an_undisturbed_one(
    configured: Configured, tmp_path: Path, at: int
) -> None:
    config = configured({}, {"name": "second", "steps": 4})
    whole = training.train(config, tmp_path / "whole")

    with pytest.raises(KeyboardInterrupt):
        training.train(config, tmp_path / "cut", progress=Stop(at))
    resumed = training.train(config, tmp_path / "cut", resume=True)

    assert_same_weights(resumed.network, whole.network)
    assert resumed.metrics.read_bytes() == whole.metrics.read_bytes()


@pytest.mark.usefixtures("phantoms")
def test_the_same_run_twice_gives_the_same_bytes_and_another_seed_others(
    configured: Configured, tmp_path: Path
) -> None:
    one = training.train(configured(), tmp_path / "one")
    two = training.train(configured(), tmp_path / "two")
    other = training.train(configured(seed=4), tmp_path / "other")

    assert_same_weights(one.network, two.network)
    with pytest.raises(AssertionError):
        assert_same_weights(one.network, other.network)


@pytest.mark.usefixtures("phantoms")
def test_a_stage_begins_with_the_weights_of_the_one_before(
    configured: Configured, tmp_path: Path
) -> None:
    still = {"steps": 1, "lr": [1e-12, 1e-12], "average": 0.0, "name": "still"}
    run = training.train(configured({}, still), tmp_path / "run")

    before = load_any(run.path / "train" / "network.safetensors").state_dict()
    after = load_any(run.network).state_dict()
    for name, value in before.items():
        torch.testing.assert_close(after[name], value, atol=1e-6, rtol=0)


@pytest.mark.usefixtures("phantoms")
def test_a_loss_that_is_not_finite_is_one_error_and_the_checkpoint_stays(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = iter(range(1000))

    def broken(logits: torch.Tensor, regions: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        return region_loss(logits, regions, known) * (torch.nan if next(steps) == 6 else 1.0)

    monkeypatch.setattr("glioscope.learning.tasks.segmenter.region_loss", broken)
    with pytest.raises(ModelError, match=r"step 6: the loss is not finite.*PHANTOM-0.*lower lr"):
        training.train(configured(), tmp_path / "run")

    checkpoint = SafetensorsCheckpoints().load_checkpoint(tmp_path / "run" / "train" / "last.ckpt")
    assert checkpoint["global_step"] == 4


def test_a_full_disk_is_one_error_and_the_checkpoint_before_stays_whole(
    phantoms: Gathered, configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(1000))

    def full(tensors: object, path: str, **named: object) -> None:
        if next(calls) >= 2:
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save_file(tensors, path, **named)

    monkeypatch.setattr("glioscope.learning.runs.checkpoints.save_file", full)
    with pytest.raises(OutputError, match="No space left"):
        training.train(configured(), tmp_path / "run")
    monkeypatch.undo()
    monkeypatch.setattr(training, "gather", lambda *_, **__: phantoms)
    assert not list((tmp_path / "run").rglob("*.part"))

    resumed = training.train(configured(), tmp_path / "run", resume=True)
    whole = training.train(configured(), tmp_path / "whole")
    assert_same_weights(resumed.network, whole.network)


@pytest.mark.usefixtures("phantoms")
def test_a_folder_that_holds_a_run_is_not_overwritten(
    configured: Configured, tmp_path: Path
) -> None:
    training.train(configured(), tmp_path / "run")

    with pytest.raises(OutputError, match="--resume, or choose another"):
        training.train(configured(), tmp_path / "run")
    with pytest.raises(InputError, match=r"another configuration.*stages\[0\]\.batch"):
        training.train(configured({"batch": 1}), tmp_path / "run", resume=True)
    with pytest.raises(InputError, match="no run to go on with"):
        training.train(configured(), tmp_path / "nothing", resume=True)


def test_without_a_validation_part_nothing_is_chosen_on_the_test_part(
    phantoms: Gathered, configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {key: ids for key, ids in phantoms.split.parts.items() if key != "validation"}
    without = dataclasses.replace(phantoms, split=Split(parts=parts))
    monkeypatch.setattr(training, "gather", lambda *_, **__: without)

    run = training.train(configured(), tmp_path / "run")

    assert {f.metric for f in read_figures(run.metrics)} == {"train/loss"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"network": {"name": "unett"}}, "no network is called 'unett'"),
        ({"network": {"name": "unet", "config": {"wide": 3}}}, "wide is not known"),
    ],
)
@pytest.mark.usefixtures("phantoms")
def test_what_nobody_knows_is_refused_before_anything_is_trained(
    configured: Configured, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    with pytest.raises((InputError, ModelError), match=told):
        training.train(configured(**change), tmp_path / "run")


SCRIPT = """
import sys
from pathlib import Path
from glioscope.learning.data.split import Split
from glioscope.learning.losses import region_loss
from glioscope.learning.runs import train as training
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.gather import Gathered
from glioscope.learning.runs.machine import Machine
from glioscope.learning.runs.reading import config_from
from glioscope.learning.data.split import Split
from glioscope.learning.phantom import phantom_cases
import json

folder, resume, devices = Path(sys.argv[1]), sys.argv[2] == "resume", int(sys.argv[3])
cases, cache = phantom_cases(Path(sys.argv[4]))
ids = [case.case_id for case in cases]
gathered = Gathered(
    cases={case.case_id: case for case in cases},
    split=Split(parts={"train": tuple(ids[:4]), "validation": (ids[4],)}),
    unlabelled=frozenset(),
    cache=cache,
)
training.gather = lambda *_, **__: gathered
config = config_from(json.loads(sys.argv[5]), where="script")
training.train(config, folder, resume=resume, machine=Machine(accelerator="cpu", devices=devices))
"""


def _script(tmp_path: Path, folder: str, *arguments: str) -> list[str]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    return [sys.executable, str(script), str(tmp_path / folder), *arguments]


def test_a_killed_process_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    stage = {"steps": 40, "every": 5, "batch": 2, "box": [16, 16, 16], "lr": [0.01, 0.001]}
    config = json.dumps(
        {
            "network": {"name": "unet", "config": {"widths": [8, 8], "dropout": 0.2}},
            "precision": "32-true",
            "stages": [stage],
        }
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    rest = ("1", str(tmp_path / "cache"), config)
    last = tmp_path / "killed" / "train" / "last.ckpt"
    killed = subprocess.Popen(
        _script(tmp_path, "killed", "new", *rest), env=environment, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 300
    while not last.exists() and time.monotonic() < deadline and killed.poll() is None:
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert last.exists()
    assert not (tmp_path / "killed" / "network.safetensors").exists()

    subprocess.run(_script(tmp_path, "killed", "resume", *rest), env=environment, check=True)
    subprocess.run(_script(tmp_path, "whole", "new", *rest), env=environment, check=True)

    killed_weights, whole_weights = (
        tmp_path / folder / "network.safetensors" for folder in ("killed", "whole")
    )
    assert_same_weights(killed_weights, whole_weights)


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    stage = {"steps": 6, "every": 3, "batch": 2, "box": [16, 16, 16], "lr": [0.01, 0.001]}
    config = json.dumps(
        {
            "network": {"name": "unet", "config": {"widths": [8, 8]}},
            "precision": "32-true",
            "stages": [stage, {**stage, "name": "second"}],
        }
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for folder, devices in (("one", "1"), ("two", "2")):
        command = _script(
            tmp_path, folder, "new", devices, str(tmp_path / f"cache-{folder}"), config
        )
        subprocess.run(command, env=environment, check=True)

    one, two = (
        load_any(tmp_path / folder / "network.safetensors").state_dict()
        for folder in ("one", "two")
    )
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=2e-3, rtol=0)


def test_what_the_last_stage_can_not_do_is_refused_before_the_first_begins(
    configured: Configured, tmp_path: Path
) -> None:
    config = configured({}, {"name": "second", "regime": "distilation"})
    with pytest.raises(InputError, match="stage 'second': no regime is called 'distilation'"):
        training.train(config, tmp_path / "run")

    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("phantoms")
def test_every_number_is_drawn_once_and_in_its_order(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    true_item = Examples.__getitem__

    def recorded(self: Examples, number: int) -> Example:
        drawn.append(number)
        return true_item(self, number)

    monkeypatch.setattr(Examples, "__getitem__", recorded)
    training.train(configured(), tmp_path / "run")

    assert drawn == list(range(12 * 2))
