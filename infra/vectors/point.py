"""A vector and what it belongs to: how it is named, stored and found."""

import json
import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

POINT_NAMESPACE = uuid.UUID("5f0f6f0e-6c0b-5d0c-9a53-7d6c0b8f2a11")
OWNER, PART = "owner", "part"
# What searches and deletions ask for; the store answers these from an index.
ASKED_FOR = (OWNER, PART, "run_id", "type", "types", "color")

Equal = Mapping[str, str | Collection[str]]
"""What a payload must hold: by key one string, or a collection of strings of which it must hold any."""


@dataclass(frozen=True)
class Point:
    """A vector of some part of an owner: an item of a video, a photo of a product. `vector` is float32, any length.

    `name` says which of its collection's vectors it is, where a collection has several.
    """

    owner: str
    part: str
    vector: NDArray[np.float32]
    payload: dict[str, object]
    name: str = ""


@dataclass(frozen=True)
class Hit:
    """A point found; `score` is the cosine similarity, -1 to 1, and 0 where nothing was compared."""

    owner: str
    part: str
    score: float
    payload: dict[str, object]


@dataclass(frozen=True)
class Row:
    """A point as a store takes it: its id, its one vector under its name, and all that is known of it."""

    id: str
    name: str
    vector: NDArray[np.float32]
    payload: dict[str, object]


def collection_name(alias: str, model: str) -> str:
    """The collection of one model's vectors.

    >>> collection_name("items", "marqo/fashionSigLIP@1")
    'items--marqo-fashionsiglip-1'
    """
    return f"{alias}--{re.sub(r'[^a-z0-9.]+', '-', model.lower())}"


def point_id(owner: str, part: str, model: str) -> str:
    """The same point of the same model always has the same id, so that a retry overwrites."""
    return str(uuid.uuid5(POINT_NAMESPACE, json.dumps([owner, part, model])))


def row_of(point: Point, model: str) -> Row:
    """A model's point as it is stored."""
    payload = {**point.payload, OWNER: point.owner, PART: point.part}
    return Row(point_id(point.owner, point.part, model), point.name, point.vector, payload)


def hit_of(payload: Mapping[str, Any] | None, score: float) -> Hit:
    """A point as it was stored, with how near it is."""
    rest = dict(payload or {})
    return Hit(owner=rest.pop(OWNER), part=rest.pop(PART), score=score, payload=rest)
