from __future__ import annotations

import pytest
from pynetdicom.association import Association
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification
from tests.service.nodes import storage_node

from glioscope.core import InputError, OutputError
from glioscope.service.remote.dimse import association
from glioscope.service.remote.node import Link, Node

ECHO = build_context(Verification)


def test_an_association_is_released_at_the_end_and_aborted_on_an_error() -> None:
    with storage_node(contexts=[ECHO]) as archive:
        node = Node.of(archive.node)
        with association(node, [ECHO], Link(), failure=InputError) as ended:
            assert ended.send_c_echo().Status == 0
        with (
            pytest.raises(ZeroDivisionError),
            association(node, [ECHO], Link(), failure=InputError) as broken,
        ):
            raise ZeroDivisionError

    assert ended.is_released
    assert broken.is_aborted


@pytest.mark.parametrize("failure", [InputError, OutputError])
def test_asking_more_of_a_node_that_went_away_is_the_error_of_the_caller(
    failure: type[InputError] | type[OutputError],
) -> None:
    def after_its_end(peer: Association) -> None:
        peer.abort()
        peer.send_c_echo()

    with (
        storage_node(contexts=[ECHO]) as archive,
        pytest.raises(failure, match="went away; try again"),
        association(Node.of(archive.node), [ECHO], Link(), failure=failure) as peer,
    ):
        after_its_end(peer)


def test_an_error_of_ours_is_not_taken_for_the_node_s() -> None:
    with (
        storage_node(contexts=[ECHO]) as archive,
        pytest.raises(RuntimeError, match="ours"),
        association(Node.of(archive.node), [ECHO], Link(), failure=InputError) as peer,
    ):
        raise RuntimeError("ours")  # noqa: EM101 - a defect, not a refusal

    assert peer.is_aborted
