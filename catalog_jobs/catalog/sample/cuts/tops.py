"""T-shirts, shirts, blouses, knitwear."""

from dataclasses import replace

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    Knot,
    Points,
    band,
    closed,
    flipped,
    mirrored,
    opened,
    oval,
    rectangle,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.bodice import (
    Bodice,
    Sleeve,
    buttons,
    inside_back,
    neck_band,
    patch_pocket,
    placket,
    shirt_collar,
    sleeves,
)  # fmt: skip
from catalog_jobs.catalog.sample.drawing import Drawing, Flutes, Piece, Seam, stitches

TEE = Bodice(neck=58, shoulder=152, armpit=148, armpit_y=262, waist=146, hem=150, hem_y=570)
KNIT = replace(TEE, neck=60, neck_drop=40, shoulder=160, armpit=158, armpit_y=282, waist=160, hem=148, hem_y=548)
SHIRT = Bodice(neck=50, neck_drop=46, shoulder=148, armpit=144, waist=138, hem=150, hem_y=590, hem_curve=44)
LONG = Sleeve(length=330, cuff=58, angle=10, bend=9)


def t_shirt() -> Drawing:
    return [
        *inside_back(TEE),
        *sleeves(TEE, Sleeve(length=116, cuff=98, angle=33)),
        Piece(TEE.outline(), lift=0.4),
        *neck_band(TEE),
        stitches(TEE.hem_line()),
        stitches(TEE.hem_line(16)),
    ]


def planet_tee() -> Drawing:
    """A t-shirt with a ringed planet on its chest."""
    x, y = AXIS, 300
    back = opened((x - 78, y + 28), (x - 30, y - 12), (x + 40, y - 40), (x + 76, y - 38))
    front = opened((x - 78, y + 28), (x - 66, y + 38), (x, y + 18), (x + 60, y - 18), (x + 76, y - 38))
    stars = [(-62, -46, 4.5), (66, 44, 5), (48, -72, 3.5), (-40, 66, 3.5), (-84, -8, 3)]
    return [
        *t_shirt(),
        _ink(band(back, 3, 10, 3), "ink2"),
        _ink(oval(x, y, 50), "ink"),
        _ink(band(opened((x - 47, y - 14), (x, y - 22), (x + 45, y - 18)), 3, 9, 3), "ink2"),
        _ink(band(opened((x - 40, y + 28), (x, y + 30), (x + 38, y + 30)), 2, 7, 2), "ink2"),
        _ink(band(front, 3, 13, 3), "ink2"),
        *(_ink(oval(x + dx, y + dy, radius), "ink2") for dx, dy, radius in stars),
    ]


def sunset_tee() -> Drawing:
    """A t-shirt with a sun over waves on its chest."""
    x, y = AXIS, 300
    sun = closed((x - 62, y + 10, 1), (x - 44, y - 34), (x, y - 54), (x + 44, y - 34), (x + 62, y + 10, 1))
    return [
        *t_shirt(),
        _ink(sun, "ink"),
        *(_ink(rectangle(x - w, y - dy, x + w, y - dy + 4), "plain") for dy, w in ((8, 57), (22, 51))),
        *(_ink(_wave(x, y + row), "ink2") for row in (26, 44, 62)),
    ]


def _wave(x: float, y: float) -> Points:
    knots = [(x + step, y + (5 if number % 2 else -5)) for number, step in enumerate(range(-75, 76, 25))]
    return band(opened(*knots), 3, 8, 3)


def _ink(outline: Points, cloth: str) -> Piece:
    return Piece(outline, cloth, folds=0, plump=0, lift=0)


def tank() -> Drawing:
    """A ribbed tank top with broad straps."""
    neck: list[Knot] = [(0, 236), (46, 214), (70, 130, 1), (112, 130, 1), (112, 200), (140, 272, 1)]
    outline = mirrored(*neck, (130, 400), (142, 580, 1), (70, 586), (0, 588))
    back = mirrored("0,178 50,164 72,128! 108,128! 116,210! 60,240 0,244")
    edge = opened(*[(AXIS - k[0], k[1]) for k in reversed(neck[:3])], *[(AXIS + k[0], k[1]) for k in neck[1:3]])
    arm = opened(*[(AXIS + k[0], k[1]) for k in neck[3:]])
    bands = [Piece(band(line, 9), "rib", round=7, folds=0, lift=0.3) for line in (edge, arm, flipped(arm))]
    hem = opened("159,566 300,575 441,566")
    return [Piece(back, "inside", folds=0.3), Piece(outline, lift=0.5), *bands, stitches(hem)]


def camisole() -> Drawing:
    """A slip top on thin straps."""
    outline = mirrored("0,262! 40,240 84,196! 128,262 140,290! 132,420 158,590! 80,600 0,603")
    back = mirrored("0,270 134,268! 134,300! 0,310")
    strap = band(opened("384,200 392,150 384,104"), 5)
    rear = band(opened("384,104 402,170 408,272"), 5)
    edge = opened("216,199! 260,244 300,266! 340,244 384,199")
    flow = Flutes((AXIS, -300), 34, 2.2, 300, 260)
    return [
        *(Piece(side(rear), "inside", round=3, folds=0) for side in (_same, flipped)),
        Piece(back, "inside"),
        *(Piece(side(strap), "plain", round=3, folds=0, lift=0.4) for side in (_same, flipped)),
        Piece(outline, lift=0.5, flutes=flow),
        Piece(band(edge, 7), "plain", round=4, folds=0, lift=0.2),
        stitches(opened("146,580 300,593 454,580")),
    ]


def shirt() -> Drawing:
    """A shirt with long sleeves, a collar, buttons and a pocket."""
    return [
        *sleeves(SHIRT, replace(LONG, cuff_height=34, cuff_cloth="main")),
        Piece(SHIRT.outline(), lift=0.5),
        *placket(SHIRT),
        stitches(SHIRT.hem_line(8)),
        *patch_pocket(AXIS + 40, 260, 62, 74),
        *shirt_collar(SHIRT),
    ]


def camp_shirt() -> Drawing:
    """A boxy shirt with short sleeves."""
    body = replace(SHIRT, shoulder=156, armpit=156, waist=156, hem=158, hem_y=560, hem_curve=4)
    return [
        *sleeves(body, Sleeve(length=126, cuff=112, angle=30)),
        Piece(body.outline(), lift=0.5),
        *placket(body, count=6),
        stitches(body.hem_line()),
        *patch_pocket(AXIS + 46, 256, 66, 74, tip=0),
        *shirt_collar(body, spread=66, point=66),
    ]


def blouse() -> Drawing:
    """A blouse with full sleeves and a bow at the neck."""
    body = Bodice(neck=48, neck_drop=36, shoulder=136, armpit=138, waist=130, hem=150, hem_y=560, hem_curve=12)
    sleeve = Sleeve(length=316, cuff=66, angle=11, bend=10, puff=20, cuff_height=26, cuff_cloth="plain", folds=1.7)
    knot_y = 160
    loop = closed((AXIS, knot_y, 1), (AXIS + 44, knot_y - 32), (AXIS + 82, knot_y - 16), (AXIS + 68, knot_y + 24))
    tail = closed(
        (AXIS - 2, knot_y, 1),
        (AXIS + 22, knot_y + 80),
        (AXIS + 30, knot_y + 176, 1),
        (AXIS + 62, knot_y + 164, 1),
        (AXIS + 44, knot_y + 60),
        (AXIS + 10, knot_y - 4, 1),
    )
    collar = mirrored("0,110 36,104 52,100! 56,128 0,172!")
    return [
        *sleeves(body, sleeve),
        Piece(body.outline(), lift=0.5, folds=1.3, flutes=Flutes((AXIS, -100), 30, 2.0, 200, 200)),
        *buttons(AXIS, 280, 500, 5, 4.2),
        stitches(body.hem_line()),
        Piece(collar, "main", round=20, lift=0.5),
        Piece(mirrored("0,112 30,106 40,112 30,126 0,132"), "inside", folds=0.2, lift=0),
        Piece(tail, round=16, lift=0.9),
        Piece(flipped(tail), round=16, lift=0.9),
        Piece(loop, round=20, lift=0.9, grain=70),
        Piece(flipped(loop), round=20, lift=0.9, grain=-70),
        Piece(oval(AXIS, knot_y, 15, 19), round=14, lift=0.7),
    ]


def sweater() -> Drawing:
    """A jumper with ribbed neck, cuffs and hem."""
    return [
        *inside_back(KNIT),
        *sleeves(KNIT, replace(LONG, length=292, cuff=70, angle=11, cuff_height=40, cuff_cloth="rib")),
        Piece(KNIT.outline(), lift=0.6),
        Piece(_hem_band(KNIT, 42), "rib", round=18, folds=0.2, lift=0.3),
        *neck_band(KNIT, 22),
    ]


def turtleneck() -> Drawing:
    body = replace(KNIT, neck=54, neck_drop=16, shoulder=146, armpit=144, armpit_y=268, waist=138, hem=142, hem_y=570)
    neck = mirrored("0,66 40,64 56,70 56,118 62,134 0,146")
    return [
        *sleeves(body, replace(LONG, cuff=54, cuff_height=30, cuff_cloth="rib")),
        Piece(body.outline(), lift=0.5),
        Piece(_hem_band(body, 30), "rib", round=14, folds=0.2, lift=0.2),
        Piece(neck, "rib", round=30, folds=0.2, lift=0.5),
        Seam(opened("245,108 300,120 355,108"), 2.2, -0.22),
    ]


def cardigan() -> Drawing:
    """A V-necked cardigan with buttons and two pockets."""
    body = replace(KNIT, neck=54, neck_drop=176, neckline="v", hem_y=566, hem_curve=2)
    left, right = body.split(-1, 10), body.split(1, 10)
    low = body.neck_y + body.neck_drop
    edge = opened((AXIS + 54, 112), (AXIS + 28, low - 90), (AXIS + 2, low, 1), (AXIS + 2, body.hem_y + 4))
    return [
        *inside_back(body, 8),
        *sleeves(body, replace(LONG, length=300, cuff=68, angle=11, cuff_height=36, cuff_cloth="rib")),
        Piece(left, lift=0.5),
        Piece(right, lift=0.5),
        Piece(_hem_band(body, 34), "rib", round=14, folds=0.2, lift=0.2),
        Piece(band(flipped(edge), 18), "rib", round=8, folds=0, lift=0.3),
        Piece(band(edge, 18), "rib", round=8, folds=0, lift=0.4),
        *buttons(AXIS + 2, low + 8, 548, 5, 7, "horn"),
        *(part for x in (AXIS - 124, AXIS + 48) for part in patch_pocket(x, 420, 76, 84, tip=0)),
    ]


def _hem_band(body: Bodice, height: float) -> Points:
    y = body.hem_y
    half: list[Knot] = [(0, y - height + body.hem_curve), (body.hem + 3, y - height - 2, 1), (body.hem - 3, y + 2, 1)]
    return mirrored(*half, (body.hem * 0.6, y + body.hem_curve), (0, y + body.hem_curve + 3))


def hoodie() -> Drawing:
    """A hooded sweatshirt with a pouch and drawstrings."""
    body = replace(KNIT, neck=62, neck_drop=62, shoulder=164, armpit=160, armpit_y=290, waist=164, hem=150, hem_y=566)
    hood = mirrored("0,34 62,44 96,96 92,150 66,186 0,204")
    opening = mirrored("0,62 42,70 60,110 48,156 14,190 0,196!")
    lap = closed("236,118! 258,160 308,204! 280,206 220,172 210,140!")
    pouch = mirrored("0,428 62,428! 100,500! 100,532! 0,538")
    cord = band(opened("324,190 328,240 322,300"), 5)
    return [
        *sleeves(body, replace(LONG, length=292, cuff=74, angle=11, cuff_height=38)),
        Piece(body.outline(), lift=0.5),
        Piece(_hem_band(body, 40), "rib", round=18, folds=0.2, lift=0.3),
        Piece(hood, round=40, lift=0.9),
        Piece(opening, "inside", folds=0.8, lift=0.4),
        Piece(flipped(lap), round=14, lift=0.5, folds=0.5),
        Piece(lap, round=14, lift=0.6, folds=0.5),
        Piece(pouch, round=18, lift=0.5),
        stitches(opened("204,506 240,434")),
        stitches(opened("396,506 360,434")),
        *(Piece(side(cord), "cord", round=3, folds=0, lift=0.7) for side in (_same, flipped)),
        *(Piece(side(oval(AXIS + 26, 196, 4.5)), "metal", round=4, folds=0, lift=0.3) for side in (_same, flipped)),
    ]


def _same(points: Points) -> Points:
    return points
