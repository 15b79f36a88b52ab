"""Eyewear, scarves, belts, jewelry."""

import numpy as np

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    Points,
    band,
    closed,
    flipped,
    mirrored,
    moved,
    opened,
    oval,
    rails,
    rectangle,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.tailoring import both
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam, stitches


def _glasses(
    frame: Points, lens: Points, bridge_y: float, arm_y: float, thick: float = 14, cloth: str = "main"
) -> Drawing:
    """Glasses from the front: the right half's frame and lens, the heights of bridge and hinges."""
    inner = float(frame[:, 0].min())
    bridge = opened((AXIS - (inner - AXIS) - 3, bridge_y), (AXIS, bridge_y - 12), (inner + 3, bridge_y))
    glare = opened("0,0 34,-46")
    middle = lens.mean(axis=0)
    arm = closed(
        (AXIS + 238, arm_y - 10, 1),
        (AXIS + 258, arm_y - 8),
        (AXIS + 262, arm_y + 6),
        (AXIS + 246, arm_y + 26, 1),
        (AXIS + 236, arm_y + 14, 1),
    )
    return [
        *both(Piece(arm, cloth, round=8, folds=0)),
        *both(Piece(lens, "lens", round=26, folds=0, plump=0.25)),
        *both(
            Seam(moved(glare, float(middle[0]) - 40, float(middle[1]) + 6), 11, 0.13),
            Seam(moved(glare, float(middle[0]) - 20, float(middle[1]) + 10, 0.7), 4, 0.1),
        ),
        Piece(band(bridge, thick, thick * 0.8, thick), cloth, round=7, folds=0, lift=0.3),
        *both(Piece(frame, cloth, (lens,), round=8, folds=0, lift=0.4)),
        *both(Piece(oval(AXIS + 238, arm_y, 3.4), "metal", round=3, folds=0, lift=0)),
    ]


def round_sunglasses() -> Drawing:
    return _glasses(oval(AXIS + 128, 410, 108, 104), oval(AXIS + 128, 410, 92, 88), 388, 372)


def cat_eye_sunglasses() -> Drawing:
    frame = closed("322,372 380,352 490,330 570,304! 556,380 514,452 430,474 354,454 322,410")
    lens = closed("338,382 390,367 480,352 530,348 526,392 494,436 428,456 364,440 338,410")
    return _glasses(frame, lens, 384, 330, 14)


def aviators() -> Drawing:
    frame = closed("324,356 420,338 526,346 540,380 514,464 450,500 384,482 336,424")
    lens = moved(frame, 0, 0, 0.93)
    top = opened("240,352 300,344 360,352")
    return [*_glasses(frame, lens, 384, 364, 7, "gold"), Piece(band(top, 6), "gold", round=3, folds=0, lift=0.4)]


def fringe_scarf() -> Drawing:
    """A long scarf, folded once and hung, with fringes."""
    loop = mirrored("0,118 70,104 128,140 130,206 84,262 0,286")
    hole = mirrored("0,156 52,150 70,178 48,212 0,224")
    front = closed("280,238! 386,214! 416,420 420,640! 302,646! 298,440")
    rear = closed("208,214! 316,244! 306,420 292,580! 176,572! 186,420")
    return [
        *_fringe(AXIS - 122, AXIS - 10, 572, 580, 46),
        Piece(rear, round=30, folds=1.6),
        *_fringe(AXIS + 4, AXIS + 119, 645, 639, 48),
        Piece(front, round=30, folds=1.6, lift=1),
        Piece(loop, round=44, folds=2.4, grain=70, lift=1),
        Piece(hole, "inside", folds=0.4, lift=0),
        Piece(mirrored("0,196 66,184 120,168! 112,222 60,270 0,284"), round=32, folds=2.6, grain=80, lift=0.8),
    ]


def _fringe(x0: float, x1: float, y0: float, y1: float, length: float) -> Drawing:
    parts: Drawing = []
    for number, x in enumerate(np.linspace(x0 + 3, x1 - 3, 15).tolist()):
        y = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        sway = 3 * float(np.sin(number * 2.4))
        parts.append(
            Piece(
                band(opened((x, y - 6), (x + sway, y + length * 0.5), (x + sway * 0.4, y + length)), 6, 6, 4),
                "plain",
                round=4,
                folds=0,
                lift=0.4,
            )
        )
    return parts


def square_scarf() -> Drawing:
    """A silk square with a border, folded to a triangle and knotted."""
    whole = closed("84,250! 300,232 516,250! 310,610 300,620! 290,610")
    inner = closed("128,274! 300,260 472,274! 300,566!")
    tail = closed("300,250! 350,210 420,196 470,214! 440,250 360,270")
    return [
        Piece(whole, "trim", round=26, folds=1.0),
        Piece(inner, round=20, folds=1.2, lift=0),
        Piece(tail, "trim", round=16, folds=1.3, lift=0.8),
        Piece(flipped(tail), "trim", round=16, folds=1.3, lift=0.8),
        Piece(oval(300, 248, 34, 26), round=22, folds=1.6, lift=0.8),
    ]


def tie() -> Drawing:
    """A tied necktie."""
    knot = closed("262,150! 300,144 338,150! 322,204! 300,210 278,204!")
    blade = closed("280,204! 300,210 320,204! 346,420 362,590! 300,660! 238,590! 254,420")
    rear = closed("300,210! 330,208! 350,420 346,560! 320,600!")
    loop = [closed("264,156! 210,96! 232,70 300,58 300,76! 246,92 282,150!")]
    return [
        *both(*(Piece(flipped(one), "plain", round=9, folds=0) for one in loop)),
        Piece(rear, round=16, folds=0.3),
        Piece(blade, round=32, folds=0.5, lift=0.8, grain=-35),
        Piece(knot, round=20, folds=0.3, lift=0.8, grain=35),
    ]


def belt() -> Drawing:
    """A coiled leather belt with its buckle."""
    angles = np.linspace(np.pi * 0.5, np.pi * 4.38, 240)
    reach = np.linspace(196, 112, 240)
    spiral = np.column_stack([AXIS + np.cos(angles) * reach, 410 + np.sin(angles) * reach * 0.82])
    parts: Drawing = [Piece(band(spiral, 34), round=15, folds=0), *(stitches(line) for line in rails(spiral, 25))]
    end = closed("270,552! 470,552! 496,571 470,590! 270,590!")
    frame = rectangle(AXIS - 66, 536, AXIS - 4, 606, 10)
    return [
        *parts,
        Piece(end, round=15, folds=0, lift=0.8),
        stitches(opened("280,558 466,558 487,571 466,584 280,584")),
        *(Piece(oval(AXIS + x, 571, 4), "dark", round=3, folds=0, lift=0) for x in (60, 84, 108, 132)),
        Piece(frame, "buckle", (rectangle(AXIS - 55, 547, AXIS - 15, 595, 6),), round=6, folds=0, lift=1),
        Piece(rectangle(AXIS - 62, 567, AXIS - 8, 575, 4), "buckle", round=4, folds=0, lift=0.8),
        Piece(rectangle(AXIS + 4, 546, AXIS + 22, 596, 4), round=8, folds=0, lift=0.7),
    ]


def waist_belt() -> Drawing:
    """A wide belt with a round buckle, laid in an arc."""
    around = np.linspace(0, np.pi, 60)
    ring = np.column_stack([np.cos(around) * 226, np.sin(around) * 84])
    front, back = moved(ring, AXIS, 352), moved(ring * [1, -1], AXIS, 352)
    return [
        Piece(np.concatenate([moved(back, 0, -22), moved(back[::-1], 0, 34)]), "inside", round=20, folds=0),
        Piece(np.concatenate([moved(front, 0, -38), moved(front[::-1], 0, 48)]), round=30, folds=0.3, lift=0.9),
        stitches(moved(front, 0, -30)),
        stitches(moved(front, 0, 40)),
        *(Piece(oval(x, y, 5), "dark", round=3, folds=0, lift=0) for x, y in ((400, 432), (428, 424), (454, 412))),
        Piece(oval(300, 441, 60, 64), "buckle", (oval(300, 441, 42, 46),), round=10, folds=0, lift=1),
        Piece(rectangle(296, 435, 356, 446, 5), "buckle", round=5, folds=0, lift=0.8),
    ]


def necklace() -> Drawing:
    """A fine chain with a pendant."""
    half = [(0, 560), (60, 530), (124, 430), (150, 300), (120, 170), (60, 110), (0, 96)]
    chain = mirrored(*half)
    links = _links(chain, 11, 7.5)
    drop = closed("300,566 330,620 324,656 300,668 276,656 270,620")
    return [
        *links,
        Piece(oval(300, 566, 11), "main", (oval(300, 566, 6),), round=4, folds=0, lift=0.5),
        Piece(drop, round=26, folds=0, lift=0.8),
        Piece(oval(300, 634, 15, 18), "stone", round=14, folds=0, lift=0.3),
        Seam(opened("292,626 298,620"), 3, 0.7),
    ]


def _links(line: Points, length: float, width: float) -> Drawing:
    ring = np.concatenate([line, line[:1]])
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
    parts: Drawing = []
    for at in np.arange(0, way[-1], length * 0.86):
        x, y = np.interp(at, way, ring[:, 0]), np.interp(at, way, ring[:, 1])
        ahead = (np.interp(at + 2, way, ring[:, 0]) - x, np.interp(at + 2, way, ring[:, 1]) - y)
        turn = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
        parts.append(
            Piece(oval(float(x), float(y), length * 0.62, width * 0.62, turn), "main", round=4, folds=0, lift=0.5)
        )
    return parts


def hoops() -> Drawing:
    """A pair of hoop earrings."""
    parts: Drawing = []
    for x in (182.0, 418.0):
        parts += [
            Piece(band(opened((x - 8, 296), (x, 262), (x + 14, 258), (x + 20, 282)), 6), round=3, folds=0),
            Piece(oval(x, 410, 100, 112), "main", (oval(x, 406, 77, 88),), round=12, folds=0, lift=0.8),
        ]
    return parts


def bangle() -> Drawing:
    """A broad open bangle."""
    around = np.linspace(0, np.pi, 60)
    half = np.column_stack([np.cos(around) * 190, np.sin(around) * 106])
    top, low = moved(half, 300, 392), moved(half, 300, 462)
    return [
        Piece(oval(300, 392, 190, 106), "inside", (oval(300, 404, 170, 84),), round=14, folds=0),
        Piece(np.concatenate([top, low[::-1]]), round=36, folds=0, lift=0.4, plump=0.9),
        Seam(moved(half, 300, 404), 2.2, -0.2),
        Seam(moved(half, 300, 450), 2.2, -0.2),
    ]


def watch() -> Drawing:
    """A wrist watch on a leather strap."""
    upper = mirrored("0,108 34,110 40,124 54,330! 0,336")
    lower = mirrored("0,470 54,474! 38,690 24,706 0,710")
    marks = [
        Seam(
            np.array([[300 + np.sin(a) * 66, 400 - np.cos(a) * 66], [300 + np.sin(a) * 76, 400 - np.cos(a) * 76]]),
            4,
            cloth="dark",
        )
        for a in np.radians(np.arange(12) * 30)
    ]
    return [
        *(Piece(one, "main", round=18, folds=0) for one in (upper, lower)),
        *(stitches(opened((300 + x, 130), (300 + x * 1.36, 318))) for x in (-32, 32)),
        *(stitches(opened((300 + x * 1.36, 486), (300 + x, 682))) for x in (-32, 32)),
        *(Piece(oval(300, y, 4.5), "dark", round=3, folds=0, lift=0) for y in (590, 614, 638, 662)),
        Piece(
            rectangle(268, 104, 332, 134, 6), "buckle", (rectangle(277, 113, 323, 125, 3),), round=5, folds=0, lift=0.6
        ),
        Piece(rectangle(392, 388, 410, 412, 4), "buckle", round=5, folds=0),
        Piece(oval(300, 400, 98), "buckle", round=14, folds=0, lift=0.9),
        Piece(oval(300, 400, 84), "white", round=10, folds=0, lift=0, plump=-0.4),
        *marks,
        Seam(opened("300,408 300,346"), 4.5, cloth="dark"),
        Seam(opened("294,396 340,424"), 4.5, cloth="dark"),
        Piece(oval(300, 400, 5), "buckle", round=4, folds=0, lift=0),
    ]
