"""What the network is punished for: one loss a file.

What nobody labeled never punishes: every loss takes ``known`` and gives it a gradient of exactly
zero, whatever the placeholder in its label is, not-a-number included.
"""

from glioscope.learning.losses.consistency import (
    consistency_loss,
    consistency_weight,
    pseudo_label_loss,
)
from glioscope.learning.losses.contrastive import contrastive_loss
from glioscope.learning.losses.dice import weighted_dice_loss
from glioscope.learning.losses.distillation import feature_distillation_loss
from glioscope.learning.losses.evidential import (
    evidence_annealing,
    evidential_loss,
    evidential_probs,
    evidential_uncertainty,
)
from glioscope.learning.losses.focal import focal_loss
from glioscope.learning.losses.partial import partial_segmentation_loss, whole_tumor_logits
from glioscope.learning.losses.region import region_loss
from glioscope.learning.losses.survival import survival_loss

__all__ = [
    "consistency_loss",
    "consistency_weight",
    "contrastive_loss",
    "evidence_annealing",
    "evidential_loss",
    "evidential_probs",
    "evidential_uncertainty",
    "feature_distillation_loss",
    "focal_loss",
    "partial_segmentation_loss",
    "pseudo_label_loss",
    "region_loss",
    "survival_loss",
    "weighted_dice_loss",
    "whole_tumor_logits",
]
