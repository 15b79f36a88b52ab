"""Skirts, trousers, shorts, tights and socks."""

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    Knot,
    Points,
    band,
    closed,
    mirrored,
    moved,
    opened,
    rectangle,
)
from catalog_jobs.catalog.sample.cuts.bodice import buttons, patch_pocket
from catalog_jobs.catalog.sample.cuts.tailoring import both
from catalog_jobs.catalog.sample.drawing import Drawing, Flutes, Piece, Seam, stitches


def waistband(half: float, y: float, height: float = 30, cloth: str = "main", thread: str = "") -> Drawing:
    """A waistband with the inside of its back above it."""
    back = mirrored((0, y - 8), (half * 0.7, y - 6), (half, y, 1), (half * 0.6, y + 12), (0, y + 16))
    front = mirrored(
        (0, y + 9),
        (half * 0.6, y + 6),
        (half, y, 1),
        (half + 3, y + height, 1),
        (half * 0.6, y + height + 6),
        (0, y + height + 8),
    )
    rows = [opened(*_bow(half, y + dy)) for dy in (4, height - 4)]
    return [
        Piece(back, "inside", folds=0, round=14),
        Piece(front, cloth, round=12, folds=0.3, lift=0.3),
        *(stitches(row, cloth=thread) for row in rows),
    ]


def _bow(half: float, y: float) -> list[Knot]:
    return [(AXIS - half, y), (AXIS - half * 0.6, y + 6), (AXIS, y + 8), (AXIS + half * 0.6, y + 6), (AXIS + half, y)]


def belt_loops(half: float, y: float, height: float = 34) -> Drawing:
    """Loops over a waistband."""
    return [
        Piece(
            rectangle(AXIS + x - 5, y + 4 - abs(x) / half * 6, AXIS + x + 5, y + height + 6 - abs(x) / half * 6, 2),
            round=4,
            folds=0,
            lift=0.4,
        )
        for x in (-half * 0.72, -half * 0.3, half * 0.3, half * 0.72)
    ]


def legs(
    waist: float, hip: float, knee: float, hem: float, y0: float, y1: float, gap: float = 12, rise: float = 160
) -> Points:
    """The outline of trousers: half width at waist and hip; widths of a leg at knee and hem; heights."""
    crotch, middle = y0 + rise, y0 + rise + (y1 - y0 - rise) * 0.45
    inner_hem = gap + 8
    centre_knee, centre_hem = (hip * 0.52 + gap * 0.6), max(hem / 2 + inner_hem, hip * 0.5)
    return mirrored(
        (0, y0 + 8), (waist, y0, 1), (hip, y0 + rise * 0.72), (centre_knee + knee / 2, middle),
        (centre_hem + hem / 2, y1, 1), (centre_hem, y1 + 4), (centre_hem - hem / 2, y1, 1),
        (centre_knee - knee / 2, middle), (5, crotch + 8), (0, crotch, 1),
    )  # fmt: skip


def fly(y0: float, y1: float, thread: str = "") -> Drawing:
    """The fly: its middle seam and the curve of its stitches."""
    curve = opened((AXIS + 26, y0), (AXIS + 26, y1 - 40), (AXIS + 14, y1 - 8), (AXIS + 1, y1))
    return [
        Seam(opened((AXIS, y0), (AXIS, y1 + 30)), 2, -0.3),
        stitches(curve, cloth=thread),
        stitches(moved(curve, -5, 0), cloth=thread),
    ]


def slant_pockets(waist: float, hip: float, y0: float, y1: float, thread: str = "") -> Drawing:
    """Curved front pockets."""
    line = opened((AXIS + waist * 0.58, y0), (AXIS + waist * 0.66, (y0 + y1) / 2), (AXIS + hip - 1, y1))
    return both(Seam(line, 2.2, -0.35), stitches(moved(line, -5, 3), cloth=thread))


def jeans() -> Drawing:
    """Straight five-pocket jeans."""
    line, thread = legs(104, 126, 92, 84, 80, 740), "thread"
    cuff = both(stitches(opened("322,726 364,730 406,726"), cloth=thread))
    outer = opened("416,220 408,400 400,736")
    return [
        Piece(line, folds=1.2),
        *both(Seam(outer, 1.6, -0.25)),
        *slant_pockets(104, 124, 112, 168, thread),
        *both(stitches(opened("384,118 392,142 416,146"), cloth=thread)),
        *fly(118, 214, thread),
        *cuff,
        *waistband(104, 80, thread=thread),
        *belt_loops(104, 80),
        *buttons(AXIS, 103, 103, 1, 7.5, "metal"),
    ]


def wide_trousers() -> Drawing:
    """High, wide, creased trousers."""
    crease = opened("352,150 374,400 388,742")
    return [
        Piece(legs(92, 122, 118, 142, 70, 744, gap=8, rise=190), flutes=Flutes((AXIS, -700), 26, 2.2, 200, 300)),
        *both(Seam(crease, 2, -0.16), Seam(moved(crease, 2, 0), 1.2, 0.12)),
        *slant_pockets(92, 114, 104, 186),
        *fly(108, 200),
        *waistband(92, 70, 34),
        *belt_loops(92, 70, 36),
    ]


def cargo_trousers() -> Drawing:
    """Loose trousers with flapped pockets on the legs and drawn-in hems."""
    pocket = closed("374,386! 436,380! 438,476! 378,482!")
    flap = closed("370,374! 439,368! 439,396! 405,406! 371,402!")
    hem = closed("320,724! 404,720! 400,750! 324,752!")
    return [
        Piece(legs(100, 134, 112, 88, 80, 736), folds=1.6),
        *both(Piece(hem, round=13, folds=1.5, lift=0.4), stitches(opened("346,520 428,512"))),
        *both(Piece(pocket, round=14, lift=0.5), Seam(opened("405,400 407,478"), 1.6, -0.2)),
        *both(Piece(flap, round=9, folds=0.4, lift=0.6), *buttons(AXIS + 105, 393, 393, 1, 5, "horn")),
        *slant_pockets(100, 124, 112, 190),
        *fly(118, 210),
        *waistband(100, 80),
        *belt_loops(100, 80),
        *buttons(AXIS, 103, 103, 1, 7, "horn"),
    ]


def joggers() -> Drawing:
    """Sweatpants with ribbed ankles and a drawstring."""
    cuff = closed("330,700! 398,696! 390,750! 338,752!")
    cords = [band(opened((AXIS + x, 106), (AXIS + x * 2.2, 150), (AXIS + x * 1.7, 204)), 5) for x in (-9, 9)]
    return [
        Piece(legs(106, 130, 104, 78, 80, 712), folds=1.4),
        *both(Piece(cuff, "rib", round=16, folds=0, lift=0.4)),
        *slant_pockets(108, 128, 118, 210),
        *waistband(106, 80, 38, cloth="rib"),
        *(Piece(cord, "cord", round=3, folds=0, lift=0.6) for cord in cords),
    ]


def denim_shorts() -> Drawing:
    """Five-pocket shorts with turned-up hems."""
    outline = mirrored("0,158 128,150! 156,270 172,430! 90,444 14,434! 6,370 0,352!")
    cuff = closed("312,408! 392,418 470,404! 473,436! 392,450 313,440!")
    return [
        Piece(outline, folds=1.2),
        *slant_pockets(128, 154, 186, 248, "thread"),
        *both(Seam(opened("444,260 452,410"), 1.6, -0.25)),
        *fly(190, 300, "thread"),
        *both(Piece(cuff, round=11, folds=0.5, lift=0.5), stitches(opened("314,414 392,424 468,410"), cloth="thread")),
        *waistband(128, 150, 32, thread="thread"),
        *belt_loops(128, 150, 36),
        *buttons(AXIS, 174, 174, 1, 8, "metal"),
    ]


def bermudas() -> Drawing:
    """Tailored shorts to the knee."""
    outline = mirrored("0,128 112,120! 140,250 150,470! 88,480 18,474! 8,350 0,330!")
    crease = opened("366,190 380,330 386,474")
    return [
        Piece(outline, folds=1.1),
        *both(
            Seam(crease, 1.8, -0.16), Seam(moved(crease, 2, 0), 1.2, 0.12), stitches(opened("318,456 388,463 449,452"))
        ),
        *slant_pockets(112, 136, 152, 236),
        *fly(156, 260),
        *waistband(112, 120, 32),
        *belt_loops(112, 120, 36),
        *buttons(AXIS, 144, 144, 1, 7, "horn"),
    ]


def swim_shorts() -> Drawing:
    """Short drawstring shorts."""
    outline = mirrored("0,168 128,160! 156,270 176,420! 92,438 14,428! 6,370 0,352!")
    cords = [band(opened((AXIS + x, 186), (AXIS + x * 3, 230), (AXIS + x * 2, 286)), 5) for x in (-9, 9)]
    return [
        Piece(outline, folds=1.5),
        Seam(opened("300,196 300,352"), 1.8, -0.3),
        *both(stitches(opened("315,412 392,422 474,404")), Seam(opened("428,210 450,280"), 2, -0.3)),
        *waistband(128, 160, 34),
        *(Seam(opened((AXIS + x, 168), (AXIS + x, 200)), 1.4, -0.2) for x in range(-112, 113, 14)),
        *(Piece(cord, "cord", round=3, folds=0, lift=0.6) for cord in cords),
    ]


def mini_skirt() -> Drawing:
    """An A-line mini with buttons down its front."""
    outline = mirrored("0,158 116,150! 152,250 184,470! 100,488 0,493")
    pockets = both(*patch_pocket(AXIS + 50, 236, 74, 84, tip=10))
    return [
        Piece(outline, folds=0.9),
        Piece(rectangle(AXIS - 13, 182, AXIS + 13, 491), round=7, folds=0.4, lift=0.3, plump=0.6),
        *pockets,
        stitches(opened("118,456 200,474 300,479 400,474 482,456")),
        *waistband(116, 150, 30),
        *buttons(AXIS, 172, 456, 6, 6.5, "metal"),
    ]


def satin_skirt() -> Drawing:
    """A midi skirt cut on the bias."""
    outline = mirrored("0,118 92,112! 138,240 146,420 168,690! 90,704 0,708")
    return [
        Piece(outline, folds=1.3, flutes=Flutes((AXIS, -420), 32, 3, 330, 260)),
        *waistband(92, 112, 20, cloth="plain"),
        Seam(opened("134,684 210,698 300,702 390,698 466,684"), 1.2, -0.2),
    ]


def pleated_skirt() -> Drawing:
    """A midi skirt in knife pleats."""
    outline = mirrored("0,120 94,112! 126,260 192,620! 100,640 0,646")
    return [
        Piece(outline, folds=0.4, flutes=Flutes((AXIS, -260), 42, 7, 130, 50, is_pressed=True)),
        *waistband(94, 112, 26),
    ]


def tennis_skirt() -> Drawing:
    """A short skirt in knife pleats."""
    outline = mirrored("0,168 112,160! 150,270 204,440! 110,462 0,468")
    return [
        Piece(outline, folds=0.3, flutes=Flutes((AXIS, -90), 26, 8, 185, 40, is_pressed=True)),
        stitches(opened("99,428 190,449 300,455 410,449 501,428")),
        *waistband(112, 160, 32),
    ]


def tiered_skirt() -> Drawing:
    """A long skirt in three gathered tiers."""
    tiers = [(92, 134, 120, 300), (130, 170, 294, 490), (166, 206, 484, 700)]
    parts: Drawing = []
    for number, (top, low, y0, y1) in reversed(list(enumerate(tiers))):
        shape = mirrored(
            (0, y0 + 6),
            (top, y0, 1),
            ((top * 0.5 + low * 0.5) + 6, y0 + 60),
            (low, y1, 1),
            (low * 0.6, y1 + 9),
            (0, y1 + 12),
        )
        parts.append(Piece(shape, lift=0.7, flutes=Flutes((AXIS, y0 - 460), 40 - 6 * number, 3, y0 - 50, 60)))
    return [*parts, *waistband(92, 112, 24)]


def tights() -> Drawing:
    """Sheer tights, feet and all."""
    outline = mirrored(
        "0,66 74,62! 96,170 82,330 64,430 66,510 48,660 52,704 80,742 62,754 28,744 16,700 20,560 10,420 5,236 0,222!"
    )
    return [
        Piece(outline, round=46, folds=0.5),
        *both(Seam(opened("376,735 354,722 344,746"), 1.6, -0.3)),
        Piece(mirrored("0,66 74,60! 76,84! 0,90"), "rib", round=10, folds=0, lift=0.3),
        Seam(opened("300,90 300,222"), 1.6, -0.25),
    ]


def _sock(top: float, width: float = 94) -> Points:
    return closed(
        (250, top, 1), (250 + width, top, 1), (252 + width, top + (500 - top) * 0.6), (250 + width - 4, 520),
        "352,562 424,610 440,646 420,676 372,680 310,654 262,614 244,560 248,500",
    )  # fmt: skip


def _sock_pair(top: float, width: float) -> Drawing:
    parts: Drawing = []
    for dx, dy in ((-96, -26), (34, 20)):
        shape = moved(_sock(top, width), dx, dy)
        x, y = 250 + dx, top + dy
        heel = closed(
            (x - 4, 560 + dy), (x + 30, 566 + dy, 1), (x + 66, 600 + dy), (x + 54, 652 + dy, 1), (x + 14, 618 + dy)
        )
        toe = closed(
            (x + 152, 594 + dy, 1),
            (x + 186, 622 + dy),
            (x + 188, 650 + dy),
            (x + 168, 676 + dy),
            (x + 122, 680 + dy, 1),
            (x + 128, 636 + dy),
        )
        cuff = closed((x - 2, y - 2, 1), (x + width + 2, y - 2, 1), (x + width + 2, y + 54, 1), (x - 1, y + 54, 1))
        parts += [
            Piece(shape, round=40, folds=0.5, lift=0.8),
            Piece(heel, "trim", round=20, folds=0, lift=0),
            Piece(toe, "trim", round=24, folds=0, lift=0),
            Piece(cuff, "rib", round=22, folds=0, lift=0.3),
        ]
    return parts


def socks() -> Drawing:
    """A pair of socks to the calf."""
    return _sock_pair(270, 94)


def knee_socks() -> Drawing:
    """A pair of socks to the knee."""
    return _sock_pair(90, 100)
