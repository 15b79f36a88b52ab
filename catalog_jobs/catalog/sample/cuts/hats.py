"""Hats."""

from catalog_jobs.catalog.sample.curves import AXIS, band, closed, mirrored, moved, opened, oval
from catalog_jobs.catalog.sample.cuts.tailoring import both
from catalog_jobs.catalog.sample.drawing import Drawing, Flutes, Piece, Seam, stitches


def cap() -> Drawing:
    """A baseball cap from three quarters."""
    crown = closed("150,456! 148,380 186,290 270,246 350,254 412,310 438,400 440,446! 380,430 280,432 200,446")
    peak = closed("196,446! 300,428 440,442! 520,474 556,516 536,534 440,502 320,494 232,500 190,478")
    under = closed("190,478 232,500 320,494 440,502 536,534 520,542 430,516 310,508 220,514")
    seams = [opened("278,248 236,330 226,444"), opened("300,247 352,330 372,432"), opened("262,250 180,330 162,452")]
    return [
        Piece(under, "inside", folds=0),
        Piece(crown, round=70, folds=0.7, lift=0.4),
        *(Seam(line, 2, -0.3) for line in seams),
        *(stitches(moved(line, dx, 0)) for line in seams for dx in (-5, 5)),
        *(Piece(oval(x, y, 4.5), "trim", round=3, folds=0, lift=0.1) for x, y in ((206, 340), (300, 316), (384, 336))),
        Piece(peak, round=26, folds=0.2, lift=0.6),
        *(
            stitches(
                opened((204 + n * 3, 462 + 9 * n), (310, 446 + 11 * n), (440, 458 + 11 * n), (528 + n, 500 + 8 * n))
            )
            for n in range(4)
        ),
        Piece(oval(284, 246, 14, 9), round=7, folds=0, lift=0.4),
    ]


def bucket_hat() -> Drawing:
    crown = mirrored("0,262 92,268 118,288 138,420! 70,436 0,440")
    brim = mirrored("0,432 70,428 138,412! 214,520 208,540! 110,566 0,574")
    rows = [
        opened(
            (AXIS - 138 - 17 * n, 424 + 25 * n),
            (AXIS - 70 - 9 * n, 442 + 28 * n),
            (AXIS, 447 + 29 * n),
            (AXIS + 70 + 9 * n, 442 + 28 * n),
            (AXIS + 138 + 17 * n, 424 + 25 * n),
        )
        for n in range(5)
    ]
    return [
        Piece(brim, round=34, folds=0.5),
        *(stitches(row) for row in rows),
        Piece(crown, round=50, folds=0.8, lift=0.5),
        Seam(opened("181,292 240,306 300,310 360,306 419,292"), 2, -0.3),
        stitches(opened("180,298 240,312 300,316 360,312 420,298")),
        *both(Piece(oval(AXIS + 96, 372, 5, 6), "metal", (oval(AXIS + 96, 372, 2.4),), round=3, folds=0, lift=0.1)),
    ]


def beanie() -> Drawing:
    """A knitted hat with a turned-up brim and a bobble."""
    crown = mirrored("0,214 64,224 128,290 156,400 158,480! 0,492")
    brim = mirrored("0,452 100,446 164,436! 168,530! 100,544 0,549")
    return [
        Piece(oval(AXIS, 186, 58, 54), "bobble", round=50, folds=2.4, plump=0.8),
        Piece(crown, round=80, folds=0.4, lift=0.5, flutes=Flutes((AXIS, 190), 9, 2.0)),
        Piece(brim, "rib", round=34, folds=0.2, lift=0.7),
    ]


def fedora() -> Drawing:
    """A felt hat with a wide brim and a band."""
    brim = closed("52,470 120,440 300,424 480,440 548,470 520,510 420,536 300,542 180,536 80,510")
    crown = mirrored("0,250 34,236 84,232 116,258 132,340 140,474! 80,492 0,497")
    ribbon = mirrored("0,452 80,446 136,430! 140,476! 80,494 0,499")
    return [
        Piece(brim, round=40, folds=0.4, plump=0.7),
        Seam(
            closed("60,474 126,446 300,430 474,446 540,474 512,505 416,529 300,535 184,529 88,505"),
            1.4,
            -0.2,
            is_closed=True,
        ),
        Piece(crown, round=60, folds=0.4, lift=0.7),
        Seam(band(opened("252,262 300,282 340,262"), 2, 12, 2), 3, -0.16, is_closed=True),
        Piece(ribbon, "strap", round=14, folds=0, lift=0.4),
        Piece(closed("396,438! 422,430! 424,482! 398,490!"), "strap", round=8, folds=0, lift=0.6),
    ]


def beret() -> Drawing:
    crown = closed("112,420 130,330 250,276 380,286 478,350 492,420 440,470 360,480! 220,486! 150,470")
    edge = closed("204,474! 290,484 376,470! 378,500! 290,516 208,504!")
    return [
        Piece(edge, "rib", round=12, folds=0.2),
        Piece(crown, round=80, folds=1.2, lift=0.6),
        Piece(band(opened("300,286 304,264 312,250"), 9, 6), round=4, folds=0, lift=0.3),
    ]
