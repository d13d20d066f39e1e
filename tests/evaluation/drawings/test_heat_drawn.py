"""The drawing of a heat map: the hottest slice, as a radiologist sees it, and its scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation.drawings import drawing_bytes, heat_figure

Check = Callable[[Figure], None]
SHAPE = (12, 16, 8)


def scan(seed: int = 0) -> npt.NDArray[Any]:
    image = np.full(SHAPE, np.nan, dtype=np.float32)
    image[2:-2, 2:-2, 1:-1] = np.random.default_rng(seed).uniform(1, 2, (8, 12, 6))
    return image


def heat() -> npt.NDArray[Any]:
    """Return heat whose hottest slice is 5 and whose hottest voxel lies right in front."""
    found = np.zeros(SHAPE, dtype=np.float32)
    found[9, 12, 5] = 1.0
    found[3, 4, 2] = 0.6
    return found


def images() -> dict[str, npt.NDArray[Any]]:
    return {"T1c": scan(), "FLAIR": scan(1)}


def test_every_image_has_a_panel_with_the_heat_of_the_hottest_slice() -> None:
    _, panels = heat_figure(images(), heat(), of="the whole tumor")

    assert [axes.get_title() for axes in panels] == ["T1c", "FLAIR"]
    for axes in panels:
        _, warm = axes.images
        drawn = np.asarray(warm.get_array())
        assert np.array_equal(drawn, heat()[::-1, :, 5].T)
        # the patient's right is on the left of the picture, the front above
        assert np.argwhere(drawn == 1).tolist() == [[12, 12 - 1 - 9]]
        assert warm.get_clim() == (0, 1)
        assert warm.origin == "lower"


def test_the_image_shows_through_where_nothing_is_hot() -> None:
    _, (axes, _) = heat_figure(images(), heat(), of="x")
    opacity = np.asarray(axes.images[1].get_alpha())

    assert opacity.min() == 0
    assert 0.5 < opacity.max() < 1


def test_what_is_no_tissue_is_black() -> None:
    image = scan()
    image[4, 5, 5] = 0.0

    _, (axes,) = heat_figure({"T1c": image}, heat(), of="x")

    gray = axes.images[0]
    drawn, (low, high) = np.asarray(gray.get_array()), gray.get_clim()
    assert np.isfinite(drawn).all()
    assert drawn[0, 0] == low < high
    assert drawn[5, 12 - 1 - 4] == 0.0


def test_a_slice_can_be_chosen_and_outlined() -> None:
    outline = np.zeros(SHAPE, dtype=bool)
    outline[3:6, 3:6, 2] = True

    _, (axes,) = heat_figure({"T1c": scan()}, heat(), of="x", outline=outline, slice_vox=2)

    assert np.asarray(axes.images[1].get_array()).max() == np.float32(0.6)
    (line,) = axes.collections
    corners = np.concatenate([path.vertices for path in line.get_paths()])
    assert corners[:, 0].min() == pytest.approx(12 - 1 - 5 - 0.5)
    assert corners[:, 1].max() == pytest.approx(5.5)


def test_voxels_keep_their_proportions() -> None:
    _, (axes,) = heat_figure({"T1c": scan()}, heat(), of="x", spacing_mm=(1.0, 2.0, 3.0))

    assert axes.get_aspect() == pytest.approx(2.0)


def test_the_scale_says_what_is_hot_and_no_word_is_cut(check_words: Check) -> None:
    figure, panels = heat_figure(images(), heat(), of="the enhancing tumor")

    (bar,) = [axes for axes in figure.axes if axes not in panels]
    assert bar.get_ylabel() == "heat of the enhancing tumor (hottest = 1)"
    check_words(figure)


def test_the_same_map_gives_the_same_bytes() -> None:
    first, second = (
        drawing_bytes(heat_figure({"T1c": scan()}, heat(), of="x")[0]) for _ in range(2)
    )

    assert first == second
    assert first.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"images": {}}, "no image"),
        ({"heat": np.zeros((4, 4, 4))}, "one 3D grid"),
        ({"outline": np.zeros((4, 4, 4), dtype=bool)}, "one 3D grid"),
        ({"heat": np.full(SHAPE, 2.0)}, "give 0 to 1"),
        ({"heat": np.full(SHAPE, np.nan)}, "give 0 to 1"),
        ({"slice_vox": 8}, "slice 8 of 8"),
    ],
)
def test_what_cant_be_drawn_is_refused(changes: dict[str, Any], told: str) -> None:
    given: dict[str, Any] = {"images": images(), "heat": heat(), "of": "x", **changes}

    with pytest.raises(InputError, match=told):
        heat_figure(**given)
