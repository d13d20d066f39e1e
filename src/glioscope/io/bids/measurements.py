"""Every number of a result as a table, a line a number."""

from __future__ import annotations

from collections.abc import Iterator

from glioscope.core import Quantity
from glioscope.io.bids.table import cell, json_bytes, table_bytes
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import MeasuredGroup, head_numbers, measured_groups

_COLUMNS = {
    "group": "What was measured: a region over all lesions, a lesion's region, or the head",
    "region": "Region of the tumor",
    "lesion": "Number of the lesion, 1 is the largest; n/a over all lesions",
    "hemisphere": "The patient's own side",
    "site": "Lobe or deep structure that holds most of it",
    "name": "Name of the number",
    "value": "The number, in the unit of its line",
    "unit": "UCUM",
    "low": "Lower end of the interval, in the same unit",
    "high": "Upper end of the interval, in the same unit",
    "interval": "What the interval is",
    "method": "How the number was made",
}


def measurement_table(result: WrittenResult) -> bytes:
    """Return the numbers of a result with the digits of result.json."""
    return table_bytes(list(_COLUMNS), _rows(result))


def measurement_columns() -> bytes:
    """Return the sidecar that says what the columns are."""
    return json_bytes({name: {"Description": text} for name, text in _COLUMNS.items()})


def _rows(result: WrittenResult) -> Iterator[dict[str, str]]:
    for group in measured_groups(result):
        for number in group.numbers:
            yield _row(number, group.tracking_id, group)
    for number in head_numbers(result):
        yield _row(number, "head", None)


def _row(number: Quantity, name: str, group: MeasuredGroup | None) -> dict[str, str]:
    return {
        "group": name,
        "region": cell(number.region),
        "lesion": cell(None if group is None else group.lesion_id),
        "hemisphere": cell(None if group is None else group.hemisphere),
        "site": cell(None if group is None else group.site),
        "name": number.name,
        "value": cell(number.value),
        "unit": number.unit,
        "low": cell(number.low),
        "high": cell(number.high),
        "interval": cell(number.interval),
        "method": cell(number.method),
    }
