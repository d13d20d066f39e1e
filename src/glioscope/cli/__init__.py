"""Commands; the only room that prints.

Rooms are imported inside the commands: ``glioscope --help`` must not wait for them.
"""

from glioscope.cli.app import app, main

__all__ = ["app", "main"]
