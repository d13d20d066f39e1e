"""Where the tumor lies: template registration, atlas, midline, eloquent structures."""

from glioscope.anatomy.atlas import Atlas, Structure, load_atlas
from glioscope.anatomy.config import LocateConfig
from glioscope.anatomy.lesion_lobes import name_lobes
from glioscope.anatomy.locate import fit_anatomy, locate
from glioscope.anatomy.midline import Shift, midline_plane, midline_shift

__all__ = [
    "Atlas",
    "LocateConfig",
    "Shift",
    "Structure",
    "fit_anatomy",
    "load_atlas",
    "locate",
    "midline_plane",
    "midline_shift",
    "name_lobes",
]
