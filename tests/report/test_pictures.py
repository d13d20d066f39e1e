from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from glioscope.core import CaseResult, Label, Region, Sequence, Volume
from glioscope.report.panels import BAR_MM, DPI, STYLES
from glioscope.report.pictures import (
    draw_planes,
    drawn_diameters,
    make_pictures,
    shown_slices,
)
from glioscope.report.scene import Plane, Scene, make_scene

MakeResult = Callable[..., CaseResult]
Pixels = npt.NDArray[np.uint8]


def three_planes(
    result: CaseResult, *, outlined: bool = True, with_diameters: bool = False
) -> tuple[Figure, dict[Plane, Axes], Scene]:
    scene = make_scene(result)
    lesions = result.findings.measurements.lesions
    diameters = lesions[0].diameters if lesions and with_diameters else None
    slices = shown_slices(scene, diameters)
    first = next(iter(scene.images))
    figure, panels = draw_planes(scene, slices, first, diameters, outlined=outlined)
    return figure, panels, scene


def rendered(figure: Figure) -> Pixels:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI)
    return np.asarray(Image.open(stream).convert("RGB"))


def panel_pixels(pixels: Pixels, axes: Axes) -> Pixels:
    height, width, _ = pixels.shape
    box = axes.get_position()
    rows = slice(round((1 - box.y1) * height), round((1 - box.y0) * height))
    return pixels[rows, round(box.x0 * width) : round(box.x1 * width)]


def drawn_in(pixels: Pixels, color: str) -> npt.NDArray[np.bool_]:
    wanted = np.array(to_rgb(color)) * 255
    return np.asarray((np.abs(pixels - wanted) < 12).all(axis=-1))


def yellow() -> str:
    return next(style.color for style in STYLES if style.label is Label.ENHANCING)


def mirrored(result: CaseResult) -> CaseResult:
    """The same scans of a patient whose tumour lies on the other side."""
    case = result.case

    def mirror(volume: Volume) -> Volume:
        return volume.with_data(volume.data[::-1])

    images = {sequence: mirror(volume) for sequence, volume in case.images.items()}
    return replace(
        result,
        case=replace(case, images=images, heads=images, brain=mirror(case.brain)),
        segmentation=replace(result.segmentation, labels=mirror(result.segmentation.labels)),
    )


def test_a_tumor_at_the_left_of_the_patient_is_at_the_right_of_the_picture(
    result: CaseResult,
) -> None:
    figure, panels, _ = three_planes(result)
    pixels = rendered(figure)

    for plane in (Plane.AXIAL, Plane.CORONAL):
        panel = panel_pixels(pixels, panels[plane])
        columns = np.nonzero(drawn_in(panel, yellow()))[1]
        assert len(columns) > 20
        assert columns.min() > panel.shape[1] / 2


def test_a_tumor_at_the_right_of_the_patient_is_at_the_left_of_the_picture(
    result: CaseResult,
) -> None:
    figure, panels, _ = three_planes(mirrored(result))
    panel = panel_pixels(rendered(figure), panels[Plane.AXIAL])
    columns = np.nonzero(drawn_in(panel, yellow()))[1]

    assert len(columns) > 20
    assert columns.max() < panel.shape[1] / 2


def test_a_frontal_tumor_is_drawn_at_the_top_and_at_the_left_of_the_sagittal(
    result: CaseResult,
) -> None:
    figure, panels, _ = three_planes(result)
    pixels = rendered(figure)
    axial = panel_pixels(pixels, panels[Plane.AXIAL])
    sagittal = panel_pixels(pixels, panels[Plane.SAGITTAL])

    assert np.nonzero(drawn_in(axial, yellow()))[0].mean() < axial.shape[0] / 2
    assert np.nonzero(drawn_in(sagittal, yellow()))[1].mean() < sagittal.shape[1] / 2
    assert np.nonzero(drawn_in(sagittal, yellow()))[0].mean() < sagittal.shape[0] / 2


@pytest.mark.parametrize(
    ("plane", "letters"),
    [
        (Plane.AXIAL, {"R": (0, 0.5), "L": (1, 0.5), "A": (0.5, 1), "P": (0.5, 0)}),
        (Plane.CORONAL, {"R": (0, 0.5), "L": (1, 0.5), "S": (0.5, 1), "I": (0.5, 0)}),
        (Plane.SAGITTAL, {"A": (0, 0.5), "P": (1, 0.5), "S": (0.5, 1), "I": (0.5, 0)}),
    ],
)
def test_letters_stand_at_their_edges(
    result: CaseResult, plane: Plane, letters: dict[str, tuple[float, float]]
) -> None:
    _, panels, _ = three_planes(result)
    written = {text.get_text(): text.get_position() for text in panels[plane].texts}

    for letter, place in letters.items():
        assert written[letter] == pytest.approx(place, abs=0.03)


def test_the_letters_say_where_the_world_lies(result: CaseResult) -> None:
    _, panels, scene = three_planes(result)
    axial = panels[Plane.AXIAL]
    to_pixels = axial.transData.transform
    right_of_patient, left_of_patient = (
        to_pixels(scene.place_mm((x, 0.0, 10.0))[:2])[0] for x in (50.0, -50.0)
    )

    assert left_of_patient > right_of_patient


@pytest.mark.parametrize("plane", list(Plane))
def test_the_scale_bar_is_as_long_as_the_voxels_it_spans(result: CaseResult, plane: Plane) -> None:
    figure, panels, scene = three_planes(result)
    FigureCanvasAgg(figure)
    axes = panels[plane]
    bar = next(line for line in axes.get_lines() if line.get_gid() == "scale-bar")
    ends = axes.transData.transform(np.asarray(bar.get_xydata()))
    columns, rows = plane.axes
    box = axes.get_window_extent()

    across = box.width / scene.labels.shape[columns] * BAR_MM / scene.spacing_mm[columns]
    down = box.height / scene.labels.shape[rows] * BAR_MM / scene.spacing_mm[rows]

    assert float(np.ptp(ends[:, 0])) == pytest.approx(across, rel=1e-6)
    assert across == pytest.approx(down, rel=1e-3)


def test_the_scale_bar_is_drawn_at_that_length(result: CaseResult) -> None:
    figure, panels, scene = three_planes(result, outlined=False)
    panel = panel_pixels(rendered(figure), panels[Plane.AXIAL])
    pixels_per_mm = panel.shape[1] / scene.size_mm(Plane.AXIAL.axes[0])
    row = panel[panel.shape[0] - round(5.0 * pixels_per_mm)]

    assert int((row > 250).all(axis=-1).sum()) == pytest.approx(BAR_MM * pixels_per_mm, abs=2)


def test_diameters_are_drawn_where_they_were_measured(result: CaseResult) -> None:
    _, panels, scene = three_planes(result, with_diameters=True)
    diameters = result.findings.measurements.lesions[0].diameters
    assert diameters is not None
    drawn = [np.asarray(line.get_xydata()) for line in panels[Plane.AXIAL].get_lines()]
    wanted = scene.place_mm(diameters.longest_ends_mm)[:, :2]

    lengths = [
        float(np.linalg.norm(ends[1] - ends[0])) for ends in drawn if np.allclose(ends, wanted)
    ]

    assert lengths
    assert lengths[0] == pytest.approx(diameters.longest.value)


def test_each_sequence_carries_the_diameters_that_are_measured_on_it(result: CaseResult) -> None:
    measurements = result.findings.measurements

    for sequence, region in ((Sequence.T1C, Region.ET), (Sequence.FLAIR, Region.WT)):
        assert drawn_diameters(measurements, sequence) is measurements.diameters[region]


def test_diameters_of_the_largest_lesion_stand_in_for_missing_ones(result: CaseResult) -> None:
    measurements = replace(result.findings.measurements, diameters={})

    assert drawn_diameters(measurements, Sequence.FLAIR) is measurements.lesions[0].diameters


def test_the_axial_slice_is_the_plane_of_the_diameters(result: CaseResult) -> None:
    scene = make_scene(result)
    diameters = result.findings.measurements.diameters[Region.ET]
    raised = [(x, y, z + 6.0) for x, y, z in diameters.longest_ends_mm]
    moved = replace(diameters, longest_ends_mm=(raised[0], raised[1]))

    index = (0, 0, shown_slices(scene, moved)[Plane.AXIAL])

    assert scene.labels.world(index)[2] == pytest.approx(raised[0][2])


def test_outlines_differ_in_color_and_in_line() -> None:
    assert len({style.color for style in STYLES}) == 3
    assert len({style.dashes for style in STYLES}) == 3


def test_the_legend_names_only_what_is_there(make_result: MakeResult) -> None:
    figure, _, _ = three_planes(make_result(core=False))
    (legend,) = figure.legends

    assert [text.get_text() for text in legend.get_texts()] == ["edema"]


def test_pictures_of_a_whole_patient(result: CaseResult) -> None:
    pictures = make_pictures(result)

    assert [p.name for p in pictures] == ["planes_t1c", "planes_flair", "mosaic", "glass_brain"]
    for picture in pictures:
        image = Image.open(io.BytesIO(picture.png))
        assert image.size == (picture.width_px, picture.height_px)
        assert image.info == {}
        assert picture.alt
        assert len(np.unique(np.asarray(image)[..., 0])) > 100


def test_with_one_sequence_the_second_picture_is_free_of_outlines(make_result: MakeResult) -> None:
    pictures = make_pictures(make_result(sequences=(Sequence.FLAIR,)))
    colors = [
        int(drawn_in(np.asarray(Image.open(io.BytesIO(p.png))), yellow()).sum()) for p in pictures
    ]

    assert pictures[1].name == "planes_flair_plain"
    assert colors[0] > 50
    assert colors[1] == 0


def test_without_a_tumor_the_pictures_say_so(make_result: MakeResult) -> None:
    pictures = make_pictures(make_result(tumor=False))

    assert "no tumor was found" in pictures[0].caption
    assert "no tumor was found" in pictures[-1].caption


def test_the_same_patient_gives_the_same_pictures(result: CaseResult) -> None:
    one, other = make_pictures(result), make_pictures(result)

    assert [p.png for p in one] == [p.png for p in other]


def at_the_edge(result: CaseResult) -> CaseResult:
    """A tumour that fills the outermost voxels of the grid, on slices of 3 times the size."""
    affine = np.array(result.case.brain.affine)
    affine[2, 2] *= 3

    def thin(volume: Volume) -> Volume:
        return Volume(data=volume.data[:, :, ::3], affine=affine)

    labels = np.zeros(result.segmentation.labels.shape, dtype=np.uint8)
    labels[:12, :15, :10] = Label.ENHANCING
    case = result.case
    images = {sequence: thin(volume) for sequence, volume in case.images.items()}
    return replace(
        result,
        case=replace(case, images=images, heads=images, brain=thin(case.brain)),
        segmentation=replace(result.segmentation, labels=thin(case.brain.with_data(labels))),
    )


def test_a_tumor_at_the_edge_of_thick_slices_is_drawn_to_scale(result: CaseResult) -> None:
    figure, panels, scene = three_planes(at_the_edge(result))
    for plane, axes in panels.items():
        box = axes.get_window_extent()
        columns, rows = plane.axes
        assert box.width / box.height == pytest.approx(
            scene.size_mm(columns) / scene.size_mm(rows), rel=1e-6
        )
    panel = panel_pixels(rendered(figure), panels[Plane.AXIAL])
    found = np.nonzero(drawn_in(panel, yellow()))

    assert found[1].max() > 0.95 * panel.shape[1]
    assert found[0].max() > 0.95 * panel.shape[0]


def test_nothing_is_drawn_through_global_state(result: CaseResult) -> None:
    figure, panels, _ = three_planes(result)

    assert figure.canvas.manager is None
    assert all(isinstance(line, Line2D) for axes in panels.values() for line in axes.get_lines())
