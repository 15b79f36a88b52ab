"""Whether rows of garments are what they should be: each of one garment, each garment in one row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TrackCounts:
    """Of one video. pure: sightings that show their row's most frequent garment. rows: those that each garment is
    spread over, added up. garments: those seen at least once. rows_again, garments_again: of those seen twice or more.
    """

    sightings: int
    pure: int
    rows: int
    garments: int
    rows_again: int
    garments_again: int


def count_tracks(rows: Sequence[Sequence[str]]) -> TrackCounts:
    """Of rows, each the list of the true garments of its sightings.

    >>> count_tracks([["red", "red", "blue"], ["blue"]])
    TrackCounts(sightings=4, pure=3, rows=3, garments=2, rows_again=3, garments_again=2)
    """
    rows_of = Counter(garment for row in rows for garment in set(row))
    seen = Counter(garment for row in rows for garment in row)
    again = [garment for garment, times in seen.items() if times > 1]
    return TrackCounts(
        sightings=sum(seen.values()),
        pure=sum(max(Counter(row).values(), default=0) for row in rows),
        rows=sum(rows_of.values()),
        garments=len(seen),
        rows_again=sum(rows_of[garment] for garment in again),
        garments_again=len(again),
    )
