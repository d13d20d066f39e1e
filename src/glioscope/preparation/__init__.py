"""Study to Case: identification, quality, alignment, brain extraction, normalization."""

from glioscope.io import Template, load_template
from glioscope.preparation.bias import without_bias
from glioscope.preparation.fit import TemplateConfig, fit_template
from glioscope.preparation.grid import canonical, resampled, resampled_mask
from glioscope.preparation.normalize import robust_statistics, robust_zscore
from glioscope.preparation.prepare import PrepareConfig, prepare
from glioscope.preparation.register import RegisterConfig, RigidFit, register_rigid
from glioscope.preparation.stripped import background_value, foreground_mask, is_stripped
from glioscope.preparation.template import TemplateFit, warp_image_to_case, warp_labels_to_case

__all__ = [
    "PrepareConfig",
    "RegisterConfig",
    "RigidFit",
    "Template",
    "TemplateConfig",
    "TemplateFit",
    "background_value",
    "canonical",
    "fit_template",
    "foreground_mask",
    "is_stripped",
    "load_template",
    "prepare",
    "register_rigid",
    "resampled",
    "resampled_mask",
    "robust_statistics",
    "robust_zscore",
    "warp_image_to_case",
    "warp_labels_to_case",
    "without_bias",
]
