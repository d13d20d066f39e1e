"""What holds for all tests that speak to a PACS."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pass what pynetdicom leaves to the garbage collector: sockets that were refused."""
    for item in items:
        if "service" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
