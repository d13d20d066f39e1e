"""Landmarks of the atlas, MNI mm on the right side (x > 0); the left is its mirror image.

They were read on the template itself, whose sulci and nuclei are sharp, at the places that define
the borders in the literature:

- sulci, notch and lobes: Ono, Kubik, Abernathey, Atlas of the Cerebral Sulci, 1990; Duvernoy, The
  Human Brain, 1999.  The central sulcus lies behind the hand knob (Yousry 1997, Brain 120:141) and
  between the motor and the sensory hand area (Mayka 2006, NeuroImage 31:1453).
- The occipital lobe begins behind the parieto-occipital sulcus and the line from its upper end to
  the preoccipital notch; the temporal lobe ends in the horizontal plane of the posterior end of the
  Sylvian fissure; the paracentral lobule counts as frontal up to the marginal ramus.
- deep nuclei and capsules: Mai, Majtanik, Paxinos, Atlas of the Human Brain, 2015; hippocampus and
  amygdala: Amunts 2005, Anat Embryol 210:343; corpus callosum: Witelson 1989, Brain 112:799.
"""

Sheet = list[tuple[float, float, float]]

STRUCTURES = (
    "frontal lobe",
    "parietal lobe",
    "temporal lobe",
    "occipital lobe",
    "insula",
    "hippocampus",
    "amygdala",
    "caudate",
    "putamen",
    "pallidum",
    "thalamus",
    "internal capsule, anterior limb",
    "internal capsule, posterior limb",
    "corpus callosum",
    "hypothalamus and ventral diencephalon",
    "midbrain",
    "pons",
    "medulla",
    "cerebellum",
    "lateral ventricle",
    "third ventricle",
    "fourth ventricle",
)

PARENTS = {
    "hippocampus": "temporal lobe",
    "amygdala": "temporal lobe",
    "internal capsule, anterior limb": "internal capsule",
    "internal capsule, posterior limb": "internal capsule",
    "caudate": "basal ganglia",
    "putamen": "basal ganglia",
    "pallidum": "basal ganglia",
    "midbrain": "brainstem",
    "pons": "brainstem",
    "medulla": "brainstem",
}

SHEETS: dict[str, Sheet] = {
    # (x, z) -> y
    "central sulcus": [
        (0, 80, -42), (8, 80, -42), (20, 80, -33), (35, 80, -28), (75, 80, -25),
        (0, 74, -42), (6, 74, -41), (10, 74, -37), (27, 74, -26), (45, 74, -24),
        (0, 68, -42), (6, 68, -41), (10, 68, -35), (20, 68, -29), (45, 68, -25), (55, 68, -18),
        (0, 62, -42), (8, 62, -41), (16, 62, -31), (28, 62, -26), (40, 62, -24), (46, 62, -17),
        (49, 62, -12), (60, 62, -11),
        (0, 56, -42), (8, 56, -41), (20, 56, -29), (38, 56, -26), (42, 56, -20), (43, 56, -14),
        (52, 56, -10), (65, 56, -9),
        (0, 50, -42), (8, 50, -41), (20, 50, -30), (36, 50, -26), (40, 50, -18), (48, 50, -14),
        (57, 50, -11), (70, 50, -10),
        (0, 44, -40), (8, 44, -38), (20, 44, -25), (33, 44, -17), (42, 44, -16), (55, 44, -12),
        (57, 44, -7), (70, 44, -4),
        (0, 38, -36), (8, 38, -34), (25, 38, -22), (37, 38, -17), (45, 38, -14), (50, 38, -11),
        (60, 38, -4), (72, 38, -2),
        (0, 32, -30), (25, 32, -21), (43, 32, -12), (55, 32, -9), (62, 32, -3), (72, 32, 0),
        (0, 26, -30), (25, 26, -21), (45, 26, -12), (51, 26, -7), (62, 26, -1), (72, 26, 0),
        (0, 20, -30), (25, 20, -21), (45, 20, -12), (58, 20, -5), (65, 20, -2), (75, 20, 0),
        (0, -75, -30), (25, -75, -21), (45, -75, -12), (58, -75, -5), (75, -75, 0),
    ],
    # (x, z) -> y
    "occipital border": [
        (0, 80, -92), (75, 80, -92), (0, 45, -82), (12, 45, -82), (45, 45, -84), (75, 45, -84),
        (0, 38, -78), (12, 38, -78), (45, 38, -80), (75, 38, -80),
        (0, 30, -73), (12, 30, -73), (45, 30, -77), (75, 30, -77),
        (0, 20, -66), (12, 20, -66), (45, 20, -74), (75, 20, -74),
        (0, 10, -59), (12, 10, -59), (45, 10, -71), (75, 10, -71),
        (0, 0, -54), (12, 0, -54), (25, 0, -58), (45, 0, -68), (75, 0, -68),
        (0, -15, -54), (12, -15, -54), (45, -15, -64), (75, -15, -64),
        (0, -75, -54), (12, -75, -54), (45, -75, -64), (75, -75, -64),
    ],
    # (x, y) -> z
    "Sylvian fissure": [
        (0, 40, -40), (75, 40, -20), (0, 20, -26), (25, 20, -22), (40, 20, -16), (75, 20, -8),
        (0, 10, -22), (12, 10, -20), (25, 10, -15), (40, 10, -10), (50, 10, -2), (75, 10, -1),
        (0, 0, -22), (12, 0, -18), (25, 0, -11), (40, 0, -7), (50, 0, 3), (75, 0, 3),
        (0, -10, -16), (12, -10, -12), (25, -10, -8), (40, -10, -2), (50, -10, 7), (75, -10, 7),
        (0, -20, -14), (12, -20, -10), (25, -20, -6), (40, -20, 6), (50, -20, 12), (75, -20, 12),
        (0, -32, -4), (12, -32, -2), (25, -32, 8), (35, -32, 16), (50, -32, 20), (75, -32, 20),
        (0, -42, 0), (12, -42, 3), (20, -42, 20), (75, -42, 24),
        (0, -55, 0), (12, -55, 5), (20, -55, 23), (75, -55, 23), (0, -110, 20), (75, -110, 20),
    ],
    # (x, y) -> z
    "tentorium": [
        (0, -30, -14), (15, -30, -16), (25, -30, -24), (40, -30, -33), (75, -30, -40),
        (0, -40, -2), (12, -40, -10), (25, -40, -19), (40, -40, -27), (75, -40, -40),
        (0, -50, 3), (8, -50, -4), (25, -50, -14), (40, -50, -24), (75, -50, -36),
        (0, -60, 0), (8, -60, -5), (25, -60, -14), (40, -60, -23), (55, -60, -31), (75, -60, -34),
        (0, -70, -8), (12, -70, -12), (25, -70, -17), (40, -70, -22), (75, -70, -32),
        (0, -80, -18), (12, -80, -18), (25, -80, -20), (40, -80, -22), (75, -80, -30),
        (0, -95, -24), (75, -95, -26), (0, -20, -90), (75, -20, -90), (0, 100, -90), (75, 100, -90),
    ],
}  # fmt: skip

Line = list[tuple[float, float, float]]

# The middle of each deep structure, as polylines with a radius in mm; a watershed on the edges of
# the T1 grows them to their borders.
DEEP_MARKERS: dict[str, list[tuple[float, Line]]] = {
    "caudate": [
        (3.0, [(10, 16, -2), (11, 14, 4), (13, 12, 10), (14, 9, 15)]),
        (1.5, [(9, 12, -8), (10, 15, -4)]),
        (1.2, [(15, 8, 17), (17, -2, 21), (18, -10, 22)]),
    ],
    "putamen": [
        (2.0, [(19, 12, -6), (24, 8, -2), (29, -4, -2)]),
        (2.0, [(24, 12, 4), (28, -2, 4), (31, -10, 4)]),
        (1.5, [(26, 6, 9), (29, -6, 9)]),
    ],
    "pallidum": [
        (1.5, [(15, 2, -4), (18, -2, -2), (22, -8, -1)]),
        (1.5, [(19, 0, 2), (22, -6, 2)]),
    ],
    "thalamus": [
        (3.5, [(6, -9, 6), (8, -18, 6), (13, -26, 6)]),
        (1.5, [(8, -18, 0), (14, -27, 1), (19, -27, 5)]),
        (2.0, [(8, -10, 11), (13, -20, 12), (17, -27, 8)]),
    ],
    "internal capsule, anterior limb": [
        (1.2, [(14, 16, 0), (17, 10, 2), (15, 4, 4)]),
        (1.2, [(20, 16, 8), (19, 8, 9), (16, 2, 10)]),
    ],
    "internal capsule, posterior limb": [
        (1.2, [(16, -3, 4), (20, -9, 4), (24, -17, 4), (27, -21, 4)]),
        (1.2, [(17, -1, 10), (21, -8, 10), (25, -16, 10), (27, -22, 10)]),
        (1.2, [(20, -4, 17), (23, -12, 17), (26, -20, 17)]),
    ],
    "hypothalamus and ventral diencephalon": [
        (2.0, [(4, -4, -9), (5, -10, -7), (9, -14, -6), (13, -17, -5)]),
        (1.5, [(5, 0, -9), (8, -6, -9)]),
    ],
}

# Courses of the ventricles with their greatest reach (mm).
VENTRICLES: dict[str, list[tuple[float, Line]]] = {
    "lateral ventricle": [
        (10.0, [(8, 24, 2), (6, 12, 12), (8, -2, 20), (11, -15, 22), (18, -29, 18), (24, -40, 10)]),
        (9.0, [(26, -42, 6), (29, -52, 5), (29, -60, 4)]),
        (6.0, [(30, -38, -2), (34, -28, -9), (34, -18, -15), (30, -12, -19)]),
    ],
    "third ventricle": [(6.0, [(0, -2, -10), (0, -8, 0), (0, -22, 2)])],
    "fourth ventricle": [(9.0, [(0, -38, -24), (0, -44, -34), (0, -46, -46)])],
}

CORPUS_CALLOSUM: Line = [
    (0, 18, -5), (0, 26, -4), (0, 31, 3), (0, 28, 13), (0, 16, 22), (0, 0, 26), (0, -15, 26),
    (0, -28, 23), (0, -37, 18), (0, -40, 12), (0, -34, 9),
]  # fmt: skip

HIPPOCAMPUS: Line = [(27, -11, -20), (28, -20, -17), (29, -29, -11), (25, -36, -4)]
AMYGDALA: Line = [(23, -3, -19), (25, -6, -19)]

# (x, z) -> y: the back of the brainstem.
SHEETS["back of the brainstem"] = [
    (0, 5, -33), (30, 5, -33), (0, -5, -38), (30, -5, -34), (0, -12, -39), (30, -12, -36),
    (0, -20, -38), (30, -20, -36), (0, -30, -37), (30, -30, -34), (0, -40, -42), (30, -40, -36),
    (0, -50, -49), (30, -50, -49), (0, -60, -57), (30, -60, -57), (0, -75, -64), (30, -75, -64),
]  # fmt: skip
# (y, z) -> x: its side; the middle cerebellar peduncle is cut in the sagittal plane of its root.
SHEETS["side of the brainstem"] = [
    (0, 5, 6), (-14, 5, 10), (-24, 5, 14), (-50, 5, 12),
    (0, -8, 8), (-12, -8, 15), (-20, -8, 19), (-30, -8, 17), (-50, -8, 12),
    (0, -16, 8), (-10, -16, 12), (-18, -16, 17), (-30, -16, 16), (-50, -16, 12),
    (0, -22, 8), (-12, -22, 14), (-22, -22, 17), (-35, -22, 16), (-50, -22, 12),
    (0, -30, 12), (-15, -30, 19), (-30, -30, 21), (-50, -30, 18),
    (0, -40, 16), (-20, -40, 21), (-50, -40, 18), (0, -46, 14), (-50, -46, 14),
    (0, -75, 14), (-70, -75, 14),
]  # fmt: skip
# (y) -> z of the planes across it: top of the midbrain, of the pons, of the medulla.
BRAINSTEM_PLANES = {
    "midbrain": ((-8.0, -14.0), (-34.0, 1.0)),
    "pons": ((-8.0, -20.0), (-40.0, -21.0)),
    "medulla": ((-8.0, -46.0), (-60.0, -42.0)),
}
