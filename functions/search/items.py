"""Garments found by their vectors; all that is said of them comes from the records."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from functions.catalog.indexes import live_index
from functions.indexing import video_of
from functions.results import product_of
from functions.runs import is_latest
from functions.search.answers import MatchedProduct, SearchAnswer, SearchHit
from functions.search.embedding import QueryEmbedder, ServedEmbedder
from functions.search.gaps import EMBEDDER, gaps_of
from functions.search.matched import Item, matched_products, matched_to
from functions.search.meaning import Meaning
from functions.search.query import ItemQuery
from functions.search.stored import of_its_type, stored_of
from functions.search.wanted import Wanted, of_bytes, wanted_of
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ItemRow, Run, Upload
from infra.vectors import Hit
from serve_app.contract import Vector

# Points whose rows are gone take places; so many are asked for beyond the limit before more rounds are needed.
SPARE_POINTS = 16


@dataclass(frozen=True)
class Found:
    """A garment that came near. is_matched: to the product that is searched for."""

    hit: SearchHit
    is_matched: bool
    is_unwanted: bool

    def fits(self, query: ItemQuery, has_picture: bool) -> bool:
        """Whether it is worth a look: what is matched to the product is, and what words fit, or else what looks like
        the product or the cut-out. What is unwanted is not.
        """
        if self.is_matched or query.min_confidence == 0:
            return True
        if self.is_unwanted:
            return False
        is_stored = query.product is not None or query.crop is not None
        if query.text is not None and self.hit.confidence is not None:
            return self.hit.confidence >= query.least_confidence(has_picture=has_picture or is_stored)
        return not is_stored or self.hit.match != "none"


def find_items(
    services: Services, query: ItemQuery, picture: bytes | None = None, embedder: QueryEmbedder | None = None
) -> SearchAnswer:
    """The garments nearest to words, a picture (JPEG or PNG), a product, a cut-out, or several of these, among those
    of the embedder that made what is compared. Those matched to the product come first.

    embedder: the model server's unless another is given. Raises BAD_REQUEST for a query that names nothing to search
    by, or a least confidence without words, and what `stored_of` and `wanted_of` raise.
    """
    if query.min_confidence and query.text is None:
        message = f"min_confidence is {query.min_confidence}, but only words have one; give text, or leave it out"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    index = live_index(services.records)
    stored = stored_of(services.records, query, index.embedder if index else None)
    makers = {one.embedder for one in stored}
    # Where no model is asked, the catalogue's index says what cosines mean.
    known = Meaning.of_index(index.embedder, index.fit) if index and makers == {index.embedder} else None
    alike = of_its_type(query, picture is not None, stored)
    asked = embedder or ServedEmbedder(services.models)
    wanted = wanted_of(query, picture, stored, asked, known, alike.type)
    found = nearest(services, wanted, query, alike)
    hits = tuple(one.hit for one in found if one.fits(query, has_picture=picture is not None))
    gaps = gaps_of(services, wanted.model)
    return SearchAnswer(
        model=wanted.model,
        hits=hits,
        left_out=len(found) - len(hits),
        nearest=found[0].hit if found and not hits else None,
        outdated=gaps.outdated,
        warning=gaps.warning,
    )


def nearest(services: Services, wanted: Wanted, query: ItemQuery, alike: ItemQuery) -> list[Found]:
    """The nearest garments that the records still know, at most the query's limit; none where nothing is stored.

    Those matched to the query's product stand before all others. alike: the query for these others.
    """
    with services.records.transaction() as session:
        matched = set() if query.product is None else matched_to(session, query.product)
        own = list(found_in(session, wanted, matched, query))
    asked_for = query.limit + SPARE_POINTS
    while True:
        points = points_near(services, wanted, alike, asked_for)
        items = {(str(point.payload["run_id"]), point.part) for point in points}
        with services.records.transaction() as session:
            found = [*own, *(one for one in found_in(session, wanted, items, alike) if not one.is_matched)]
        if len(found) >= query.limit or len(points) < asked_for:
            return sorted(found, key=lambda one: (not one.is_matched, -one.hit.score))[: query.limit]
        asked_for *= 4


def points_near(services: Services, wanted: Wanted, query: ItemQuery, limit: int) -> list[Hit]:
    """The nearest points, none where nothing is stored."""
    try:
        return services.vectors.search("items", wanted.vector, limit, wanted.model, **query.filters)
    except ReelwearError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return []


def found_in(session: Session, wanted: Wanted, items: Collection[Item], query: ItemQuery) -> Iterator[Found]:
    """Some garments, without those whose run is not its video's latest or whose video nobody holds, and without those
    that the query's filters leave out.
    """
    keys = keys_of(session, {video_of(run_id) for run_id, _ in items})
    rows = select(ItemRow).join(Run).where(Run.run_id.in_({run_id for run_id, _ in items}), is_latest())
    products = matched_products(session, items)
    for row in session.scalars(rows.where(wanted.model == EMBEDDER)):
        item = (row.run_id, row.item_id)
        product, key = products.get(item), keys.get(video_of(row.run_id))
        if item not in items or row.vector is None or key is None or not lets_in(query, row, product):
            continue
        vector = of_bytes(row.vector)
        is_matched = product is not None and product.product_id == query.product
        yield Found(hit_of(row, key, wanted, vector, product), is_matched, wanted.is_unwanted(vector))


def lets_in(query: ItemQuery, row: ItemRow, product: MatchedProduct | None) -> bool:
    """Whether a garment is of the type and colour asked for, and matched to a product at the price."""
    if query.type not in (None, row.type) or query.color not in (None, row.color_basic):
        return False
    if not query.has_price:
        return True
    price = product.price if product else None
    if price is None or (query.min_price is not None and price < query.min_price):
        return False
    return query.max_price is None or price <= query.max_price


def hit_of(row: ItemRow, key: str, wanted: Wanted, vector: Vector, matched: MatchedProduct | None) -> SearchHit:
    """One garment as the search shows it."""
    product = product_of(row, ())
    return SearchHit(
        video_id=video_of(row.run_id),
        item_id=row.item_id,
        score=wanted.score(vector),
        confidence=wanted.confidence(vector),
        match=wanted.match(vector, row.type),
        type=product.type,
        color=product.color,
        attributes=product.attributes,
        segments=product.segments,
        crop_url=product.crop_url,
        key=key,
        product=matched,
    )


def keys_of(session: Session, video_ids: set[str]) -> dict[str, str]:
    """The key of the earliest upload that holds each video now."""
    held = select(Upload.video_id, Upload.key).where(Upload.video_id.in_(video_ids), Upload.state == "bound")
    latest_first = held.order_by(Upload.seen_at.desc(), Upload.id.desc())
    return {row.video_id: row.key for row in session.execute(latest_first) if row.video_id}
