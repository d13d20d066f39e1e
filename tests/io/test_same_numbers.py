"""One result, five outputs: the same numbers, each read with a reader of its own format."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from pydicom import Dataset, dcmread, dcmwrite

from glioscope.core import Quantity, Region
from glioscope.io.dicom_out.codes_sr import probability_code, quantity_code
from glioscope.io.dicom_out.identity import identify
from glioscope.io.dicom_out.origin import Origin, find_origin
from glioscope.io.dicom_out.sr import make_report
from glioscope.io.fhir import make_bundle, write_bundle
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import REGION_NAMES, head_numbers, measured_groups
from glioscope.io.results.stated import stated
from glioscope.report.numbers import shown_interval, shown_value

Numbers = dict[tuple[str, str], Decimal]
"""Value by the group's tracking identifier and the code of the number."""

TRACKING = "112039"
MEASURES = "Measures by source region"
LESIONS = "Lesions, largest first"
EXTENT = "Extent"
COLUMNS = {
    "volume": "Volume (mL)",
    "proportion_of_whole_tumor": "Share of whole tumor (%)",
    "maximum_3d_diameter": "Longest diameter in 3D (mm)",
    "longest_axial_diameter": "Longest in the axial plane* (mm)",
    "perpendicular_axial_diameter": "Perpendicular* (mm)",
    "product_of_axial_diameters": "Product* (mm²)",
}
NOT_ON_THE_PAGE = {
    ("volume", Region.NCR),
    ("volume", Region.ED),
    *(("product_of_axial_diameters", region) for region in Region),
}
"""Numbers of a lesion's parts that the page leaves to result.json."""


@dataclass
class PageTable:
    """A table as a person sees it."""

    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)

    def row(self, first: str) -> Mapping[str, str]:
        """The cells of the row that begins with a word, by title of the column."""
        [found] = [row for row in self.rows[1:] if row[0].split(" (")[0] == first]
        return dict(zip(self.rows[0], found, strict=True))


class PageReader(HTMLParser):
    """Reads the tables of report.html."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[PageTable] = []
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "table":
            self.tables.append(PageTable())
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in {"td", "th", "caption"}:
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"td", "th", "caption"} or self._text is None:
            return
        text = " ".join("".join(self._text).split())
        if tag == "caption":
            self.tables[-1].caption = text
        else:
            self.tables[-1].rows[-1].append(text)
        self._text = None


@pytest.fixture(scope="module")
def origin(dicom_study: Path, written_result: WrittenResult) -> Origin:
    return find_origin(dicom_study, written_result)


@pytest.fixture(scope="module")
def raw(written_result: WrittenResult) -> Any:
    text = (written_result.folder / "result.json").read_text(encoding="utf-8")
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.fixture(scope="module")
def bundle(
    written_result: WrittenResult, origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    path = write_bundle(make_bundle(written_result, origin), tmp_path_factory.mktemp("fhir"))
    return json.loads(path.read_bytes(), parse_float=Decimal, parse_int=Decimal)


@pytest.fixture(scope="module")
def structured(
    written_result: WrittenResult, origin: Origin, tmp_path_factory: pytest.TempPathFactory
) -> Dataset:
    path = tmp_path_factory.mktemp("sr") / "sr.dcm"
    identity = identify(written_result, origin)
    report = make_report(written_result, origin, identity, segmentation=None)
    dcmwrite(path, report, enforce_file_format=True)
    return dcmread(path)


@pytest.fixture(scope="module")
def page(written_result: WrittenResult) -> Mapping[str, PageTable]:
    reader = PageReader()
    reader.feed((written_result.folder / "report.html").read_text(encoding="utf-8"))
    return {table.caption: table for table in reader.tables}


@pytest.fixture(scope="module")
def pdf(written_result: WrittenResult) -> str:
    document = pypdfium2.PdfDocument(written_result.folder / "report.pdf")
    pages = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    document.close()
    return " ".join(" ".join(pages).split())


def of_result_json(raw: Any) -> Numbers:
    """Every number of the regions, the lesions and the head, straight from the file."""
    measured, location = raw["measurements"], raw["location"]
    found = []
    for part in ("volumes", "proportions", "maximum_3d_diameter"):
        found += [(region, one) for region, one in measured[part].items()]
    for region, diameters in measured["diameters"].items():
        found += [(region, one) for one in axial(diameters)]
    for lesion in measured["lesions"]:
        name = f"lesion {lesion['lesion_id']}, "
        found += [(name + region, one) for region, one in lesion["volumes"].items()]
        found += [(name + lesion["diameters_region"], one) for one in axial(lesion["diameters"])]
    found += [("head", location["midline_shift"]), ("head", location["left_percent"])]
    empty = {group for group, one in found if one["name"] == "volume" and not one["value"]}
    return {
        (group, quantity_code(one["name"]).value): one["value"]
        for group, one in found
        if one["value"] is not None and group not in empty
    }


def axial(diameters: Any) -> list[Any]:
    return [diameters[key] for key in ("longest", "perpendicular", "product")] if diameters else []


def of_fhir(bundle: Any) -> Numbers:
    found = {}
    for entry in bundle["entry"]:
        one = entry["resource"]
        if "valueQuantity" not in one:
            continue
        tracked = (
            [
                part["valueString"]
                for part in one["component"]
                if part["code"].get("coding", [{}])[0]["code"] == TRACKING
            ]
            if "component" in one
            else []
        )
        [group] = tracked or ["head"]
        found[group, one["code"]["coding"][0]["code"]] = one["valueQuantity"]["value"]
    return found


def items(parent: Dataset) -> Iterator[Dataset]:
    yield from parent.get("ContentSequence", [])


def value_of(item: Dataset) -> Decimal:
    """The decimal string of a NUM, as it stands in the file."""
    return Decimal(str(item.MeasuredValueSequence[0].NumericValue))


def of_sr(parent: Dataset) -> Numbers:
    found: Numbers = {}
    tracked = [
        str(item.TextValue)
        for item in items(parent)
        if item.ValueType == "TEXT" and item.ConceptNameCodeSequence[0].CodeValue == TRACKING
    ]
    for item in items(parent):
        if item.ValueType == "NUM" and tracked:
            found[tracked[0], item.ConceptNameCodeSequence[0].CodeValue] = value_of(item)
        found |= of_sr(item)
    return found


def test_json_fhir_and_sr_hold_the_same_numbers_to_the_last_digit(
    written_result: WrittenResult, raw: Any, bundle: Any, structured: Dataset
) -> None:
    expected = of_result_json(raw)
    measured = {
        (group.tracking_id, quantity_code(number.name).value)
        for group in measured_groups(written_result)
        for number in group.numbers
    } | {("head", quantity_code(number.name).value) for number in head_numbers(written_result)}

    assert len(expected) >= 30
    assert set(expected) == measured
    assert of_fhir(bundle) == expected
    assert {key: of_sr(structured)[key] for key in expected} == expected


def with_interval(number: Quantity) -> str:
    interval = shown_interval(number)
    return shown_value(number) if interval is None else f"{shown_value(number)} ({interval})"


def test_the_page_shows_the_numbers_of_every_region_in_its_row(
    written_result: WrittenResult, page: Mapping[str, PageTable]
) -> None:
    shown = 0
    for group in measured_groups(written_result):
        if group.lesion_id is None:
            row = page[MEASURES].row(REGION_NAMES[group.region])
            numbers = {number.name: with_interval(number) for number in group.numbers}
            assert {name: row[title] for name, title in COLUMNS.items()} == {
                name: numbers.get(name, "–") for name in COLUMNS
            }
            shown += len(numbers)

    assert shown == sum(
        len(group.numbers) for group in measured_groups(written_result) if not group.lesion_id
    )


def test_the_page_shows_the_numbers_of_every_lesion_in_its_row(
    written_result: WrittenResult, page: Mapping[str, PageTable]
) -> None:
    for group in measured_groups(written_result):
        if group.lesion_id is None:
            continue
        row = page[LESIONS].row(str(group.lesion_id))
        for number in group.numbers:
            if (number.name, group.region) not in NOT_ON_THE_PAGE:
                assert on_the_lesions_row(number, group.region, row) == shown_value(number)


def on_the_lesions_row(number: Quantity, region: Region, row: Mapping[str, str]) -> str:
    if number.name == "volume":
        return row[f"{REGION_NAMES[region]} (mL)"]
    assert row["of"] == REGION_NAMES[region].lower()
    longest, perpendicular = row["Axial diameters"].removesuffix(" mm").split(" × ")
    return longest if number.name == "longest_axial_diameter" else perpendicular


def test_the_page_shows_the_numbers_of_the_head(
    written_result: WrittenResult, page: Mapping[str, PageTable]
) -> None:
    titles, cells = page[EXTENT].rows
    row = dict(zip(titles, cells, strict=True))
    shift, left = head_numbers(written_result)

    assert row["Midline shift of the head (mm)"].split()[0] == shown_value(shift)
    assert row["Whole tumor left of midline (%)"] == shown_value(left)


@pytest.mark.parametrize("caption", [MEASURES, LESIONS, EXTENT])
def test_the_pdf_has_the_rows_of_the_page(
    caption: str, page: Mapping[str, PageTable], pdf: str
) -> None:
    below = pdf.split(caption, maxsplit=1)[1]
    rows = [" ".join(row) for row in page[caption].rows[1:]]

    assert rows
    assert [row for row in rows if row not in below] == []


def test_probabilities_are_the_same_in_json_fhir_and_sr(
    written_result: WrittenResult, raw: Any, bundle: Any, structured: Dataset
) -> None:
    stored = raw["assessment"]["predictions"]
    expected = {
        probability_code(one.target, outcome["name"]).value: outcome["probability"]
        for one in stated(written_result)
        for outcome in stored[str(one.target)]["outcomes"]
    }
    fhir = {
        part["code"]["coding"][0]["code"]: part["valueQuantity"]["value"]
        for entry in bundle["entry"]
        for part in entry["resource"].get("component", [])
        if "interpretation" in part
    }

    assert len(expected) >= 10
    assert fhir == expected
    assert {code: value for (_, code), value in of_sr(structured).items() if code in fhir} == fhir
