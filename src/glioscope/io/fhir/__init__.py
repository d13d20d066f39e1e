"""Results as FHIR R4 (4.0.1) resources: what a hospital's integration engine files."""

from glioscope.io.fhir.bundle import make_bundle, write_bundle

__all__ = ["make_bundle", "write_bundle"]
