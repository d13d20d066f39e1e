"""OpenVINO tells nobody that it was imported."""

from __future__ import annotations

import subprocess
import sys

WATCHED = """
import sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "os.fork", "subprocess.Popen"):
        sys.stderr.write(f"{event} {arguments}")

sys.addaudithook(watch)
from glioscope.networks.inference import ov
ov.Core()
print("openvino" in sys.modules)
"""  # noqa: E501 - the program of another process


def test_nothing_asks_the_network_or_starts_another_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True
    )

    assert done.stderr == ""
    assert done.stdout.strip() == "True"
