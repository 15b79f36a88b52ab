"""What is worn on duty: the uniform jacket and the flight suit."""

from dataclasses import replace

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    band,
    closed,
    mirrored,
    opened,
    oval,
    rectangle,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.bodice import (
    Arm,
    Bodice,
    Sleeve,
    arm_of,
    buttons,
    sleeves,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.tailoring import ARM, BLAZER, both, lapels, lining, welt, zip_line
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam, stitches


def uniform_jacket() -> Drawing:
    """A double-breasted uniform jacket: gold buttons in two rows, gold rings on its cuffs, a bar of ribbons."""
    body = replace(BLAZER, neck_drop=190)
    low = body.neck_y + body.neck_drop
    arm = arm_of(body, ARM)
    rings = [opened(arm.at(at, 1.02), arm.at(at + 0.008), arm.at(at, -1.02)) for at in (0.8, 0.845, 0.89)]
    ribbons: Drawing = []
    for row in range(2):
        for column, cloth in enumerate(("ink", "button", "ink2")):
            x, y = AXIS + 58 + 19 * column, 268 + 11 * row
            ribbons.append(Piece(rectangle(x, y, x + 18, y + 10), cloth, round=4, folds=0, lift=0.2))
    return [
        *lining(body),
        Piece(mirrored("0,96 46,104! 22,290! 0,294"), "white", folds=0.5),
        Piece(mirrored("0,140 12,138! 8,162 15,300! 0,304"), "dark", round=10, folds=0.3),
        *both(Piece(closed("302,140! 340,94! 348,120 332,172!"), "white", round=10, folds=0)),
        *sleeves(body, ARM),
        Piece(body.split(1, 40), lift=0.5),
        Piece(body.split(-1, 52), lift=0.7),
        *lapels(body.neck, body.neck_y, low, 92, notch=0.42),
        *both(*(Piece(band(ring, 6), "gold", round=4, folds=0, lift=0.2) for ring in rings)),
        *(part for x in (AXIS - 44, AXIS + 44) for part in buttons(x, low + 34, low + 204, 3, 9, "gold")),
        *welt(AXIS + 62, 486, 78, 22),
        *ribbons,
    ]


def flight_suit() -> Drawing:
    """A one-piece suit as astronauts wear: zips over it, a mission patch, a flag, a ring of metal at the neck."""
    outline = mirrored(
        "0,132 44,124 58,100! 138,126! 124,190 122,236! 112,330 110,390 124,470 122,600 106,762! 34,766! 26,620 6,486!"
    )
    upper = Bodice(neck=58, shoulder=138, shoulder_y=126, armpit=122, armpit_y=236)
    sleeve = Sleeve(length=316, cuff=66, angle=11, bend=8, cuff_height=22, cuff_cloth="dark", folds=1.8)
    neck = mirrored("0,92 46,88 66,100 60,124 0,146")
    leg = opened("416,470 412,620")
    pocket = closed("346,520! 406,512! 404,606! 344,610!")
    cuff = closed("336,738! 409,734! 408,768! 332,770!")
    slant = opened("340,300 392,276")
    return [
        *sleeves(upper, sleeve),
        Piece(outline, lift=0.5, folds=1.7),
        Piece(mirrored("0,386 113,382! 112,410! 0,414"), round=10, folds=0.5, lift=0.4),
        *both(Piece(pocket, round=12, folds=0.8, lift=0.5), stitches(opened("348,528 404,521"))),
        *both(Seam(opened("350,524 402,517"), 4, cloth="metal", dash=2.2), Seam(leg, 1.6, -0.25)),
        *both(Seam(slant, 4.4, cloth="metal", dash=2.2), Seam(opened("360,660 404,652"), 4, cloth="metal", dash=2.2)),
        *both(Piece(cuff, "dark", round=10, folds=0.4, lift=0.3)),
        Piece(neck, "metal", round=18, folds=0, lift=0.7),
        Piece(mirrored("0,98 40,95 52,104 0,128"), "dark", folds=0, lift=0),
        *zip_line(144, 482),
        *_patches(arm_of(upper, sleeve)),
    ]


def _patches(arm: Arm) -> Drawing:
    """A round mission patch, a name strip, and a flag on the shoulder."""
    x, y = AXIS - 68, 226
    fx, fy = arm.at(0.24, 0.12)
    flag: Drawing = [Piece(rectangle(fx - 22, fy - 14, fx + 22, fy + 14, 2), "white", round=4, folds=0, lift=0.3)]
    flag += [Seam(opened((fx - 21, fy + dy), (fx + 21, fy + dy)), 3, cloth="ink2") for dy in (-10, -3, 4, 11)]
    flag.append(Piece(rectangle(fx - 21, fy - 13, fx - 2, fy + 1), "ink", round=3, folds=0, lift=0))
    swoosh = opened((x - 24, y + 12), (x, y + 2), (x + 24, y - 14))
    return [
        Piece(oval(x, y, 31), "white", round=6, folds=0, lift=0.4),
        Piece(oval(x, y, 28), "ink", round=8, folds=0, lift=0),
        Piece(band(swoosh, 2, 6, 2), "ink2", round=4, folds=0, lift=0),
        *(
            Piece(oval(x + dx, y + dy, 2), "white", folds=0, plump=0, lift=0)
            for dx, dy in ((-10, -10), (8, -14), (12, 10))
        ),
        Piece(rectangle(AXIS + 40, 214, AXIS + 98, 234, 2), "dark", round=5, folds=0, lift=0.3),
        Seam(opened("348,224 390,224"), 3, dash=5, cloth="gold"),
        *flag,
    ]
