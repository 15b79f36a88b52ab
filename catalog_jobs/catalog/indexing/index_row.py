"""The index of one embedder in the records: begun, counted, and told to be whole."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog_jobs.catalog.indexing.embedding import EmbedderCard
from catalog_jobs.catalog.indexing.known import IN_STORE, WAITING
from catalog_jobs.catalog.indexing.parts import TEXT, Kind
from catalog_jobs.catalog.report import IndexStats
from infra.records.store import Records
from infra.records.tables import CatalogIndex, ProductImageRow, ProductRow, ProductVectorRow

Column = InstrumentedAttribute[str]


def begin_index(records: Records, card: EmbedderCard) -> bool:
    """Note that an embedder's index is being filled, beside the live one if that is another's; whether what is embedded
    now is what products and pictures are noted to have: while no other index is live.
    """
    with records.transaction() as session:
        index = session.get(CatalogIndex, card.embedder)
        if index is None:
            index = CatalogIndex(
                embedder=card.embedder, state="filling", revision=0, counts={}, started_at=records.now()
            )
            session.add(index)
        if index.state != "live":
            index.state, index.finished_at = "filling", None
        index.dimension, index.fit = card.dimension, card.fit
        live = session.scalar(select(CatalogIndex.embedder).where(CatalogIndex.state == "live"))
        return live in (None, card.embedder)


def finish_index(records: Records, embedder: str) -> Mapping[str, int]:
    """Note that all that can be embedded is, and how much that is."""
    with records.transaction() as session:
        index = session.get_one(CatalogIndex, embedder)
        index.counts = counts_of(session, embedder)
        index.finished_at = records.now()
        return index.counts


def let_retired_go(records: Records, embedder: str) -> None:
    """What is stored of products that retired leaves the vector store; the rows stay, for the day they come back."""
    retired = select(ProductRow.product_id).where(ProductRow.retired_at.is_not(None))
    row = ProductVectorRow
    gone = row.embedder == embedder, row.state.in_(IN_STORE), row.product_id.in_(retired)
    with records.transaction() as session:
        session.execute(update(row).where(*gone).values(state="leaving", updated_at=records.now()))


def counts_of(session: Session, embedder: str) -> dict[str, int]:
    """Products with a vector, vectors by kind, duplicates, and sold products without a vector."""
    row = ProductVectorRow
    own = row.embedder == embedder
    in_store = own, row.state.in_(IN_STORE)
    sold = select(ProductRow.product_id).where(ProductRow.retired_at.is_(None))
    kinds = select(row.kind, func.count()).where(*in_store).group_by(row.kind)
    by_kind = {found[0]: found[1] for found in session.execute(kinds)}
    with_vector = select(func.count(row.product_id.distinct())).where(*in_store, row.product_id.in_(sold))
    duplicates = select(func.count()).where(own, row.duplicate_of.is_not(None), row.product_id.in_(sold))
    products = _number(session, with_vector)
    return {
        "products": products,
        "images": by_kind.get(Kind.IMAGE.value, 0),
        "texts": by_kind.get(Kind.TEXT.value, 0),
        "duplicates": _number(session, duplicates),
        "without_vectors": _number(session, select(func.count()).select_from(sold.subquery())) - products,
    }


def index_stats(session: Session) -> tuple[IndexStats, ...]:
    """Every index with its vectors counted, the live one first."""
    row = ProductVectorRow
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    rows = select(row.embedder, row.kind, row.state, row.duplicate_of.is_not(None), func.count())
    groups = rows.group_by(row.embedder, row.kind, row.state, row.duplicate_of.is_not(None))
    for embedder, kind, state, is_duplicate, number in session.execute(groups):
        counts = counted[embedder]
        counts[kind] += number if state in IN_STORE else 0
        counts["duplicates"] += number if is_duplicate else 0
        counts["waiting"] += number if state in WAITING else 0
    indexes = sorted(session.scalars(select(CatalogIndex)), key=lambda one: (one.state != "live", one.embedder))
    return tuple(
        IndexStats(
            embedder=index.embedder,
            state=index.state,
            revision=index.revision,
            images=counted[index.embedder][Kind.IMAGE],
            texts=counted[index.embedder][Kind.TEXT],
            duplicates=counted[index.embedder]["duplicates"],
            waiting=counted[index.embedder]["waiting"],
        )
        for index in indexes
    )


def expected_parts(records: Records, embedder: str, has_texts: bool) -> int:
    """About how many parts are to be embedded: a picture counts as one garment until its cut-outs were looked at."""
    product, image = ProductRow, ProductImageRow
    is_sold = product.retired_at.is_(None)
    texts = (
        select(func.count())
        .select_from(product)
        .where(is_sold, product.words != "", ~_has_row(embedder, TEXT, source_hash=product.words_hash))
    )
    images = select(func.count()).select_from(image).join(product, product.product_id == image.product_id)
    images = images.where(
        is_sold, image.retired_at.is_(None), image.content_hash.is_not(None), ~_has_row(embedder, image.picture_id)
    )
    with records.transaction() as session:
        return _number(session, images) + (_number(session, texts) if has_texts else 0)


def _has_row(embedder: str, part: str | Column, source_hash: Column | None = None) -> ColumnElement[bool]:
    row = ProductVectorRow
    found = select(row.part).where(row.embedder == embedder, row.product_id == ProductRow.product_id, row.part == part)
    return (found if source_hash is None else found.where(row.source_hash == source_hash)).exists()


def _number(session: Session, counted: Select[int]) -> int:
    return session.scalar(counted) or 0
