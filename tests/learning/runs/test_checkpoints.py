"""What goes into a checkpoint comes out of it, without a pickle."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from glioscope.core import ModelError, OutputError
from glioscope.learning.runs.checkpoints import SafetensorsCheckpoints

SHARED = torch.arange(6.0)
TREE = {
    "global_step": 7,
    "loops": {"done": True, "name": None, "rate": 1e-3, "best": float("inf")},
    "optimizer": [{"state": {0: {"step": torch.tensor(3.0)}, 1: (1, 2.5, "x")}}],
    "weights": {"one": SHARED, "same": SHARED, "part": SHARED[2:4], "empty": torch.zeros(0)},
    "half": torch.ones(2, 2, dtype=torch.bfloat16),
}


def test_a_tree_comes_back_as_it_was(tmp_path: Path) -> None:
    plugin, path = SafetensorsCheckpoints(), tmp_path / "deep" / "last.ckpt"
    plugin.save_checkpoint(TREE, path)
    back = plugin.load_checkpoint(path)

    assert back["global_step"] == 7
    assert back["loops"] == TREE["loops"]
    assert back["optimizer"][0]["state"][1] == (1, 2.5, "x")
    assert back["optimizer"][0]["state"][0]["step"] == 3
    for name, value in TREE["weights"].items():  # type: ignore[attr-defined]
        assert torch.equal(back["weights"][name], value), name
    assert back["half"].dtype is torch.bfloat16
    assert [entry.name for entry in path.parent.iterdir()] == ["last.ckpt"]


def test_two_names_of_one_tensor_are_stored_once_and_do_not_share_memory_afterwards(
    tmp_path: Path,
) -> None:
    plugin, path = SafetensorsCheckpoints(), tmp_path / "last.ckpt"
    plugin.save_checkpoint({"one": SHARED, "same": SHARED}, path)
    with safe_open(str(path), framework="pt") as file:
        assert len(list(file.keys())) == 1
    back = plugin.load_checkpoint(path)
    back["one"].add_(1)

    assert torch.equal(back["same"], SHARED)


def test_layout_in_memory_changes_no_number(tmp_path: Path) -> None:
    kernel = torch.randn(2, 3, 3, 3, 3).contiguous(memory_format=torch.channels_last_3d)
    plugin, path = SafetensorsCheckpoints(), tmp_path / "last.ckpt"
    plugin.save_checkpoint({"kernel": kernel}, path)

    assert torch.equal(plugin.load_checkpoint(path)["kernel"], kernel)


def test_what_can_not_be_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a set can't be kept"):
        SafetensorsCheckpoints().save_checkpoint({"x": {1}}, tmp_path / "last.ckpt")


def test_a_damaged_checkpoint_and_a_full_disk_are_one_error(tmp_path: Path) -> None:
    plugin, path = SafetensorsCheckpoints(), tmp_path / "last.ckpt"
    plugin.save_checkpoint(TREE, path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ModelError, match="is no checkpoint of a run"):
        plugin.load_checkpoint(path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="go on with --resume"):
        plugin.save_checkpoint(TREE, tmp_path / "file" / "last.ckpt")


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    plugin, path = SafetensorsCheckpoints(), tmp_path / "last.ckpt"
    plugin.save_checkpoint(TREE, path)
    plugin.remove_checkpoint(path)
    plugin.remove_checkpoint(path)

    assert not path.exists()
