"""Carry what one network learned to another one of nearly the same shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from glioscope.core import ModelError
from glioscope.networks import registry

_OUTPUTS = ("out_channels", "regions")


def transfer_weights(source: nn.Module, target: nn.Module) -> tuple[str, ...]:
    """Copy every parameter and buffer whose name and shape are the same in both, in place.

    Args:
        source: Left untouched.
        target: Keeps what it has where nothing fits.

    Returns:
        Names of what was copied, sorted.

    Raises:
        ModelError: If nothing fits.
    """
    given, own = source.state_dict(), target.state_dict()
    fitting = {
        name: value
        for name, value in given.items()
        if name in own and own[name].shape == value.shape
    }
    if not fitting:
        msg = (
            f"no weight of the {type(source).__name__} fits the {type(target).__name__}; take"
            " over weights between networks of one name and nearly one config"
        )
        raise ModelError(msg)
    target.load_state_dict(fitting, strict=False)
    return tuple(sorted(fitting))


def outputs_of(config: object) -> int:
    """Return the number of channels that a segmentation network of a config gives.

    Raises:
        ModelError: If it gives none.
    """
    return int(getattr(config, _outputs_field(config)))


def with_outputs(network: nn.Module, outputs: int, *, seed: int) -> nn.Module:
    """Return the network if it has so many outputs, else one that has, with the weights that fit.

    What is new, the last layer, has weights of its own and biases of 0.

    Args:
        network: A segmentation network of the registry; left untouched.
        outputs: Channels of what it gives.
        seed: Of the new weights.

    Raises:
        ModelError: If it is no segmentation network.
    """
    config: Any = getattr(network, "config", None)
    field = _outputs_field(config)
    if getattr(config, field) == outputs:
        return network
    name = registry.name_of(network)
    other = registry.build(name, replace(config, **{field: outputs}), seed=seed)
    taken = set(transfer_weights(network, other))
    for own, parameter in other.named_parameters():
        if own not in taken and own.endswith("bias"):
            # segmentation begins with "background", which is no value to begin with here
            nn.init.zeros_(parameter)
    return other


def adopted(network: nn.Module, *, like: nn.Module) -> nn.Module:
    """Return the network where its config is that of another one, else that one with its weights.

    Args:
        network: What was trained; left untouched.
        like: Freshly built; becomes the result where the two differ in their outputs.

    Raises:
        ModelError: If they differ in anything but the number of outputs.
    """
    config: Any = getattr(network, "config", None)
    wanted: Any = getattr(like, "config", None)
    if config == wanted:
        return network
    if type(network) is type(like) and type(config) is type(wanted):
        field = _outputs_field(config)
        if replace(config, **{field: getattr(wanted, field)}) == wanted:
            transfer_weights(network, like)
            return like
    msg = (
        f"a {type(network).__name__} of another shape than the {type(like).__name__} that is asked"
        " for; give both the same name and config, but for the number of outputs"
    )
    raise ModelError(msg)


def _outputs_field(config: object) -> str:
    for field in _OUTPUTS:
        if hasattr(config, field):
            return field
    msg = f"a network of {type(config).__name__} has no segmentation outputs; choose one that has"
    raise ModelError(msg)
