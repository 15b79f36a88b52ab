"""Whether rows of garments are what they should be: each of one garment, each garment in one row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# The true garment of a sighting, and the frame that it is in.
TrueSighting = tuple[str, int]


@dataclass(frozen=True)
class TrackCounts:
    """Of one video. pure: sightings that show their row's most frequent garment. rows: those that each garment is
    spread over, added up. garments: those seen at least once. rows_again, garments_again: of those seen twice or more.
    rows_forced: the rows if linking made no mistake: a garment found in two pieces in one frame has two rows.
    """

    sightings: int
    pure: int
    rows: int
    garments: int
    rows_again: int
    garments_again: int
    rows_forced: int


def count_tracks(rows: Sequence[Sequence[TrueSighting]]) -> TrackCounts:
    """Of rows, each the list of what its sightings truly show; a row has at most one sighting of a frame.

    >>> counts = count_tracks([[("red", 0), ("red", 1), ("blue", 2)], [("blue", 0)]])
    >>> (counts.sightings, counts.pure, counts.rows, counts.garments, counts.rows_forced)
    (4, 3, 3, 2, 2)
    """
    shown = [[garment for garment, _ in row] for row in rows]
    rows_of = Counter(garment for row in shown for garment in set(row))
    seen = Counter(garment for row in shown for garment in row)
    most_in_a_frame: Counter[str] = Counter()
    for (garment, _), times in Counter(sighting for row in rows for sighting in row).items():
        most_in_a_frame[garment] = max(most_in_a_frame[garment], times)
    again = [garment for garment, times in seen.items() if times > 1]
    return TrackCounts(
        sightings=sum(seen.values()),
        pure=sum(max(Counter(row).values(), default=0) for row in shown),
        rows=sum(rows_of.values()),
        garments=len(seen),
        rows_again=sum(rows_of[garment] for garment in again),
        garments_again=len(again),
        rows_forced=sum(most_in_a_frame.values()),
    )
