"""What the records know of a product's vectors, and what is left to do for them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog_jobs.catalog.indexing.parts import TEXT, Part, ProductParts, picture_of
from infra.records.tables import ProductVectorRow

IN_STORE: Final = ("pending", "stored")
OUT_OF_STORE: Final = ("leaving", "kept")
WAITING: Final = ("pending", "leaving")


@dataclass(frozen=True)
class Known:
    """A row as it was read, without its vector."""

    part: str
    source_hash: str
    types: tuple[str, ...]
    color_hex: str | None
    color_basic: str | None
    crop_file: str | None
    duplicate_of: str | None
    state: str

    def is_as(self, part: Part) -> bool:
        """Whether nothing has to be written for a part that is embedded."""
        told = (self.types, self.color_hex, self.color_basic, self.crop_file)
        wanted = (part.types, part.color_hex, part.color_basic, part.crop_file)
        return told == wanted and self.state in (OUT_OF_STORE if self.duplicate_of else IN_STORE)


@dataclass(frozen=True)
class Plan:
    """A product, and what is to be done for it. needed: parts to be embedded. is_stale: whether rows have to be written
    even where nothing is embedded.
    """

    product: ProductParts
    needed: tuple[Part, ...]
    is_stale: bool

    @classmethod
    def of(cls, product: ProductParts, known: Mapping[str, Known], is_noting: bool) -> "Plan":
        """Compare what is wanted with the rows that are there; with `is_noting` also the vector states."""
        needed, is_stale = [], False
        for part in product.parts:
            row = known.get(part.name)
            if row is None or row.source_hash != part.source_hash:
                needed.append(part)
            elif not row.is_as(part):
                is_stale = True
        wanted = {part.name for part in product.parts}
        for name, row in known.items():
            if name in wanted or is_untouched(product, name):
                continue
            is_stale |= is_gone(product, name) or row.state in IN_STORE
        embedded = wanted - {part.name for part in needed}
        is_stale |= is_noting and states_of(product, embedded) != states_now(product)
        return cls(product, tuple(needed), is_stale)


def is_untouched(product: ProductParts, name: str) -> bool:
    """Whether a part stays as it is, since nobody knows yet what its picture shows now."""
    picture = product.pictures.get(picture_of(name))
    return picture is not None and picture.is_uncut


def is_gone(product: ProductParts, name: str) -> bool:
    """Whether a part that is not wanted cannot come back: its picture was cut otherwise, or the words are empty. What
    was of a picture that retired may come back.
    """
    return name == TEXT or picture_of(name) in product.pictures


def states_now(product: ProductParts) -> dict[str, str]:
    """The vector states of the words (under "text") and of the pictures (by id) in the records."""
    return {TEXT: product.vector_state} | {name: one.vector_state for name, one in product.pictures.items()}


def states_of(product: ProductParts, embedded: Set[str]) -> dict[str, str]:
    """What these states should be, given which parts are embedded; where nothing is to be embedded, nothing waits."""
    waiting = {picture_of(part.name) for part in product.parts if part.name not in embedded}
    states = {TEXT: "pending" if TEXT in waiting else "stored"}
    for name, picture in product.pictures.items():
        cut = "pending" if name in waiting else "stored"
        states[name] = picture.vector_state if picture.is_uncut else cut
    return states


def known_rows(session: Session, embedder: str, product_ids: Sequence[str]) -> dict[str, dict[str, Known]]:
    """Product → part → its row, of one embedder."""
    row = ProductVectorRow
    columns = (
        row.product_id, row.part, row.source_hash, row.types, row.color_hex, row.color_basic, row.crop_file,
        row.duplicate_of, row.state,
    )  # fmt: skip
    wanted = select(*columns).where(row.embedder == embedder, row.product_id.in_(product_ids))
    found: dict[str, dict[str, Known]] = {}
    for one in session.execute(wanted):
        found.setdefault(one.product_id, {})[one.part] = Known(
            part=one.part,
            source_hash=one.source_hash,
            types=tuple(one.types),
            color_hex=one.color_hex,
            color_basic=one.color_basic,
            crop_file=one.crop_file,
            duplicate_of=one.duplicate_of,
            state=one.state,
        )
    return found
