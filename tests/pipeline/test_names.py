"""What the room offers is found where it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glioscope import pipeline


@pytest.mark.parametrize("name", pipeline.__all__)
def test_every_name_is_found(name: str) -> None:
    assert getattr(pipeline, name) is not None


def test_no_name_is_that_of_a_module_which_would_take_its_place() -> None:
    modules = {path.stem for path in Path(str(pipeline.__file__)).parent.glob("*.py")}

    assert modules.isdisjoint(pipeline.__all__)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="nobody"):
        _ = pipeline.nobody


def test_predictions_alone_load_neither_the_networks_nor_the_registration() -> None:
    code = (
        "import sys, glioscope.pipeline.predict;"
        "assert not {'openvino', 'glioscope.anatomy', 'glioscope.networks'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
