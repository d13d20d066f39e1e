"""Composes the rooms: one case, a cohort, resume, the run manifest."""
