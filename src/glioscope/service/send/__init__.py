"""Instances to a PACS, each confirmed."""
