"""What one step of learning does: a regime a file, each a Lightning module by its name."""

from glioscope.learning.tasks import adversarial as _adversarial
from glioscope.learning.tasks import classification as _classification
from glioscope.learning.tasks import contrast as _contrast
from glioscope.learning.tasks import distillation as _distillation
from glioscope.learning.tasks import mean_teacher as _mean_teacher
from glioscope.learning.tasks import multitask as _multitask
from glioscope.learning.tasks import reconstruction as _reconstruction
from glioscope.learning.tasks import slices as _slices
from glioscope.learning.tasks import supervised as _supervised
from glioscope.learning.tasks import volume_grade as _volume_grade
from glioscope.learning.tasks.regimes import chosen, known_regimes, names, task_of
from glioscope.learning.tasks.task import Task

__all__ = ["Task", "chosen", "known_regimes", "names", "task_of"]

# imported for what they register
del (
    _adversarial,
    _classification,
    _contrast,
    _distillation,
    _mean_teacher,
    _multitask,
    _reconstruction,
    _slices,
    _supervised,
    _volume_grade,
)
