"""Our network and its peers, by name, all called as ``network(image, presence)``."""

from __future__ import annotations

from torch import Tensor, nn

from glioscope.core import require
from glioscope.networks.unet import BACKGROUND_LOGIT, UNet, UNetConfig

KNOWN = ("unet", "segresnet", "dynunet")


class WithoutPresence(nn.Module):
    """A network of another library, which takes the image alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, presence: Tensor | None = None) -> Tensor:
        """Return the logits of the network within."""
        del presence
        logits: Tensor = self.network(image)
        return logits


def build_network(name: str) -> nn.Module:
    """Return an untrained network with four sequences in and three regions out.

    Args:
        name: ``"unet"`` is ours; ``"segresnet"`` and ``"dynunet"`` are MONAI's, of about our
            size, and start at the same odds of background.

    Raises:
        ValueError: For another name.
    """
    if name not in KNOWN:
        msg = f"no network is called {name!r}; known: {', '.join(KNOWN)}"
        raise ValueError(msg)
    if name == "unet":
        return UNet(UNetConfig(detail=8))
    nets = require("monai.networks.nets", extra="train")
    if name == "segresnet":
        groups = ("GROUP", {"num_groups": 4})
        network = nets.SegResNet(init_filters=8, in_channels=4, out_channels=3, norm=groups)
    else:
        strides, widths = [1, 2, 2, 2, 2], (8, 16, 32, 64, 96)
        network = nets.DynUNet(3, 4, 3, [3] * 5, strides, strides[1:], widths, norm_name="instance")
    *_, last = (part for part in network.modules() if isinstance(part, nn.Conv3d))
    if last.bias is not None:
        nn.init.constant_(last.bias, BACKGROUND_LOGIT)
    return WithoutPresence(network)
