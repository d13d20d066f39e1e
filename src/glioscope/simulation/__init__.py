"""Patients with known truth: phantoms, grown tumours, simulated scans."""
