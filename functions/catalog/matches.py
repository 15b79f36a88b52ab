"""Items compared with the catalogue, and what came of it as it is written down."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from functions.batch import named
from functions.catalog.candidates import LiveCatalog, candidates_of, live_catalog
from functions.matching.ranking import Match, matches
from functions.matching.scoring import Sought
from functions.services import Services
from functions.tagging.items import Item
from infra.errors import ReelwearError
from infra.records.tables import ItemRow, MatchRow

log = structlog.get_logger()


@dataclass(frozen=True)
class Matched:
    """What a run's items were compared with, and the products found, an entry an item in their order.

    catalog: see `CatalogIndex.name`; None where there was nothing to compare with. error: why it could not be done,
    as `code: message`.
    """

    catalog: str | None
    products: tuple[tuple[Match, ...], ...]
    error: str | None = None


def match_items(services: Services, embedder: str | None, items: Sequence[Sought | None]) -> Matched:
    """The products that items, described by an embedder (name@version), may be; None is an item without a vector.

    Never raises: a video has its items whether or not they can be matched.
    """
    try:
        catalog = live_catalog(services.records, embedder) if embedder else None
        if catalog is None:
            return Matched(None, ((),) * len(items))
        return match_with(services, catalog, items)
    except Exception as fault:  # whatever is wrong with the catalogue, it is told, mended later, and costs no video
        if not isinstance(fault, ReelwearError):
            log.exception("unexpected fault")
        error = named(fault)
        log.warning("items were not matched", code=error.code.code, reason=error.message)
        return Matched(None, ((),) * len(items), f"{error.code.code}: {error.message}")


def match_with(services: Services, catalog: LiveCatalog, items: Sequence[Sought | None]) -> Matched:
    """The same with a catalogue at hand; raises what `candidates_of` raises."""
    settings = services.settings.matching
    found = [
        ()
        if sought is None
        else matches(
            sought,
            candidates_of(services, catalog, sought, settings.alternatives),
            catalog.fit,
            settings.alternatives,
            settings.prefer_in_stock,
        )
        for sought in items
    ]
    return Matched(catalog.name, tuple(found))


def sought_item(item: Item) -> Sought | None:
    """An item as it is looked for; None where the models gave it no vector."""
    return None if item.vector is None else Sought(item.type, item.color.hex if item.color else None, item.vector)


def sought_row(row: ItemRow) -> Sought | None:
    """A stored item as it is looked for: as `sought_item` had it when it was found."""
    return None if row.vector is None else Sought(row.type, row.color_hex, np.frombuffer(row.vector, "<f4"))


def match_rows(run_id: str, item_id: str, products: Sequence[Match]) -> list[MatchRow]:
    """The products of an item as they are written down, the best as rank 0."""
    return [
        MatchRow(
            run_id=run_id,
            item_id=item_id,
            rank=rank,
            product_id=match.product_id,
            part=match.part,
            score=match.score,
            match_type=match.match_type,
            parts=match.parts,
        )
        for rank, match in enumerate(products)
    ]
