"""The upper part of a garment: body, neckline, sleeves and collars, from a few measures."""

from dataclasses import dataclass

import numpy as np

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    Knot,
    Points,
    band,
    both_sides,
    closed,
    flipped,
    mirrored,
    moved,
    opened,
    oval,
    rectangle,
)  # fmt: skip
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam, stitches


@dataclass(frozen=True)
class Bodice:
    """Measures in units: half widths from the middle, and heights from the top of the picture.

    neck_drop: from the side of the neck down to the middle of the neckline in front. hem_curve: how much lower the
    hem is in the middle. neckline: "round", "v" or "square".
    """

    neck: float = 56
    neck_y: float = 112
    neck_drop: float = 48
    shoulder: float = 146
    shoulder_y: float = 146
    armpit: float = 140
    armpit_y: float = 268
    waist: float = 136
    waist_y: float = 430
    hem: float = 142
    hem_y: float = 660
    hem_curve: float = 8
    neckline: str = "round"

    def neck_half(self) -> list[Knot]:
        """Half of the neckline, from the middle in front to the side of the neck."""
        low = self.neck_y + self.neck_drop
        if self.neckline == "v":
            return [(0, low, 1), (self.neck * 0.55, self.neck_y + self.neck_drop * 0.42), (self.neck, self.neck_y, 1)]
        if self.neckline == "square":
            return [(0, low), (self.neck * 0.86, low, 1), (self.neck, self.neck_y, 1)]
        middle = (self.neck * 0.62, self.neck_y + self.neck_drop * 0.8)
        return [(0, low), middle, (self.neck * 0.93, self.neck_y + self.neck_drop * 0.32), (self.neck, self.neck_y, 1)]

    def side_half(self) -> list[Knot]:
        """Half of the rest of the outline, from the shoulder to the middle of the hem."""
        return [
            (self.shoulder, self.shoulder_y, 1),
            (min(self.shoulder, self.armpit) - 9, (self.shoulder_y + self.armpit_y) / 2 + 8),
            (self.armpit, self.armpit_y, 1),
            ((self.armpit + self.waist * 2) / 3 + 1, (self.armpit_y + self.waist_y) / 2),
            (self.waist, self.waist_y),
            (self.hem, self.hem_y, 1),
            (self.hem * 0.6, self.hem_y + self.hem_curve * 0.75),
            (0, self.hem_y + self.hem_curve),
        ]

    def outline(self) -> Points:
        """The body without sleeves."""
        return mirrored(*self.neck_half(), *self.side_half())

    def neck_line(self) -> Points:
        """The neckline in front, from one side to the other."""
        half = self.neck_half()
        left = [(AXIS - knot[0], *knot[1:]) for knot in reversed(half)]
        right = [(AXIS + knot[0], *knot[1:]) for knot in half if knot[0] != 0]
        return opened(*left, *right)

    def hem_line(self, above: float = 12) -> Points:
        """A line along the hem, some way above it."""
        y = self.hem_y - above
        half = [(self.hem, y), (self.hem * 0.6, y + self.hem_curve * 0.75), (0, y + self.hem_curve)]
        return opened(*[(AXIS - x, v) for x, v in half], *[(AXIS + x, v) for x, v in reversed(half[:-1])])

    def split(self, side: int, overlap: float = 0, drop: float = 0) -> Points:
        """One front of a garment that opens in the middle: side -1 or 1; it runs `overlap` past the middle.

        drop: where the opening starts, below the neckline.
        """
        half = self.neck_half()[1:]
        start = (-overlap, self.neck_y + self.neck_drop + drop, 1)
        knots = [start, *half, *self.side_half()[:-1], (-overlap, self.hem_y + self.hem_curve, 1)]
        return closed(*[(AXIS + side * knot[0], *knot[1:]) for knot in knots])


def inside_back(body: Bodice, drop: float = 10) -> Drawing:
    """The inside of the back that shows through the neckline."""
    low = body.neck_y + body.neck_drop + 14
    half = [(0, body.neck_y + drop), (body.neck * 0.7, body.neck_y + drop * 0.5), (body.neck + 2, body.neck_y, 1)]
    outline = mirrored(*half, (body.neck * 0.9, low, 1), (0, low))
    line = opened(*[(x, y + 9) for x, y, *_ in sorted(both_sides(half))])
    return [Piece(outline, "inside", folds=0.3, plump=0.3), Seam(line, 1.2, -0.25)]


def neck_band(body: Bodice, width: float = 13, cloth: str = "rib") -> Drawing:
    """A ribbed band around the neckline."""
    line = body.neck_line()
    middle = moved(line, 0, width * 0.32)
    return [
        Piece(band(middle, width * 0.75, width, width * 0.75), cloth, round=9, folds=0, lift=0.25),
        stitches(moved(line, 0, width * 1.05)),
    ]


@dataclass(frozen=True)
class Sleeve:
    """Measures of a sleeve: angle in degrees from hanging straight down, bend of the elbow outwards in units."""

    length: float = 150
    cuff: float = 84
    angle: float = 38
    bend: float = 0
    puff: float = 0
    cloth: str = "main"
    cuff_height: float = 0
    cuff_cloth: str = "rib"
    hem: float = 10
    folds: float = 1


@dataclass(frozen=True)
class Arm:
    """Where a right sleeve lies: places are told by the share of its length and how far across it they are (-1..1).

    start, end: middles of the armhole and of the cuff, from the axis. out: unit vector across, away from the body.
    """

    start: Points
    end: Points
    out: Points
    wide: float
    cut: Sleeve

    def at(self, share: float, across: float = 0) -> Knot:
        """A place on the sleeve; across 1 is the outer edge."""
        bend = 4 * share * (1 - share)
        half = (self.wide * (1 - share) + self.cut.cuff * share) / 2 + self.cut.puff * bend
        place = self.start * (1 - share) + self.end * share + self.out * (self.cut.bend * bend + half * across)
        return (AXIS + float(place[0]), float(place[1]))


def arm_of(body: Bodice, cut: Sleeve) -> Arm:
    """The right sleeve of a body."""
    way = np.array([np.sin(np.radians(cut.angle)), np.cos(np.radians(cut.angle))])
    top = np.array([body.shoulder - 5, body.shoulder_y - 1])
    under = np.array([body.armpit - 4, body.armpit_y + 3])
    start = (top + under) / 2
    wide = float(np.hypot(*(top - under)))
    return Arm(start, start + way * cut.length, np.array([way[1], -way[0]]), wide * 0.84, cut)


def sleeves(body: Bodice, cut: Sleeve) -> Drawing:
    """Both sleeves."""
    arm = arm_of(body, cut)
    shoulder, under = (AXIS + body.shoulder - 5, body.shoulder_y - 1), (AXIS + body.armpit - 4, body.armpit_y + 3)
    shape = closed(
        (shoulder[0] - 26, shoulder[1] - 8, 1), shoulder, arm.at(0.16, 1), arm.at(0.5, 1), (*arm.at(1, 1), 1),
        (*arm.at(1, -1), 1), arm.at(0.5, -1), (*under, 1), (under[0] - 30, under[1], 1),
    )  # fmt: skip
    parts: Drawing = []
    for place, lean in ((np.asarray, -cut.angle), (flipped, cut.angle)):
        parts.append(Piece(place(shape), cut.cloth, round=min(38, arm.wide * 0.45), grain=lean, folds=cut.folds))
        if cut.cuff_height:
            parts.append(Piece(place(_cuff(arm)), cut.cuff_cloth, round=14, grain=lean, folds=0, lift=0.3))
        elif cut.hem:
            share = 1 - cut.hem / cut.length
            parts.append(stitches(place(opened(arm.at(share, 1), arm.at(share + 0.004), arm.at(share, -1)))))
    return parts


def _cuff(arm: Arm) -> Points:
    near, far = 1 - 3 / arm.cut.length, 1 + arm.cut.cuff_height / arm.cut.length
    edges = [(near, 1.02), (far, 0.86), (far + 0.006, 0), (far, -0.86), (near, -1.02)]
    return closed(*[(*arm.at(share, across), 1) for share, across in edges])


def shirt_collar(body: Bodice, spread: float = 52, point: float = 62, cloth: str = "main") -> Drawing:
    """A collar with a stand: the inside of the back part, then the two points."""
    top = body.neck_y - 16
    meet = body.neck_y + body.neck_drop
    back = mirrored(
        (0, top), (body.neck * 0.7, top + 1), (body.neck + 2, body.neck_y, 1), (body.neck, meet, 1), (0, meet + 4)
    )
    leaf = closed(
        (AXIS + 1, meet - 2, 1),
        (AXIS + body.neck * 0.5, body.neck_y + body.neck_drop * 0.4),
        (AXIS + body.neck * 0.86, top + 3, 1),
        (AXIS + body.neck + 8, body.neck_y + 3),
        (AXIS + spread + 14, meet + point * 0.3),
        (AXIS + spread, meet + point * 0.66, 1),
    )
    inner = closed(
        (AXIS + 3, meet + 1, 1), (AXIS + body.neck * 0.5 + 3, body.neck_y + body.neck_drop * 0.46),
        (AXIS + spread + 6, meet + point * 0.33), (AXIS + spread - 3, meet + point * 0.54, 1),
    )  # fmt: skip
    stitch = Seam(inner, 1.1, -0.22, dash=4, is_closed=True)
    return [
        Piece(back, "inside", plump=0.4, folds=0.2),
        Piece(leaf, cloth, round=16, folds=0.25, grain=-30, lift=0.8),
        Piece(flipped(leaf), cloth, round=16, folds=0.25, grain=30, lift=0.8),
        *(Seam(line, 1.1, -0.22, dash=4, is_closed=True) for line in (stitch.line, flipped(inner))),
    ]


def buttons(x: float, y0: float, y1: float, count: int, radius: float = 5.2, cloth: str = "button") -> Drawing:
    """A row of buttons with their holes, from the top one to the lowest."""
    parts: Drawing = []
    for y in np.linspace(y0, y1, count).tolist():
        parts.append(Piece(oval(x, y, radius), cloth, round=radius, folds=0, lift=0.5))
        parts += [Seam(oval(x + dx, y + dy, 0.5), 0.9, -0.55) for dx in (-1.4, 1.4) for dy in (-1.4, 1.4)]
    return parts


def placket(body: Bodice, width: float = 24, count: int = 7, to_y: float | None = None) -> Drawing:
    """The buttoned strip in the middle of a shirt."""
    top, end = body.neck_y + body.neck_drop, body.hem_y + body.hem_curve if to_y is None else to_y
    strip = rectangle(AXIS - width / 2, top - 2, AXIS + width / 2, end - 1)
    lines = [stitches(opened((AXIS + x, top), (AXIS + x, end))) for x in (-width / 2 + 4, width / 2 - 4)]
    return [Piece(strip, round=7, folds=0.5, lift=0.25, plump=0.6), *lines, *buttons(AXIS, top + 16, end - 46, count)]


def patch_pocket(x: float, y: float, width: float, height: float, tip: float = 9, cloth: str = "main") -> Drawing:
    """A pocket sewn on, its upper left corner at (x, y)."""
    shape = closed(
        (x, y, 1), (x + width, y, 1), (x + width, y + height - tip, 1),
        (x + width / 2, y + height, 1), (x, y + height - tip, 1),
    )  # fmt: skip
    inner = opened((x + 3.5, y), (x + 3.5, y + height - tip - 2, 1), (x + width / 2, y + height - 4, 1),
                   (x + width - 3.5, y + height - tip - 2, 1), (x + width - 3.5, y))  # fmt: skip
    return [
        Piece(shape, cloth, round=8, plump=0.6, folds=0.5, lift=0.35),
        stitches(inner),
        stitches(opened((x, y + 12), (x + width, y + 12))),
    ]
