"""Data sets as they are published: found, checked, split by patient, cached for training."""
