"""Jackets and coats."""

from dataclasses import replace
from itertools import pairwise

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    band,
    closed,
    flipped,
    mirrored,
    moved,
    opened,
    rectangle,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.bodice import (
    Arm,
    Bodice,
    Sleeve,
    arm_of,
    buttons,
    inside_back,
    shirt_collar,
    sleeves,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.tailoring import ARM, BLAZER, both, lapels, lining, spot, welt, zip_line
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam, stitches

SHORT = Bodice(
    neck=54, neck_drop=26, shoulder=160, armpit=158, armpit_y=286, waist=156, hem=142, hem_y=540, hem_curve=2
)


def blazer() -> Drawing:
    low, arm = BLAZER.neck_y + BLAZER.neck_drop, arm_of(BLAZER, ARM)
    return [
        *lining(BLAZER),
        *sleeves(BLAZER, ARM),
        Piece(BLAZER.split(1, 12), lift=0.5),
        Piece(BLAZER.split(-1, 14), lift=0.7),
        *both(Seam(opened("392,290 384,420 398,470"), 1.6, -0.22)),
        *lapels(BLAZER.neck, BLAZER.neck_y, low, 92),
        *welt(AXIS + 54, 470, 84, 20),
        Piece(closed("362,282! 414,272! 415,286! 363,296!"), round=6, lift=0.35),
        *buttons(AXIS + 1, low + 14, low + 78, 2, 8, "horn"),
        *both(*(part for share in (0.86, 0.905, 0.95) for part in buttons(*spot(arm.at(share, 0.62)), 1, 4.4, "horn"))),
    ]


def coat() -> Drawing:
    """A long single-breasted wool coat."""
    body = replace(BLAZER, neck_drop=220, waist=134, hem=172, hem_y=750, hem_curve=8)
    low = body.neck_y + body.neck_drop
    return [
        *lining(body),
        *sleeves(body, replace(ARM, cuff=78)),
        Piece(body.split(1, 14), lift=0.5),
        Piece(body.split(-1, 18), lift=0.7),
        *lapels(body.neck, body.neck_y, low, 96),
        *welt(AXIS + 58, 470, 84, 22, turn=8),
        *buttons(AXIS + 1, low + 16, low + 196, 3, 10, "horn"),
    ]


def trench() -> Drawing:
    """A belted trench coat with two rows of buttons."""
    body = replace(BLAZER, neck_drop=190, waist=122, waist_y=410, hem=184, hem_y=750, hem_curve=8)
    low = body.neck_y + body.neck_drop
    storm = closed("182,150! 160,262! 204,300 250,270 270,220! 240,130!")
    belt = mirrored("0,402 126,400! 126,430! 0,434")
    tail = closed("330,430! 360,428! 378,560! 360,574! 348,562!")
    sleeve = replace(ARM, cuff=80)
    arm = arm_of(body, sleeve)
    strap = Piece(band(opened(arm.at(0.86, 1.0), arm.at(0.866), arm.at(0.86, -1.0)), 18), round=7, folds=0, lift=0.4)
    epaulette = Piece(closed("374,124! 450,142! 446,160! 378,140 368,130"), round=8, folds=0, lift=0.5)
    return [
        *lining(body),
        *sleeves(body, sleeve),
        Piece(body.split(1, 44), lift=0.5),
        Piece(body.split(-1, 56), lift=0.7),
        Piece(storm, round=14, folds=0.5, lift=0.5),
        stitches(opened("168,268 204,293 246,264")),
        *lapels(body.neck, body.neck_y, low, 104),
        *both(epaulette, strap),
        *(part for x in (AXIS - 46, AXIS + 44) for part in buttons(x, low + 26, low + 84, 2, 8, "horn")),
        Piece(tail, round=10, folds=0.4, lift=0.7),
        Piece(belt, round=11, folds=0.4, lift=0.7),
        Piece(
            rectangle(AXIS + 16, 394, AXIS + 62, 440, 5),
            "horn",
            (rectangle(AXIS + 25, 403, AXIS + 53, 431, 3),),
            round=5,
            folds=0,
        ),
        *welt(AXIS + 78, 520, 22, 84, turn=-6),
    ]


def bomber() -> Drawing:
    """A zipped bomber with ribbed collar, cuffs and hem."""
    collar = mirrored("0,92 44,88 60,104 52,130 0,156!")
    sleeve = replace(ARM, length=316, cuff=80, angle=10, cuff_height=34, folds=1.5)
    arm = arm_of(SHORT, sleeve)
    hem = mirrored((0, 512), (SHORT.hem + 2, 508, 1), (SHORT.hem - 8, 556, 1), (0, 560))
    return [
        *sleeves(SHORT, sleeve),
        *inside_back(SHORT, 4),
        Piece(SHORT.split(1), lift=0.5, folds=1.3),
        Piece(SHORT.split(-1), lift=0.5, folds=1.3),
        Piece(hem, "rib", round=18, folds=0.2, lift=0.4),
        Piece(collar, "rib", round=18, folds=0, lift=0.5),
        Piece(mirrored("0,104 34,101 40,108 0,132"), "inside", folds=0, lift=0),
        *both(Piece(closed("362,420! 372,416! 412,488! 402,494!"), round=5, folds=0, lift=0.4)),
        *zip_line(132, 558),
        Seam(opened(arm.at(0.3, 0.35), arm.at(0.42, 0.3)), 4.4, cloth="metal", dash=2.2),
    ]


def puffer() -> Drawing:
    """A quilted jacket with a high collar."""
    rows = [118 + 56 * row for row in range(9)]
    body = replace(SHORT, shoulder=166, armpit=162, waist=166, hem=156, hem_y=580)
    quilts: Drawing = []
    for top, low in pairwise(rows[1:]):
        wide = [float(v) for v in (166, 162, 164, 166, 167, 166, 163, 158)]
        first, last = wide[min(7, (top - 118) // 56)], wide[min(7, (low - 118) // 56)]
        shape = mirrored(
            (0, top - 2),
            (first - 4, top - 2, 1),
            ((first + last) / 2 + 7, (top + low) / 2),
            (last - 4, low + 1, 1),
            (0, low + 3),
        )
        quilts.append(Piece(shape, round=27, plump=0.85, folds=1.6, lift=0.3, grain=80))
    collar = mirrored("0,64 50,60 68,76 70,128 0,142")
    sleeve = Sleeve(length=330, cuff=88, angle=10, bend=10, hem=0)
    arm = arm_of(body, sleeve)
    return [
        *sleeves(body, sleeve),
        *both(*(_arm_quilt(arm, 0.1 + 0.15 * number) for number in range(6))),
        Piece(body.outline(), lift=0.4),
        *quilts,
        Piece(collar, round=28, folds=1, lift=0.5, grain=80),
        Piece(mirrored("0,72 40,70 54,80 0,94"), "inside", folds=0, lift=0),
        *zip_line(96, 568),
    ]


def _arm_quilt(arm: Arm, near: float) -> Piece:
    far = near + 0.15
    shape = closed(
        (*arm.at(near, -1), 1), arm.at(near - 0.01), (*arm.at(near, 1), 1), arm.at((near + far) / 2, 1.14),
        (*arm.at(far, 1), 1), arm.at(far + 0.012), (*arm.at(far, -1), 1), arm.at((near + far) / 2, -1.08),
    )  # fmt: skip
    return Piece(shape, round=25, plump=0.85, folds=1.4, lift=0.3, grain=80)


def trucker() -> Drawing:
    """A denim jacket."""
    body = replace(SHORT, neck=50, neck_drop=40, waist=144, hem=136, hem_y=530)
    thread = "thread"
    seam = opened("358,262 350,400 340,520")
    flap = closed("340,250! 412,250! 412,272! 376,286! 340,272!")
    yoke = opened("312,246 448,250")
    hem = mirrored("0,506 140,504! 136,536! 0,540")
    return [
        *sleeves(body, replace(ARM, length=322, cuff=70, angle=10, cuff_height=30, cuff_cloth="main")),
        Piece(body.outline(), lift=0.5),
        *both(Seam(yoke, 2, -0.3), stitches(moved(yoke, 0, 4), cloth=thread), Seam(seam, 2, -0.3)),
        *both(stitches(moved(seam, 4, 0), cloth=thread), stitches(opened("400,290 384,400 362,504"), cloth=thread)),
        *both(
            Piece(flap, round=8, folds=0.3, lift=0.4),
            stitches(opened("343,253 343,270! 376,283! 409,270! 409,253"), cloth=thread),
        ),
        *both(*buttons(AXIS + 76, 274, 274, 1, 5, "metal")),
        Piece(hem, round=12, folds=0.3, lift=0.3),
        Piece(rectangle(AXIS - 14, 152, AXIS + 14, 538), round=7, folds=0.5, lift=0.3),
        *(stitches(opened((AXIS + x, 156), (AXIS + x, 536)), cloth=thread) for x in (-10, 10)),
        stitches(opened("164,511 300,514 436,511"), cloth=thread),
        *buttons(AXIS, 176, 522, 6, 6.5, "metal"),
        *shirt_collar(body, spread=64, point=66),
    ]


def biker() -> Drawing:
    """A leather jacket with a slanting zip."""
    body = replace(SHORT, neck=50, neck_drop=60, waist=140, hem=138, hem_y=530, hem_curve=4)
    sleeve = replace(ARM, length=326, cuff=68, angle=10)
    arm = arm_of(body, sleeve)
    cross = opened("374,168 352,320 334,532")
    flap = closed("320,160! 362,126! 416,196! 400,262 362,320!")
    left = closed("288,172! 242,122! 196,196! 220,226 286,300!")
    pocket = opened("188,400 238,436")
    return [
        *sleeves(body, sleeve),
        *both(Seam(opened(arm.at(0.8, 0.45), arm.at(0.99, 0.5)), 3.6, cloth="metal", dash=2.2)),
        *inside_back(body, 4),
        Piece(body.outline(), lift=0.5),
        *both(Seam(opened("358,118 440,232"), 1.6, -0.3)),
        Piece(band(cross, 8), "dark", round=4, folds=0, lift=0.2),
        Seam(cross, 4.4, cloth="metal", dash=2.4),
        Piece(left, round=14, folds=0.4, lift=0.8),
        Piece(flap, round=14, folds=0.4, lift=0.8),
        *(Seam(line, 4.2, cloth="metal", dash=2.4) for line in (pocket, flipped(pocket), opened("188,262 242,280"))),
        Piece(mirrored("0,494 141,490! 138,534! 0,538"), round=14, folds=0.3, lift=0.3),
        Piece(
            rectangle(AXIS - 92, 502, AXIS - 56, 530, 3),
            "metal",
            (rectangle(AXIS - 86, 508, AXIS - 62, 524, 2),),
            round=4,
            folds=0,
        ),
        *shirt_collar(replace(body, neck_drop=34), spread=66, point=50),
        *both(*buttons(AXIS + 98, 200, 200, 1, 4, "metal"), *buttons(AXIS + 60, 158, 158, 1, 4, "metal")),
    ]


def raincoat() -> Drawing:
    """A hooded raincoat with snaps."""
    body = replace(SHORT, neck=56, neck_drop=30, shoulder=156, waist=160, hem=182, hem_y=690, hem_curve=8)
    hood = mirrored("0,24 64,34 100,92 90,144 56,172 0,182")
    opening = mirrored("0,50 44,60 64,104 44,150 0,166")
    strip = rectangle(AXIS - 20, 160, AXIS + 20, 696)
    return [
        *sleeves(body, replace(ARM, cuff=84, length=330, hem=14)),
        Piece(body.outline(), lift=0.5),
        Piece(hood, round=40, lift=0.8),
        Piece(opening, "inside", lift=0.4),
        Piece(strip, round=8, folds=0.6, lift=0.4),
        *(stitches(opened((AXIS + x, 164), (AXIS + x, 694))) for x in (-15, 15)),
        *buttons(AXIS, 196, 600, 6, 7, "metal"),
        *welt(AXIS + 56, 470, 92, 34, turn=4),
        stitches(body.hem_line(14)),
    ]
