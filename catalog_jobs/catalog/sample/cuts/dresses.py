"""Dresses, from the mini to the gown."""

from dataclasses import replace

from catalog_jobs.catalog.sample.curves import AXIS, Knot, Points, band, closed, mirrored, moved, opened, rectangle
from catalog_jobs.catalog.sample.cuts.bodice import (
    Bodice,
    Sleeve,
    buttons,
    inside_back,
    patch_pocket,
    shirt_collar,
    sleeves,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.tailoring import both
from catalog_jobs.catalog.sample.drawing import Drawing, Flutes, Piece, Seam, stitches

UPPER = Bodice(
    neck=56, neck_y=100, neck_drop=46, shoulder=122, shoulder_y=122, armpit=112, armpit_y=206, waist=92, waist_y=312,
    hem=94, hem_y=330, hem_curve=6,
)  # fmt: skip


def skirt_part(waist: float, hem: float, y0: float, y1: float, curve: float = 14, hip: float = 0) -> Points:
    """The skirt of a dress, from the waist down; half widths."""
    side: list[Knot] = [(0, y0 + 2), (waist, y0 - 2, 1)]
    side += [(hip, y0 + 90)] if hip else [((waist * 0.7 + hem * 0.3) + 4, y0 + (y1 - y0) * 0.3)]
    return mirrored(*side, (hem, y1, 1), (hem * 0.6, y1 + curve * 0.75), (0, y1 + curve))


def _straps(x: float, top: float, low: float, width: float = 5) -> Drawing:
    front = band(opened((AXIS + x, low), (AXIS + x + 6, (top + low) / 2), (AXIS + x - 2, top)), width)
    return both(Piece(front, "plain", round=3, folds=0, lift=0.4))


def slip_dress() -> Drawing:
    """A midi slip cut on the bias, on thin straps."""
    outline = mirrored("0,212! 34,192 66,152! 100,206 108,226! 92,330 118,450 140,742! 70,752 0,756")
    back = mirrored("0,220 104,216! 100,250! 0,256")
    edge = opened("234,154! 266,195 300,216! 334,195 366,154")
    rear = band(opened("364,82 380,150 386,222"), 5)
    return [
        *both(Piece(rear, "inside", round=3, folds=0)),
        Piece(back, "inside", folds=0.3),
        *_straps(66, 78, 156),
        Piece(outline, lift=0.5, folds=1.2, flutes=Flutes((AXIS, -500), 40, 2.6, 420, 300)),
        Piece(band(edge, 6), "plain", round=4, folds=0, lift=0.2),
    ]


def shirt_dress() -> Drawing:
    """A belted dress that buttons down its front."""
    body = replace(UPPER, neck=46, neck_drop=42, shoulder=128, armpit=118, waist=94)
    skirt = skirt_part(96, 178, 338, 690)
    belt = mirrored("0,324 97,322! 97,350! 0,353")
    tail = closed("306,346! 328,346! 350,470! 328,478!")
    return [
        *sleeves(body, Sleeve(length=120, cuff=92, angle=20)),
        Piece(skirt, lift=0.3, flutes=Flutes((AXIS, -40), 17, 5, 345, 150)),
        Piece(body.outline(), lift=0.3),
        Piece(rectangle(AXIS - 12, 140, AXIS + 12, 702), round=7, folds=0.6, lift=0.25, plump=0.6),
        *(stitches(opened((AXIS + x, 146), (AXIS + x, 700))) for x in (-8, 8)),
        *buttons(AXIS, 164, 300, 4, 4.6),
        *buttons(AXIS, 384, 640, 6, 4.6),
        Piece(tail, round=10, lift=0.7, folds=0.6),
        Piece(belt, round=11, folds=0.5, lift=0.7),
        Piece(rectangle(AXIS - 14, 320, AXIS + 16, 355, 6), round=10, lift=0.7),
        *both(*patch_pocket(AXIS + 36, 210, 52, 54)),
        *shirt_collar(body, spread=50, point=54),
    ]


def wrap_dress() -> Drawing:
    """A midi dress that wraps and ties at the waist."""
    body = replace(UPPER, neck_drop=170, neckline="v", waist=90)
    skirt = skirt_part(94, 172, 320, 716, hip=132)
    lap = closed("244,100! 286,190 364,296 392,320! 208,330! 190,206! 182,160 178,122!")
    edge = opened("374,336 330,520 346,726")
    tails = [
        closed((AXIS + 80, 322, 1), (AXIS + 98, 322, 1), (AXIS + dx, 470, 1), (AXIS + dx - 24, 474, 1))
        for dx in (112, 88)
    ]
    return [
        *inside_back(replace(body, neck_drop=120), 8),
        *sleeves(body, Sleeve(length=196, cuff=84, angle=16, puff=8, hem=10, folds=1.4)),
        Piece(skirt, lift=0.3, flutes=Flutes((AXIS + 60, 40), 12, 4.5, 330, 200)),
        Seam(edge, 3, -0.3),
        Piece(closed(*[(AXIS + x, y, *rest) for x, y, *rest in _front(body)]), lift=0.4),
        Piece(lap, lift=0.8, grain=-20, folds=1.3),
        Piece(mirrored("0,312 95,308! 95,334! 0,338"), round=11, folds=0.6, lift=0.6),
        *(Piece(tail, round=9, folds=0.8, lift=0.7) for tail in tails),
        Piece(rectangle(AXIS + 72, 308, AXIS + 98, 340, 9), round=10, lift=0.7),
    ]


def _front(body: Bodice) -> list[Knot]:
    return [(56, 100, 1), *body.side_half()[:3], (98, 270), (92, 330, 1), (-40, 330, 1), (10, 210)]


def gown() -> Drawing:
    """A floor-length evening gown, gathered at the waist, on broad straps."""
    top = mirrored("0,176! 28,150 52,86! 84,86! 78,140 98,190! 78,290! 0,296")
    back = mirrored("0,152 44,146 54,92! 80,92! 94,196! 0,210")
    skirt = mirrored("0,290 78,284! 112,420 186,764! 100,776 0,780")
    sash = mirrored("0,272 80,268! 80,304! 0,308")
    return [
        Piece(back, "inside", folds=0.3),
        Piece(skirt, lift=0.3, folds=0.8, flutes=Flutes((AXIS, 60), 15, 7, 296, 120)),
        *both(
            Piece(
                band(opened("368,88 354,140 308,214 280,280"), 34, 52, 60, 40), round=18, folds=1.6, lift=0.4, grain=24
            )
        ),
        Piece(top, lift=0.3, folds=1.5, flutes=Flutes((AXIS, 900), 30, 1.6)),
        Piece(sash, round=16, folds=1.4, lift=0.5, grain=84),
        *both(Seam(opened("352,90 328,152 300,178"), 1.6, -0.3)),
    ]


def skater_dress() -> Drawing:
    """A sleeveless mini with a flared skirt."""
    body = replace(
        UPPER, neck=62, neck_drop=62, shoulder=96, shoulder_y=110, armpit=108, armpit_y=200, neckline="square", waist=88
    )
    skirt = skirt_part(92, 206, 334, 604, curve=26)
    return [
        *inside_back(body, 26),
        Piece(skirt, lift=0.3, flutes=Flutes((AXIS, 110), 11, 7, 338, 120)),
        Piece(body.outline(), lift=0.3),
        Seam(opened("206,331 300,337 394,331"), 2, -0.3),
        *both(Seam(opened("366,214 352,330"), 1.4, -0.2)),
        stitches(opened("98,594 180,614 300,621 420,614 502,594")),
    ]


def sundress() -> Drawing:
    """A tiered maxi dress with a gathered bodice and ruffled straps."""
    top = mirrored("0,190 60,186 92,176! 104,214 90,308! 0,314")
    tiers = [(88, 122, 306, 452), (118, 154, 446, 606), (150, 190, 600, 764)]
    ruffle = closed("360,188! 370,130 358,86! 382,84 404,120 400,180!")
    skirts = [
        Piece(skirt_part(a, b, y0, y1, 10), lift=0.6, flutes=Flutes((AXIS, y0 - 420), 38 - 6 * n, 2.6, y0 - 60, 60))
        for n, (a, b, y0, y1) in reversed(list(enumerate(tiers)))
    ]
    return [
        *both(Piece(ruffle, round=10, folds=1.8, lift=0.4)),
        *skirts,
        Piece(top, lift=0.5, flutes=Flutes((AXIS, -600), 70, 1.6)),
        *(
            Seam(opened((AXIS - 100, y), (AXIS, y + 6), (AXIS + 100, y)), 1.2, -0.2, dash=6)
            for y in (206, 224, 242, 260, 278, 296)
        ),
    ]


def knit_dress() -> Drawing:
    """A close ribbed dress with long sleeves."""
    body = Bodice(
        neck=58, neck_drop=34, shoulder=124, shoulder_y=130, armpit=112, armpit_y=226, waist=96, waist_y=350,
        hem=108, hem_y=690,
    )  # fmt: skip
    outline = mirrored(
        *body.neck_half(), *body.side_half()[:3], "96,340 122,460 116,580 106,690! 60,697 0,699",
    )  # fmt: skip
    return [
        *inside_back(body),
        *sleeves(body, Sleeve(length=310, cuff=50, angle=9, bend=8, hem=12)),
        Piece(outline, lift=0.5, folds=0.6),
        Piece(band(moved(body.neck_line(), 0, 5), 10, 14, 10), round=9, folds=0, lift=0.3),
        Seam(opened("194,676 300,685 406,676"), 1.6, -0.2),
    ]
