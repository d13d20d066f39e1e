import math
import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from glioscope.core import GlioscopeError, InputError
from glioscope.learning.data.workers import in_processes


def test_one_worker_works_in_this_process_and_in_order() -> None:
    found = list(in_processes(lambda x: (x * x, os.getpid()), [3, 4, 5], workers=1))

    assert found == [(n, (x * x, os.getpid())) for n, x in enumerate((3, 4, 5))]


def test_several_work_elsewhere_and_errors_come_through() -> None:
    assert sorted(in_processes(math.sqrt, [4.0, 9.0, 16.0], workers=2)) == [
        (0, 2.0),
        (1, 3.0),
        (2, 4.0),
    ]
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        list(in_processes(math.sqrt, [4.0, -1.0], workers=2))


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(GlioscopeError, match="start again with fewer workers") as caught:
        list(in_processes(os._exit, [1, 1], workers=2))

    assert isinstance(caught.value.__cause__, BrokenProcessPool)
    assert not isinstance(caught.value, InputError)


def test_no_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="0 workers"):
        list(in_processes(math.sqrt, [4.0], workers=0))
