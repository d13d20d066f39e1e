"""Tests; a package, so that no library that ships its own `tests` comes before it."""
