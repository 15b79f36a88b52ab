"""The parts of a product that have a vector each: its words, and the garment cut out of each of its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

TEXT = "text"


class Kind(StrEnum):
    """The names that the vectors of a product have in the vector store."""

    IMAGE = "image"
    TEXT = "text"


@dataclass(frozen=True)
class Failure:
    """Why a part, or a picture, has no vector. reason: a stable word."""

    reason: str
    message: str


Embedded = Vector | Failure


@dataclass(frozen=True)
class Part:
    """One part of a product as it is to be embedded.

    name: "text", a picture's id, or "<picture id>.<n>" for a further garment of a set. types: of the taxonomy, what it
    shows. source_hash: another one wherever its vector would be another. crop_file: relative to the pictures' folder.
    words: of a text. box_path: of a picture, where the box around the garment lies.
    """

    product_id: str
    name: str
    kind: Kind
    types: tuple[str, ...]
    source_hash: str
    color_hex: str | None = None
    color_basic: str | None = None
    crop_file: str | None = None
    words: str = ""
    box_path: Path | None = None


@dataclass(frozen=True)
class PictureState:
    """A picture of a product as the records have it. content_hash: None until it was fetched. is_uncut: whether nobody
    knows yet what these bytes show. vector_state: pending or stored.
    """

    content_hash: str | None
    is_uncut: bool
    vector_state: str


@dataclass(frozen=True)
class ProductParts:
    """All parts of one product that are to have vectors: the text first, then the pictures by number and piece.

    words_hash, vector_state: of the words, as they were when this was read. pictures: those that the product has now,
    by id.
    """

    product_id: str
    words_hash: str
    vector_state: str
    parts: tuple[Part, ...]
    pictures: Mapping[str, PictureState]


def picture_of(name: str) -> str:
    """The picture that an image part is of, by its id.

    >>> picture_of("0a1b.2")
    '0a1b'
    """
    return name.partition(".")[0]


def part_name(picture_id: str, piece: int) -> str:
    """What the part of a picture's garment is called; the first has the picture's own id."""
    return f"{picture_id}.{piece}" if piece else picture_id
