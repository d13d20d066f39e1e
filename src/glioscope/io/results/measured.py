"""The numbers of a result, grouped as DICOM SR and FHIR group them: a region, or a lesion's part.

Only one place decides which numbers leave the house and under which group, so that no two outputs
can differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from glioscope.core import Hemisphere, Quantity, Region
from glioscope.io.results.folder import WrittenResult

REGION_ORDER: Final = (Region.WT, Region.TC, Region.ET, Region.NCR, Region.ED)

REGION_NAMES: Final[Mapping[Region, str]] = {
    Region.WT: "Whole tumor",
    Region.TC: "Tumor core",
    Region.ET: "Enhancing tumor",
    Region.NCR: "Necrotic or non-enhancing core",
    Region.ED: "Edema",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredGroup:
    """The numbers of one region: of the whole head, or of one lesion.

    Args:
        region: What was measured.
        lesion_id: ``None`` for the region over all lesions; 1 is the largest lesion.
        hemisphere: The patient's own side of the whole tumor, or of the lesion; ``None`` unknown.
        site: Lobe or deep structure that holds most of it; ``None`` where it was not located.
        numbers: In a fixed order; those that are undefined are left out.
    """

    region: Region
    lesion_id: int | None
    hemisphere: Hemisphere | None
    site: str | None
    numbers: tuple[Quantity, ...]

    @property
    def tracking_id(self) -> str:
        """Text that names this group in every output, such as ``"lesion 1, enhancing_tumor"``."""
        return (
            f"{self.region}"
            if self.lesion_id is None
            else f"lesion {self.lesion_id}, {self.region}"
        )

    @property
    def title(self) -> str:
        """The same for people."""
        name = REGION_NAMES[self.region]
        return name if self.lesion_id is None else f"{name} of lesion {self.lesion_id}"


def measured_groups(result: WrittenResult) -> tuple[MeasuredGroup, ...]:
    """Return all groups: each region over all lesions, then each lesion's regions.

    A region or part that is empty has no group; without a tumor there is none at all.
    """
    return (*_of_regions(result), *_of_lesions(result))


def head_numbers(result: WrittenResult) -> tuple[Quantity, ...]:
    """Return the numbers of no region: shift of the midline, share left of it."""
    location = result.content["location"]
    if location is None:
        return ()
    return tuple(_defined([location["midline_shift"], location["left_percent"]]))


def quantity_of(content: Mapping[str, Any]) -> Quantity:
    """Return a number of result.json as the type it was."""
    region = content["region"]
    return Quantity(
        name=content["name"],
        value=content["value"],
        unit=content["unit"],
        region=None if region is None else Region(region),
        method=content["method"],
        low=content["low"],
        high=content["high"],
        interval=content["interval"],
    )


def _of_regions(result: WrittenResult) -> Iterator[MeasuredGroup]:
    measured, location = result.content["measurements"], result.content["location"] or {}
    for region in REGION_ORDER:
        name = str(region)
        entries = [
            measured["volumes"].get(name),
            measured["proportions"].get(name),
            measured["maximum_3d_diameter"].get(name),
            *_axial(measured["diameters"].get(name)),
        ]
        if not _is_empty(measured["volumes"].get(name)):
            yield MeasuredGroup(
                region=region,
                lesion_id=None,
                hemisphere=_side(location.get("hemisphere")),
                site=location.get("main_lobe"),
                numbers=tuple(_defined(entries)),
            )


def _of_lesions(result: WrittenResult) -> Iterator[MeasuredGroup]:
    for lesion in result.content["measurements"]["lesions"]:
        for region in REGION_ORDER:
            name = str(region)
            volume = lesion["volumes"].get(name)
            if _is_empty(volume):
                continue
            measured_here = lesion["diameters_region"] == name
            axial = _axial(lesion["diameters"]) if measured_here else []
            yield MeasuredGroup(
                region=region,
                lesion_id=lesion["lesion_id"],
                hemisphere=_side(lesion["hemisphere"]),
                site=lesion["main_lobe"],
                numbers=tuple(_defined([volume, *axial])),
            )


def _axial(diameters: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if diameters is None:
        return []
    return [diameters["longest"], diameters["perpendicular"], diameters["product"]]


def _is_empty(volume: Mapping[str, Any] | None) -> bool:
    return volume is None or not volume["value"]


def _defined(entries: list[Mapping[str, Any] | None]) -> Iterator[Quantity]:
    for entry in entries:
        if entry is not None and entry["value"] is not None:
            yield quantity_of(entry)


def _side(name: str | None) -> Hemisphere | None:
    return None if name is None else Hemisphere(name)
