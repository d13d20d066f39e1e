"""Case to Segmentation with the shipped networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.core import (
    Case,
    Notice,
    Progress,
    Region,
    Segmentation,
    Sequence,
    Severity,
    Silent,
)
from glioscope.networks.inference import Network, load_network
from glioscope.segmentation.config import SegmentConfig
from glioscope.segmentation.expected import expected_dice, missing_notices
from glioscope.segmentation.grid import NetworkGrid
from glioscope.segmentation.labels import Rules

Array = npt.NDArray[np.float32]
Runner = Callable[[Array, Array, int], Array]

REGIONS = (Region.WT, Region.TC, Region.ET)
"""Order of the network's output channels."""


def segment(
    case: Case, config: SegmentConfig | None = None, *, progress: Progress | None = None
) -> Segmentation:
    """Find the tumour.

    Args:
        case: Prepared; any of the 15 subsets of the four sequences.
        config: Defaults where ``None``.
        progress: Told after each network.

    Returns:
        Labels and probabilities on the case's grid; empty labels, with a notice, where no
        tumour is found.

    Raises:
        ModelError: If the model is missing or damaged.
        MissingPackageError: For ``cuda`` without torch.
    """
    config = config or SegmentConfig()
    progress = progress or Silent()
    network = load_network(config.model, threads=config.threads)
    grid = network_grid(case, network.card)
    image, presence = network_input(case, grid)
    mean, deviation = _average(
        _passes(image, presence, network, config=config, progress=progress), network, config
    )
    brain = case.brain.data
    probabilities = {
        region: case.brain.with_data(grid.to_case(mean[channel], like=case.brain) * brain)
        for channel, region in enumerate(REGIONS)
    }
    rules = _rules(network.card)
    labels = rules(
        {region: volume.data for region, volume in probabilities.items()},
        voxel_ml=case.brain.voxel_volume_ml,
    )
    return Segmentation(
        case_id=case.case_id,
        labels=case.brain.with_data(labels),
        probabilities=probabilities,
        uncertainty=case.brain.with_data(grid.to_case(deviation, like=case.brain) * brain),
        sequences=case.sequences,
        model=network.info,
        expected_dice=expected_dice(network.card, case.sequences),
        complete_dice=expected_dice(network.card, tuple(Sequence)),
        notices=(*missing_notices(network.card, case.sequences), *_empty_notices(labels)),
    )


def network_grid(case: Case, card: Mapping[str, Any]) -> NetworkGrid:
    """Return the grid that a model wants around the brain of a case."""
    return NetworkGrid.around(
        case.brain,
        spacing_mm=float(card["spacing_mm"]),
        margin_mm=float(card["margin_mm"]),
        stride=int(card["stride"]),
    )


def network_input(case: Case, grid: NetworkGrid) -> tuple[Array, Array]:
    """Return what a network takes.

    Returns:
        The image, shape ``(1, 4, I, J, K)``, channels in the order of ``Sequence``, zeros for one
        that is absent; and the presence, shape ``(1, 4)``, 1 for each that is there.
    """
    image = np.zeros((1, len(Sequence), *grid.shape), dtype=np.float32)
    presence = np.zeros((1, len(Sequence)), dtype=np.float32)
    for channel, sequence in enumerate(Sequence):
        if sequence in case.images:
            data = case.images[sequence].data.astype(np.float32, copy=False)
            image[0, channel] = grid.from_case(data)
            presence[0, channel] = 1.0
    return image, presence


def _passes(
    image: Array, presence: Array, network: Network, *, config: SegmentConfig, progress: Progress
) -> Iterator[Array]:
    run = _runner(network, config)
    mirrors = (False, True) if config.mirror else (False,)
    total = network.members * len(mirrors)
    for number in range(total):
        member, mirrored = divmod(number, len(mirrors))
        if mirrors[mirrored]:
            flipped = np.ascontiguousarray(image[:, :, ::-1])
            yield run(flipped, presence, member)[0, :, ::-1]
        else:
            yield run(image, presence, member)[0]
        progress.step(number + 1, total)


def _runner(network: Network, config: SegmentConfig) -> Runner:
    if config.device == "cpu":
        return lambda image, presence, member: network(image, presence, member=member)
    # torch is heavy and optional, so it is met only by who asks for it
    from glioscope.networks.torch_inference import torch_runner  # noqa: PLC0415

    return torch_runner(network.folder, network.card, device=config.device)


def _average(
    passes: Iterator[Array], network: Network, config: SegmentConfig
) -> tuple[Array, Array]:
    """Mean over all passes, and the deviation of WT over the members."""
    per_member = 2 if config.mirror else 1
    stack = list(passes)
    members = np.stack(
        [
            np.mean(stack[start : start + per_member], axis=0)
            for start in range(0, per_member * network.members, per_member)
        ]
    )
    whole = REGIONS.index(Region.WT)
    return members.mean(axis=0), members[:, whole].std(axis=0)


def _rules(card: Mapping[str, Any]) -> Rules:
    rules = card["rules"]
    return Rules(
        threshold={Region(name): float(value) for name, value in rules["threshold"].items()},
        smallest_lesion_ml=float(rules["smallest_lesion_ml"]),
        smallest_enhancing_ml=float(rules["smallest_enhancing_ml"]),
    )


def _empty_notices(labels: npt.NDArray[np.uint8]) -> Iterator[Notice]:
    if not labels.any():
        yield Notice(
            code="no-tumor",
            severity=Severity.WARNING,
            message="No tumor was found. A lesion smaller or fainter than those the model was"
            " trained on can be missed: look at the images.",
        )
    elif not (labels == 3).any():
        yield Notice(
            code="no-enhancement",
            severity=Severity.INFO,
            message="No enhancing tumor was found; the enhancing region is empty.",
        )
