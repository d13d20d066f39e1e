"""Study to Case: identification, quality, alignment, brain extraction, normalization."""

from glioscope.preparation.atlas_files import Template, load_template
from glioscope.preparation.fit import TemplateConfig, fit_template
from glioscope.preparation.normalize import robust_statistics, robust_zscore
from glioscope.preparation.template import TemplateFit, warp_image_to_case, warp_labels_to_case

__all__ = [
    "Template",
    "TemplateConfig",
    "TemplateFit",
    "fit_template",
    "load_template",
    "robust_statistics",
    "robust_zscore",
    "warp_image_to_case",
    "warp_labels_to_case",
]
