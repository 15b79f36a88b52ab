"""Bags."""

from catalog_jobs.catalog.sample.curves import AXIS, band, closed, flipped, mirrored, moved, opened, oval, rectangle
from catalog_jobs.catalog.sample.cuts.bodice import buttons
from catalog_jobs.catalog.sample.cuts.tailoring import both
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam, stitches


def tote() -> Drawing:
    """A large open bag with two handles."""
    outline = mirrored("0,330 170,322! 158,640 144,668! 0,676")
    handle = [
        (AXIS - 84, 380),
        (AXIS - 78, 240),
        (AXIS - 48, 150),
        (AXIS, 132),
        (AXIS + 48, 150),
        (AXIS + 78, 240),
        (AXIS + 84, 380),
    ]
    rear = [(x * 0.94 + AXIS * 0.06, y - 22 if 130 < y < 380 else y) for x, y in handle]
    tab = closed("366,366! 402,366! 402,420! 384,434! 366,420!")
    return [
        Piece(band(opened(*rear), 15), "strap", round=7, folds=0),
        Piece(mirrored("0,316 150,314 170,322! 150,336 0,340"), "inside", folds=0, lift=0.2),
        Piece(outline, round=30, folds=0.5, lift=0.4),
        stitches(opened("132,334 300,342 468,334")),
        Seam(opened("148,612 300,622 452,612"), 1.8, -0.25),
        Piece(band(opened(*handle), 17), "strap", round=8, folds=0, lift=0.8),
        *both(
            Piece(tab, "strap", round=9, folds=0, lift=0.4),
            stitches(opened("370,372 370,418! 384,429! 398,418! 398,372")),
        ),
        *both(*buttons(AXIS + 84, 398, 398, 1, 5.5, "gold")),
    ]


def shoulder_bag() -> Drawing:
    """A small flap bag on a long strap."""
    strap = opened("160,440 150,300 196,150 300,104 404,150 450,300 440,440")
    body = mirrored("0,420 142,416 156,440 164,580 150,626 100,640 0,642")
    flap = mirrored("0,412 140,410 158,426 160,500 120,552 0,566")
    edge = mirrored("0,420 134,418 150,432 152,496 114,544 0,557")
    return [
        Piece(band(strap, 13), round=6, folds=0),
        *both(Piece(oval(AXIS + 141, 430, 13), "gold", (oval(AXIS + 141, 430, 8),), round=4, folds=0)),
        Piece(body, round=34, folds=0.3, lift=0.5),
        Piece(flap, round=30, folds=0.3, lift=0.9),
        Seam(edge, 1.2, -0.25, dash=5, is_closed=True),
        Piece(rectangle(AXIS - 20, 536, AXIS + 20, 584, 8), "gold", round=8, folds=0, lift=0.7),
        Piece(rectangle(AXIS - 7, 552, AXIS + 7, 572, 4), "gold", round=4, folds=0, lift=0.7),
    ]


def top_handle_bag() -> Drawing:
    """A structured handbag with one handle and a clasp."""
    body = mirrored("0,372 116,368 134,384 172,600 164,638 130,648 0,650")
    handle = opened("224,384 222,290 256,226 300,212 344,226 378,290 376,384")
    flap = mirrored("0,366 118,362 134,376 144,440 100,468 0,474")
    belt = closed("289,440! 311,440! 311,520! 300,532! 289,520!")
    return [
        Piece(body, round=36, folds=0.25),
        Piece(flap, round=24, folds=0.2, lift=0.8),
        stitches(opened("164,432 204,458 300,465 396,458 436,432")),
        Piece(band(handle, 18), round=9, folds=0, lift=0.8),
        *both(Piece(rectangle(AXIS + 64, 372, AXIS + 90, 398, 4), "gold", round=6, folds=0, lift=0.5)),
        Piece(belt, round=9, folds=0, lift=0.6),
        Piece(
            rectangle(AXIS - 20, 468, AXIS + 20, 498, 5),
            "gold",
            (rectangle(AXIS - 12, 475, AXIS + 12, 491, 3),),
            round=5,
            folds=0,
        ),
        stitches(opened("140,612 300,622 460,612")),
        *both(Piece(oval(AXIS + 128, 650, 7, 5), "gold", round=4, folds=0)),
    ]


def backpack() -> Drawing:
    """A rucksack with a front pocket."""
    body = mirrored("0,196 92,206 142,262 158,440 160,606 140,652 0,660")
    pocket = mirrored("0,438 104,434 118,450 122,590 104,618 0,624")
    loop = opened("266,206 272,156 300,146 328,156 334,206")
    strap = opened("396,240 486,330 504,470 452,610")
    lid = opened("162,330 188,256 300,232 412,256 438,330")
    return [
        *both(Piece(band(strap, 26, 24, 14), round=11, folds=0.2)),
        Piece(band(loop, 13), "trim", round=6, folds=0),
        Piece(body, round=52, folds=0.8, lift=0.6),
        Piece(band(lid, 7), "dark", round=4, folds=0, lift=0.2),
        Seam(lid, 3.4, cloth="metal", dash=2.2),
        Piece(pocket, round=34, folds=0.6, lift=0.6),
        Seam(opened("192,474 300,480 408,474"), 4.6, cloth="metal", dash=2.2),
        Piece(closed("398,470! 408,470! 406,506! 399,506!"), "trim", round=4, folds=0),
        Piece(rectangle(AXIS - 34, 340, AXIS + 34, 388, 6), "trim", round=10, folds=0, lift=0.4),
        stitches(rectangle(AXIS - 29, 345, AXIS + 29, 383, 4)),
        stitches(opened("188,600 300,614 412,600")),
    ]


def clutch() -> Drawing:
    """An envelope clutch."""
    body = rectangle(110, 300, 490, 540, 12)
    flap = closed("108,310 116,298 300,294 484,298 492,310! 470,400 320,462 300,466 280,462 130,400")
    return [
        Piece(body, round=30, folds=0.3),
        Piece(flap, round=26, folds=0.3, lift=0.9),
        Seam(opened("120,312 140,394 282,453 300,456 318,453 460,394 480,312"), 1.3, -0.25, dash=5),
        Piece(oval(300, 440, 13), "gold", round=9, folds=0, lift=0.6),
    ]


def crescent_bag() -> Drawing:
    """A half-moon bag under a short strap."""
    body = mirrored("0,404 90,384 168,352! 182,376 168,470 110,548 0,574")
    strap = opened("134,366 180,236 300,170 420,236 466,366")
    line = opened("136,366 210,396 300,414 390,396 464,366")
    return [
        Piece(band(strap, 22), round=10, folds=0.2),
        *both(Piece(oval(AXIS + 166, 362, 15), "metal", (oval(AXIS + 166, 362, 9),), round=5, folds=0)),
        Piece(body, round=52, folds=1.1, lift=0.5),
        Seam(line, 4.6, cloth="metal", dash=2.2),
        stitches(moved(line, 0, 9)),
        Piece(flipped(closed("430,386! 440,382! 452,420! 442,424!")), "metal", round=4, folds=0),
    ]
