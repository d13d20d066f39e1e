"""What was measured and where it lies; plain values that turn into JSON as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glioscope.core.labels import Hemisphere, Region
from glioscope.core.notices import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number that can stand alone: value, unit, source and path.

    Args:
        name: Snake case, such as ``"volume"`` or ``"longest_axial_diameter"``.
        value: ``None`` where it is undefined (an empty region), never 0 in its place.
        unit: UCUM: ``mL``, ``mm``, ``mm2``, ``mm3``, ``%``, ``1`` for a pure number.
        region: The source region; ``None`` for one of the whole head (midline shift).
        method: How it was made, one sentence a radiologist understands.
        low: Lower end of the interval of the error, same unit; ``None`` if not known.
        high: Upper end.
        interval: What the interval is, such as ``"range over the 5 networks"``.
    """

    name: str
    value: float | None
    unit: str
    region: Region | None
    method: str
    low: float | None = None
    high: float | None = None
    interval: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diameters:
    """Two perpendicular diameters in one axial plane, as RANO 2.0 defines them.

    Args:
        longest: Longest in-plane diameter, mm.
        perpendicular: Longest in-plane diameter perpendicular to it, mm.
        product: Of both, mm2.
        slice_index: Axial index K of the plane on the case's grid.
        longest_ends_mm: Both ends, RAS+ mm.
        perpendicular_ends_mm: Both ends, RAS+ mm.
        measurable: Both at least 10 mm.
    """

    longest: Quantity
    perpendicular: Quantity
    product: Quantity
    slice_index: int
    longest_ends_mm: tuple[tuple[float, float, float], tuple[float, float, float]]
    perpendicular_ends_mm: tuple[tuple[float, float, float], tuple[float, float, float]]
    measurable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """One connected part of the whole tumour.

    Args:
        lesion_id: 1 is the largest.
        centroid_mm: RAS+ mm in the patient's world.
        hemisphere: Of its mass; ``BOTH`` where at least 5% lies on each side.
        volumes: ``volume`` by region (WT, TC, ET, NCR, ED).
        diameters: Of its enhancing part, or of its whole where nothing enhances
            (``diameters_region`` says which); ``None`` if too small for two diameters.
        diameters_region: The region that ``diameters`` measures.
        satellite: Smaller, and apart from the main lesion.
        main_lobe: Name of the lobe or deep structure that holds most of it, when located.
    """

    lesion_id: int
    centroid_mm: tuple[float, float, float]
    hemisphere: Hemisphere
    volumes: Mapping[Region, Quantity]
    diameters: Diameters | None
    diameters_region: Region
    satellite: bool
    main_lobe: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """All numbers of one segmentation.

    Args:
        volumes: By region.
        proportions: Percent of the whole tumour that is ET, NCR, ED.
        shape: The 14 shape features of PyRadiomics by region (WT, TC, ET), each a mapping of
            feature name to quantity; a region that is empty is left out.
        maximum_3d_diameter: By region, mm.
        lesions: Largest first; empty without a tumour.
        multifocal: More than one lesion with a tumour core; ``None`` without a tumour.
        satellites: Number of satellites.
        diameters: In the axial plane, as RANO 2.0 measures enhancing disease (ET) and
            T2/FLAIR disease (WT): of the one component with the largest product; a region too
            small to measure is left out.
        intensity: First-order features of T1c over the whole tumor, under PyRadiomics' names,
            scaled to a tumor mean of 2500, and ``ImageMean``; only ratios of them mean anything.
            Empty without T1c, without a tumor, and where T1c has no true zero.
    """

    volumes: Mapping[Region, Quantity]
    proportions: Mapping[Region, Quantity]
    shape: Mapping[Region, Mapping[str, Quantity]]
    maximum_3d_diameter: Mapping[Region, Quantity]
    lesions: tuple[Lesion, ...]
    multifocal: bool | None
    satellites: int
    diameters: Mapping[Region, Diameters] = field(default_factory=dict)
    intensity: Mapping[str, Quantity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Involvement:
    """How much of a region lies in a structure, and of a structure in the region.

    Args:
        structure: Name in the atlas, such as ``"frontal lobe"`` or ``"thalamus"``.
        hemisphere: Side of the structure; ``BOTH`` for one on the midline.
        percent_of_region: 0 to 100.
        percent_of_structure: 0 to 100.
    """

    structure: str
    hemisphere: Hemisphere
    percent_of_region: float
    percent_of_structure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EloquentDistance:
    """Shortest distance from a region to an eloquent structure.

    Args:
        structure: Such as ``"primary motor cortex (hand)"``.
        hemisphere: Side of the structure.
        distance: mm in the patient's world; 0 where they overlap.
        region: The region measured from.
        uncertainty_mm: Of the structure's place, from registration and anatomy.
        source: Citation of the coordinates.
    """

    structure: str
    hemisphere: Hemisphere
    distance: Quantity
    region: Region
    uncertainty_mm: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where the tumour lies.

    Args:
        atlas: Name and version of the atlas.
        hemisphere: Of the whole tumour; ``None`` without a tumour.
        left_percent: Percent of the whole tumour left of the midline plane; ``None`` likewise.
        crosses_midline: The tumour core (or, without one, the whole tumour) touches both sides.
        midline_shift: Largest displacement of the midline from the ideal plane, mm.
        midline_shift_towards: The side the midline is pushed to; ``None`` below 2 mm.
        involvement: By region, largest share first.
        main_lobe: Structure with the largest share of the whole tumour.
        main_lobe_hemisphere: Its side.
        eloquent: Nearest first.
        contact_ventricles: The whole tumour touches the ventricles; ``None`` if unknown.
        contact_cortex: The whole tumour touches the cortex; ``None`` if unknown.
        registration_quality: Normalized cross-correlation of the template, 0 to 1.
        notices: Such as a registration too poor to name lobes.
        centroid_template_mm: Center of mass of the whole tumor in MNI ICBM 152, RAS+ mm, every
            voxel mapped by the fitted template; ``None`` without a tumor or a usable fit.
        midline_distance: From the whole tumor's center of mass to the ideal midline plane, mm in
            the patient's space, 0 or more; its value is ``None`` likewise.
    """

    atlas: str
    hemisphere: Hemisphere | None
    left_percent: float | None
    crosses_midline: bool | None
    midline_shift: Quantity
    midline_shift_towards: Hemisphere | None
    involvement: Mapping[Region, tuple[Involvement, ...]]
    main_lobe: str | None
    main_lobe_hemisphere: Hemisphere | None
    eloquent: tuple[EloquentDistance, ...]
    contact_ventricles: bool | None
    contact_cortex: bool | None
    registration_quality: float
    notices: tuple[Notice, ...] = ()
    centroid_template_mm: tuple[float, float, float] | None = None
    midline_distance: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Measured and located; what the predictions start from.

    Args:
        case_id: Pseudonym.
        measurements: Numbers.
        location: Place; ``None`` where location was switched off or refused (a notice says so).
        notices: Of both.
    """

    case_id: str
    measurements: Measurements
    location: Location | None
    notices: tuple[Notice, ...] = field(default=())

    @property
    def has_tumor(self) -> bool:
        """Whether any lesion was found."""
        return bool(self.measurements.lesions)
