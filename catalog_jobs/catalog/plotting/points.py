"""Points: what is drawn, with the vectors that say where."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from catalog_jobs.catalog.plotting.options import Kind

Vectors = NDArray[np.float32]
Indices = NDArray[np.intp]

FLOAT_BYTES: Final = 4


@dataclass(frozen=True)
class PictureAt:
    """Where a picture lies: a file below the folder of the catalogue's pictures, or a key of the bucket."""

    place: Literal["file", "bucket"]
    name: str


@dataclass(frozen=True)
class Point:
    """One thing that has a vector, and what is known of it; empty words where nothing is.

    owner: the product or the video that it belongs to. part: which part of its owner it is. category: the shop's
    product type, or the first folder of the upload's key. video: the name of the reel. color: one of the basic ones.
    lines: what a card says below the title. is_duplicate: its owner has another part that shows the same.
    """

    kind: Kind
    owner: str
    part: str
    title: str
    type: str = ""
    category: str = ""
    video: str = ""
    color: str = ""
    color_hex: str | None = None
    lines: tuple[str, ...] = ()
    picture: PictureAt | None = None
    is_duplicate: bool = False

    @property
    def is_of_catalogue(self) -> bool:
        """Whether its owner is a product; else it is a video."""
        return self.kind in (Kind.PRODUCT, Kind.TEXT)

    @property
    def label(self) -> str:
        """Where it is from, in a few words."""
        return f"product {self.owner}" if self.is_of_catalogue else self.video or self.owner


@dataclass(frozen=True)
class Points:
    """Points in a stable order with their vectors (N×D, float32, unit length), all of one embedder.

    left_out: how many vectors of these kinds other embedders have, by embedder. unusable: how many of this embedder
    are no vectors: of another length, not finite, or zero.
    """

    embedder: str
    rows: tuple[Point, ...]
    vectors: Vectors
    left_out: dict[str, int] = field(default_factory=dict)
    unusable: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: Sequence[int] | Indices) -> "Points":
        """Those at some positions, in that order."""
        chosen = np.asarray(positions, np.intp)
        return replace(self, rows=tuple(self.rows[at] for at in chosen.tolist()), vectors=self.vectors[chosen])

    def distinct(self) -> "Points":
        """Without the parts that show what another part of their owner shows."""
        if not any(row.is_duplicate for row in self.rows):
            return self
        return self.take([at for at, row in enumerate(self.rows) if not row.is_duplicate])

    def sampled(self, count: int | None, seed: int) -> "Points":
        """At most so many, chosen by the seed, in the order in which they stood."""
        if count is None or count >= len(self):
            return self
        chosen = np.random.default_rng(seed).choice(len(self), count, replace=False)
        return self.take(np.sort(chosen))


def collect(
    embedder: str,
    found: Iterable[tuple[Point, bytes | None]],
    dimension: int | None = None,
    left_out: dict[str, int] | None = None,
) -> Points:
    """Points of rows and their vectors' bytes (float32, little-endian), each made unit length.

    dimension: what the embedder's vectors have; without it, what most have.
    """
    rows: list[Point] = []
    read: list[Vectors | None] = []
    for row, data in found:
        rows.append(row)
        read.append(_vector(data))
    lengths = Counter(len(vector) for vector in read if vector is not None)
    wanted = dimension or (lengths.most_common(1)[0][0] if lengths else 0)
    good = [at for at, vector in enumerate(read) if vector is not None and len(vector) == wanted]
    vectors = np.zeros((len(good), wanted), np.float32)
    for row_number, at in enumerate(good):
        vectors[row_number] = read[at]
    return Points(embedder, tuple(rows[at] for at in good), vectors, left_out or {}, len(rows) - len(good))


def _vector(data: bytes | None) -> Vectors | None:
    if not data or len(data) % FLOAT_BYTES:
        return None
    vector = np.frombuffer(data, "<f4").astype(np.float64)
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        return None
    return np.asarray(vector / length, np.float32)
