"""The visual-pathway classifier: five targets from the encoder's bottleneck, age and sex.

Source: as ``visual_pathway``, section "Classification Model Architecture".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.networks.fusion import FusionKind
from glioscope.networks.input_check import check_vector
from glioscope.networks.standardize import Standardize
from glioscope.networks.visual_pathway import (
    VisualPathway,
    VisualPathwayConfig,
    VisualPathwayEncoder,
)

CLINICAL = ("age_years", "sex")
"""The clinical vector: age in years, and 1 for a man, -1 for a woman, 0 where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualPathwayClassifierConfig:
    """Shape of the classifier; the defaults are the paper's.

    Args:
        pathway: Of the encoder; its decoder's numbers have no effect here.
        dense: Neurons of the dense layers, each followed by ReLU; the pathway's width does not
            scale them.
        tumor_types: Classes: glioblastoma, astrocytoma, oligodendroglioma.
        grades: Classes: WHO 2, 3, 4.
        idh: Classes: wildtype, mutant.
        mgmt: Classes: unmethylated, methylated.
    """

    pathway: VisualPathwayConfig = field(default_factory=VisualPathwayConfig)
    dense: tuple[int, ...] = (512, 256, 128)
    tumor_types: int = 3
    grades: int = 3
    idh: int = 2
    mgmt: int = 2

    def __post_init__(self) -> None:
        if not self.dense or min(self.dense) < 1:
            msg = f"dense={self.dense}: give one or more layers of at least one neuron"
            raise ValueError(msg)
        if min(self.tumor_types, self.grades, self.idh, self.mgmt) < 2:
            msg = (
                f"tumor_types={self.tumor_types}, grades={self.grades}, idh={self.idh},"
                f" mgmt={self.mgmt}: give at least two classes of each"
            )
            raise ValueError(msg)
        if self.pathway.fusion is FusionKind.LATE:
            msg = (
                "late fusion joins the logits of voxels, which a classifier has not; build it with"
                " another fusion or without"
            )
            raise ValueError(msg)

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this, voxels."""
        return self.pathway.stride


class Heads(NamedTuple):
    """Answers of the five heads.

    Logits have shape ``(B, classes)``; ``survival`` has shape ``(B,)`` and is on the min-max scale
    of the training patients, not in days.
    """

    tumor_type: Tensor
    grade: Tensor
    idh: Tensor
    mgmt: Tensor
    survival: Tensor


class VisualPathwayClassifier(nn.Module):
    """Global maximum and average of the optic radiation, the clinical vector, dense layers, heads.

    ``clinical_scale.fit`` takes the mean and standard deviation of the ages of the training split;
    until then age is used as given.  ``fit_survival`` takes its shortest and longest survival;
    until then survival is in days.
    """

    survival_range_days: Tensor

    def __init__(self, config: VisualPathwayClassifierConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = VisualPathwayEncoder(config.pathway)
        self.clinical_scale = Standardize(len(CLINICAL), unscaled=(CLINICAL.index("sex"),))
        self.dense = nn.Sequential()
        wide = 2 * config.pathway.bottleneck_channels + len(CLINICAL)
        for narrow in config.dense:
            self.dense.append(nn.Linear(wide, narrow)).append(nn.ReLU(inplace=True))
            wide = narrow
        self.tumor_type = nn.Linear(wide, config.tumor_types)
        self.grade = nn.Linear(wide, config.grades)
        self.idh = nn.Linear(wide, config.idh)
        self.mgmt = nn.Linear(wide, config.mgmt)
        self.survival = nn.Linear(wide, 1)
        self.register_buffer("survival_range_days", torch.tensor([0.0, 1.0]))

    def forward(self, image: Tensor, clinical: Tensor, presence: Tensor | None = None) -> Heads:
        """Return the answers of the five heads.

        Args:
            image: Shape ``(B, in_channels, I, J, K)``, axes multiples of the stride.
            clinical: Shape ``(B, 2)``, as ``CLINICAL`` says; standardized within.
            presence: Shape ``(B, in_channels)``, 1 where a sequence is present; needed where the
                pathway has fusion.

        Raises:
            ModelError: For inputs of another shape; with fusion, without a presence.
        """
        check_vector(
            clinical,
            network="visual_pathway_classifier",
            name="clinical",
            batch=len(image),
            length=len(CLINICAL),
        )
        radiation = self.encoder(image, presence).radiation
        space = (2, 3, 4)
        pooled = (radiation.amax(dim=space), radiation.mean(dim=space))
        hidden = self.dense(torch.cat([*pooled, self.clinical_scale(clinical)], dim=1))
        return Heads(
            tumor_type=self.tumor_type(hidden),
            grade=self.grade(hidden),
            idh=self.idh(hidden),
            mgmt=self.mgmt(hidden),
            survival=self.survival(hidden)[:, 0],
        )

    def fit_survival(self, days: Tensor) -> None:
        """Take the ends of the min-max scale from the training patients.

        Args:
            days: Shape ``(patients,)``, of those of the training split who died.

        Raises:
            ModelError: If they are not finite, or all the same.
        """
        low, high = days.min(), days.max()
        if not bool(torch.isfinite(days).all()) or low == high:
            msg = (
                f"survival from {float(low):g} to {float(high):g} days makes no scale; give finite"
                " days of two patients or more that differ"
            )
            raise ModelError(msg)
        self.survival_range_days.copy_(torch.stack([low, high]))

    def survival_days(self, scaled: Tensor) -> Tensor:
        """Return survival in days, of what the head says or anything else on the min-max scale."""
        low, high = self.survival_range_days
        days: Tensor = low + scaled * (high - low)
        return days

    def adopt_encoder(self, network: VisualPathway) -> None:
        """Copy the weights of a trained segmentation network's encoder.

        Raises:
            ModelError: If its encoder has another shape.
        """
        own = {name: value.shape for name, value in self.encoder.state_dict().items()}
        given = {name: value.shape for name, value in network.encoder.state_dict().items()}
        if own != given:
            msg = (
                "the encoder of the segmentation network has another shape"
                f" ({network.config}) than the classifier's ({self.config.pathway}); build the"
                " classifier with pathway=network.config"
            )
            raise ModelError(msg)
        self.encoder.load_state_dict(network.encoder.state_dict())
