"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# no test is timed: a busy machine may take a second for what takes a millisecond elsewhere
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
