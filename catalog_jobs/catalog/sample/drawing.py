"""A garment as it is cut: pieces of cloth and the seams on them, in the order in which they lie."""

from dataclasses import dataclass

from catalog_jobs.catalog.sample.curves import Points


@dataclass(frozen=True)
class Flutes:
    """Folds that run down from one point, as a skirt's do.

    apex: where they would meet. count: folds in a radian about it. depth: of the folds. start_y: where they begin,
    growing from there over `grow` units. is_pressed: sharp pleats instead of waves.
    """

    apex: tuple[float, float]
    count: float
    depth: float = 3.0
    start_y: float = -1000
    grow: float = 1.0
    is_pressed: bool = False


@dataclass(frozen=True)
class Piece:
    """One piece: its outline (N×2) and holes, and the role of its cloth among those that the garment is made of.

    round: how far from its edge it curves, in units. plump: how much. folds: depth of its creases. grain: degrees by
    which its cloth is turned from hanging straight. lift: how far it stands off what lies under it.
    """

    outline: Points
    cloth: str = "main"
    holes: tuple[Points, ...] = ()
    round: float = 34
    plump: float = 1
    folds: float = 1
    grain: float = 0
    lift: float = 1
    flutes: Flutes | None = None


@dataclass(frozen=True)
class Seam:
    """A line sewn or pressed on what lies under it.

    shade: above 0 lighter, below 0 darker than the cloth, at most 1 in size. cloth: role that colours it instead.
    dash: length of a stitch, 0 for a line without gaps.
    """

    line: Points
    width: float = 1.6
    shade: float = -0.3
    dash: float = 0
    cloth: str = ""
    is_closed: bool = False


Drawing = list[Piece | Seam]


def stitches(line: Points, shade: float = -0.25, cloth: str = "") -> Seam:
    """A row of stitches."""
    return Seam(line, width=1.3, shade=shade, dash=4.5, cloth=cloth)
