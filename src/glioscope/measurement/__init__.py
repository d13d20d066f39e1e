"""Volumes, diameters, shape, lesions."""
