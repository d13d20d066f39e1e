"""The networks that the tumor experiments compare: ours, and MONAI's of about our size."""

from __future__ import annotations

from typing import Any

from torch import nn

from glioscope.networks.peers import DynUNetConfig, SegResNetConfig
from glioscope.networks.registry import build
from glioscope.networks.unet import BACKGROUND_LOGIT, UNetConfig

CONFIGS: dict[str, Any] = {
    "unet": UNetConfig(detail=8),
    "segresnet": SegResNetConfig(filters=8, groups=4, background_logit=BACKGROUND_LOGIT),
    "dynunet": DynUNetConfig(filters=(8, 16, 32, 64, 96), background_logit=BACKGROUND_LOGIT),
}
"""By their names in the registry.  All start at the same odds of background."""


def build_small(name: str) -> nn.Module:
    """Return an untrained network with four sequences in and three regions out."""
    return build(name, CONFIGS[name])
