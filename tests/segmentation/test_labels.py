import numpy as np
import numpy.typing as npt

from glioscope.core import Label, Region
from glioscope.segmentation import Rules

RULES = Rules(
    threshold={Region.ET: 0.5, Region.TC: 0.5, Region.WT: 0.5},
    smallest_lesion_ml=0.02,
    smallest_enhancing_ml=0.005,
)


def probs(
    *, whole: slice, core: slice | None = None, enhancing: slice | None = None
) -> dict[Region, npt.NDArray[np.float32]]:
    result = {}
    for region, part in ((Region.WT, whole), (Region.TC, core), (Region.ET, enhancing)):
        data = np.zeros((20, 20, 20), dtype=np.float32)
        if part is not None:
            data[part, 5:15, 5:15] = 0.9
        result[region] = data
    return result


def test_nested_regions_become_labels() -> None:
    labels = RULES(
        probs(whole=slice(2, 18), core=slice(6, 14), enhancing=slice(6, 8)), voxel_ml=0.001
    )

    assert labels[3, 10, 10] == Label.EDEMA
    assert labels[10, 10, 10] == Label.NECROSIS
    assert labels[7, 10, 10] == Label.ENHANCING
    assert labels[0, 10, 10] == Label.BACKGROUND


def test_a_core_outside_the_whole_tumor_does_not_count() -> None:
    labels = RULES(probs(whole=slice(2, 6), core=slice(10, 14)), voxel_ml=0.001)

    assert not labels[6:].any()


def test_a_lesion_below_the_smallest_is_dropped() -> None:
    found = probs(whole=slice(2, 8))
    found[Region.WT][15:17, 0:2, 0:2] = 0.9

    labels = RULES(found, voxel_ml=0.001)

    assert labels[3, 10, 10] == Label.EDEMA
    assert not labels[15:17, 0:2, 0:2].any()


def test_a_trace_of_enhancement_is_core_without_enhancement() -> None:
    found = probs(whole=slice(2, 18), core=slice(6, 14))
    found[Region.ET][10, 10, 10:13] = 0.9

    labels = RULES(found, voxel_ml=0.001)

    assert not (labels == Label.ENHANCING).any()
    assert labels[10, 10, 11] == Label.NECROSIS


def test_no_tumor_gives_empty_labels() -> None:
    assert not RULES(probs(whole=slice(0, 0)), voxel_ml=0.001).any()
