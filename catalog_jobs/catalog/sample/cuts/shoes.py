"""Shoes, drawn from the side, the second of the pair behind the first."""

from collections.abc import Sequence
from dataclasses import replace

from catalog_jobs.catalog.sample.curves import band, closed, moved, opened, oval
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam, stitches


def pair(shoe: Drawing, dx: float = 62, dy: float = -92) -> Drawing:
    """A shoe in front of its fellow."""
    behind: Drawing = []
    for part in shoe:
        if isinstance(part, Piece):
            holes = tuple(moved(hole, dx, dy) for hole in part.holes)
            behind.append(replace(part, outline=moved(part.outline, dx, dy), holes=holes))
        else:
            behind.append(replace(part, line=moved(part.line, dx, dy)))
    first, *rest = shoe
    return [*behind, replace(first, lift=1.4) if isinstance(first, Piece) else first, *rest]


def _laces(places: Sequence[tuple[float, float, float, float]]) -> Drawing:
    parts: Drawing = []
    for x0, y0, x1, y1 in places:
        parts.append(
            Piece(
                band(opened((x0, y0), ((x0 + x1) / 2, (y0 + y1) / 2 - 4), (x1, y1)), 7, 8, 7),
                "cord",
                round=4,
                folds=0,
                lift=0.5,
            )
        )
        parts.append(Piece(oval(x1, y1, 4), "metal", round=3, folds=0, lift=0.2))
    return parts


def sneakers() -> Drawing:
    """Low trainers with a pale sole."""
    upper = closed(
        "96,446! 104,400 98,364 124,352 166,374 216,380 258,364! 318,394 390,424 448,432 "
        "494,444 508,486 504,512! 100,512!"
    )
    sole = closed("92,486! 200,490 340,494 470,488 512,478 518,512 496,536 300,538 110,538 90,520")
    toe = closed("430,436! 468,434 498,452 510,486! 470,492 424,494! 418,462")
    heel = closed("94,452! 103,400 98,363! 126,354! 136,420 128,490! 93,490!")
    flash = closed("170,482! 232,450 284,396! 312,410! 280,454 236,486!")
    tongue = closed("250,372! 226,342 238,326 276,336 322,380 318,398 286,390")
    inside = closed("122,356 190,378 256,366 240,348 180,340")
    shoe: Drawing = [
        Piece(closed(*[(float(x), float(y)) for x, y in oval(300, 532, 212, 8)]), "sole", round=6, folds=0),
        Piece(inside, "inside", folds=0, lift=0),
        Piece(tongue, round=16, folds=0.3, lift=0.2),
        Piece(upper, round=44, folds=0.5, lift=0.3),
        Piece(heel, "trim", round=22, folds=0, lift=0.25),
        Piece(flash, "trim", round=12, folds=0, lift=0.25),
        Piece(toe, round=26, folds=0, lift=0.25),
        stitches(opened("424,494 414,460 428,430")),
        Seam(opened("260,368 318,398 372,420"), 1.6, -0.3),
        stitches(opened("254,380 306,410 356,430")),
        *_laces([(296, 378, 264, 392), (322, 392, 290, 407), (346, 404, 316, 420), (370, 414, 342, 431)]),
        Piece(sole, "sole", round=20, folds=0, lift=0.4),
        Seam(opened("94,516 300,520 514,506"), 1.6, -0.2),
    ]
    return pair(shoe)


def high_tops() -> Drawing:
    """Canvas shoes to the ankle, with a rubber toe."""
    upper = closed(
        "112,500! 120,400 108,268! 160,276 228,262! 248,330 300,392 380,424 452,440 492,470 500,512! 112,512!"
    )
    sole = closed("104,490! 300,494 500,488! 512,500 506,532 300,536 106,534 100,512")
    toe = closed("428,436! 470,444 502,478 506,494! 430,496! 412,464")
    tongue = closed("214,270! 222,246 262,240 270,300 300,380 290,392")
    rows = [(258 + 15 * n, 276 + 25 * n, 226 + 15 * n, 286 + 25 * n) for n in range(6)]
    shoe: Drawing = [
        Piece(oval(304, 526, 206, 8), "sole", round=6, folds=0),
        Piece(tongue, round=16, folds=0.3, lift=0.2),
        Piece(upper, round=44, folds=0.7, lift=0.3),
        stitches(opened("216,270 238,340 290,404 350,430")),
        Seam(opened("120,400 170,420 196,496"), 1.8, -0.25),
        Piece(oval(166, 348, 29), "white", round=8, folds=0, lift=0.2),
        Seam(oval(166, 348, 25), 2, cloth="main", is_closed=True),
        Piece(oval(166, 348, 12), "main", folds=0, plump=0, lift=0),
        *_laces(rows),
        Piece(toe, "sole", round=30, folds=0, lift=0.3),
        Piece(sole, "sole", round=18, folds=0, lift=0.4),
        Seam(opened("102,502 300,506 510,500"), 2.4, cloth="main"),
    ]
    return pair(shoe)


def chelsea_boots() -> Drawing:
    """Ankle boots with elastic sides."""
    upper = closed(
        "138,226! 190,234 262,222! 266,320 292,388 372,420 458,440 500,476 504,516! 116,516! 112,460 132,380 140,300"
    )
    gore = closed("176,236! 236,230! 232,320 212,392! 188,330")
    sole = closed("108,506! 300,510 510,504! 514,520 500,530 210,532! 206,552! 112,552!")
    loop = band(opened("150,236 140,206 160,206 166,236"), 9)
    shoe: Drawing = [
        Piece(loop, "main", round=5, folds=0),
        Piece(oval(200, 230, 60, 8), "inside", folds=0, lift=0),
        Piece(upper, round=48, folds=0.9, lift=0.3),
        Piece(gore, "dark", round=12, folds=0, lift=0),
        *(Seam(opened((182 + 7 * n, 240), (192 + 4.4 * n, 330), (204 + 2 * n, 386)), 1, 0.14) for n in range(8)),
        stitches(opened("170,240 182,332 212,402 240,326 244,234")),
        Piece(sole, "dark", round=12, folds=0, lift=0.3),
    ]
    return pair(shoe)


def pumps() -> Drawing:
    """Court shoes on a high heel."""
    upper = closed(
        "110,372! 104,318 122,286 150,284! 178,330 236,390 300,428 350,436! 420,448 492,480 "
        "524,514 500,526 430,524 330,516 248,478 180,420 140,392"
    )
    inner = closed("150,285! 168,282 230,350 310,410 352,434! 290,424 226,384 180,334")
    heel = closed("106,360! 176,410! 162,440 146,500 142,540! 122,540! 124,480 110,410")
    sole = band(opened("174,414 248,480 330,518 430,526 508,524"), 5)
    shoe: Drawing = [
        Piece(heel, round=20, folds=0),
        Piece(inner, "tan", round=20, folds=0, lift=0),
        Piece(sole, "dark", round=3, folds=0, lift=0.2),
        Piece(upper, round=40, folds=0.2, lift=0.3),
        Piece(closed("121,534! 143,534! 142,544! 122,544!"), "dark", round=3, folds=0, lift=0),
        Seam(opened("158,300 182,342 238,396 300,434 350,443"), 1.2, -0.25),
    ]
    return pair(shoe, 50, -110)


def loafers() -> Drawing:
    """Loafers with a strap across."""
    upper = closed("98,500! 95,450 102,408 138,396! 196,420 258,408! 330,416 430,436 490,466 502,506!")
    inside = closed("106,404 180,422 260,410 230,392 150,384")
    apron = opened("262,416 330,438 410,456 468,466 492,478")
    strap = closed("266,408! 318,414! 302,456 290,498! 242,498! 252,452")
    slot = closed("284,438! 299,441! 292,456! 278,453!")
    sole = closed("94,494! 300,500 506,496! 508,510 496,518 200,520! 198,540! 96,540!")
    shoe: Drawing = [
        Piece(oval(150, 532, 52, 8), "dark", folds=0),
        Piece(inside, "tan", folds=0, lift=0),
        Piece(upper, round=42, folds=0.4, lift=0.3),
        Seam(apron, 3, -0.3),
        stitches(moved(apron, 0, -6)),
        Piece(strap, round=14, folds=0, lift=0.5),
        Piece(slot, "inside", folds=0, lift=0),
        Piece(sole, "dark", round=11, folds=0, lift=0.3),
    ]
    return pair(shoe)


def sandals() -> Drawing:
    """Flat sandals with crossed straps."""
    base = closed("92,486! 240,484 380,492 506,494! 514,506 500,522 300,520 100,518 88,502")
    back = band(opened("120,486 104,430 118,392"), 26)
    ankle = closed("106,408! 170,394 240,406! 238,430! 172,420 108,434!")
    one = closed("238,490! 282,424 352,398 380,414 392,436! 352,440 308,458 290,492!")
    two = closed("322,492! 348,436 404,414 452,446 468,494! 440,493! 400,470 372,492!")
    shoe: Drawing = [
        Piece(base, "sole", round=14, folds=0),
        Piece(closed("92,484! 300,482 504,490! 500,500 300,494 94,496!"), "tan", round=6, folds=0, lift=0.2),
        Piece(back, round=12, folds=0, lift=0.4),
        Piece(ankle, round=12, folds=0, lift=0.5),
        Piece(
            closed("200,396! 224,398! 222,432! 198,428!"),
            "gold",
            (closed("206,403! 218,404! 216,425! 204,423!"),),
            round=4,
            folds=0,
        ),
        Piece(two, round=18, folds=0.2, lift=0.6),
        Piece(one, round=18, folds=0.2, lift=0.7),
    ]
    return pair(shoe)


def ballet_flats() -> Drawing:
    """Flat pumps with a bow."""
    upper = closed("104,500! 98,450 110,410 138,400! 180,440 270,464 350,448! 430,450 490,476 504,504! 300,512")
    inner = closed("138,402! 220,414 300,424 352,448! 270,464 182,440")
    sole = closed("102,496! 300,506 506,500! 500,514 300,518 108,514")
    bow = moved(closed("0,0! 34,-24 50,-6 44,18 20,14"), 352, 446)
    shoe: Drawing = [
        Piece(sole, "dark", round=8, folds=0),
        Piece(inner, "tan", round=20, folds=0, lift=0),
        Piece(upper, round=38, folds=0.4, lift=0.3),
        Seam(opened("140,408 182,447 270,471 350,455 400,452"), 1.4, -0.25),
        Piece(moved(bow, -38, 10, turn=168), round=12, folds=0.4, lift=0.5),
        Piece(bow, round=12, folds=0.4, lift=0.5),
        Piece(oval(356, 450, 9, 11), round=8, folds=0, lift=0.5),
    ]
    return pair(shoe, 56, -96)
