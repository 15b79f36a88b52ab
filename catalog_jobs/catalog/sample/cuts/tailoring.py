"""What jackets and coats have in common: the tailored body, lapels, flaps, zips."""

from dataclasses import replace

from catalog_jobs.catalog.sample.curves import (
    AXIS,
    Knot,
    closed,
    flipped,
    mirrored,
    opened,
    rectangle,
)  # fmt: skip
from catalog_jobs.catalog.sample.cuts.bodice import (
    Bodice,
    Sleeve,
)  # fmt: skip
from catalog_jobs.catalog.sample.drawing import Drawing, Piece, Seam

BLAZER = Bodice(
    neck=50, neck_y=108, neck_drop=250, neckline="v", shoulder=156, shoulder_y=138, armpit=146, armpit_y=276,
    waist=128, waist_y=420, hem=152, hem_y=610, hem_curve=6,
)  # fmt: skip
ARM = Sleeve(length=350, cuff=72, angle=9, bend=9, hem=0)


def both(*pieces: Piece | Seam) -> Drawing:
    """Pieces of the right half with their mirror images, these first."""
    parts: Drawing = []
    for piece in pieces:
        if isinstance(piece, Piece):
            holes = tuple(flipped(hole) for hole in piece.holes)
            parts.append(replace(piece, outline=flipped(piece.outline), holes=holes, grain=-piece.grain))
        else:
            parts.append(replace(piece, line=flipped(piece.line)))
        parts.append(piece)
    return parts


def lapels(neck: float, top: float, low: float, wide: float, notch: float = 0.36) -> Drawing:
    """Notched lapels with their collar, from the side of the neck down to the button at `low`."""
    step = top + (low - top) * notch
    lapel = closed(
        (AXIS + neck * 0.72, top + 26, 1), (AXIS + neck + 14, step - 12, 1), (AXIS + wide + 6, step - 22, 1),
        (AXIS + wide - 6, step + 34), (AXIS + wide * 0.5, low - (low - step) * 0.32), (AXIS - 2, low + 4, 1),
    )  # fmt: skip
    collar = closed(
        (AXIS + neck * 0.5, top - 20), (AXIS + neck + 6, top - 6), (AXIS + neck + 26, top + 34),
        (AXIS + wide - 8, step - 30, 1), (AXIS + neck + 12, step - 8, 1), (AXIS + neck * 0.7, top + 26, 1),
    )  # fmt: skip
    back = mirrored(
        (0, top - 24), (neck * 0.62, top - 21), (neck + 6, top - 2, 1), (neck * 0.7, top + 26), (0, top + 4)
    )
    return [
        Piece(back, "main", round=14, folds=0.2, lift=0.3),
        *both(Piece(collar, round=14, folds=0.2, lift=0.6), Piece(lapel, round=16, folds=0.3, lift=0.8, plump=0.8)),
    ]


def welt(x: float, y: float, width: float, height: float = 16, turn: float = 4) -> Drawing:
    """A flap of a pocket on the right half, and the one on the left."""
    flap = closed((x, y, 1), (x + width, y + turn, 1), (x + width - 1, y + turn + height, 1), (x + 1, y + height, 1))
    return both(Piece(flap, round=7, folds=0.2, lift=0.45, plump=0.7))


def zip_line(y0: float, y1: float, x: float = AXIS, cloth: str = "metal") -> Drawing:
    """A closed zip with its puller."""
    return [
        Piece(rectangle(x - 4, y0, x + 4, y1), "dark", round=3, folds=0, lift=0.1),
        Seam(opened((x, y0), (x, y1)), 4.2, cloth=cloth, dash=2.2),
        Piece(
            closed((x - 4, y0 + 8, 1), (x + 4, y0 + 8, 1), (x + 3, y0 + 34), (x, y0 + 38), (x - 3, y0 + 34)),
            cloth,
            round=4,
            folds=0,
        ),
    ]


def lining(body: Bodice) -> Drawing:
    """What shows of the inside between the lapels."""
    low = body.neck_y + body.neck_drop
    return [
        Piece(
            mirrored((0, body.neck_y - 12), (body.neck, body.neck_y, 1), (20, low, 1), (0, low + 4)),
            "inside",
            folds=0.4,
        )
    ]


def spot(place: Knot) -> tuple[float, float, float]:
    """A place as the `x, y0, y1` of a single button."""
    return place[0], place[1], place[1]
