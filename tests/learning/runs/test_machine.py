"""Where a run computes."""

from __future__ import annotations

import pytest

from glioscope.core import InputError
from glioscope.learning.cpu_speed import bfloat16_pays
from glioscope.learning.runs.machine import Machine, precision


def test_a_batch_is_dealt_to_all_processes() -> None:
    assert Machine(devices=2, nodes=3).processes == 6
    assert Machine(devices=2, nodes=3).share(12, stage="a") == 2
    with pytest.raises(InputError, match="stage 'a': a batch of 8 can't be dealt to 6 processes"):
        Machine(devices=2, nodes=3).share(8, stage="a")
    with pytest.raises(InputError, match="give 1 or more"):
        Machine(devices=0)


def test_automatic_precision_is_bfloat16_only_where_the_machine_multiplies_it() -> None:
    assert precision("auto") == ("bf16-mixed" if bfloat16_pays() else "32-true")
    assert precision("32-true") == "32-true"
