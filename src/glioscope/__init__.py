"""Glioscope: from a patient's brain MRI to a measured, located tumour and a report."""

__version__ = "0.1.0"
