"""The catalogue counted, and one product of it shown."""

from collections import Counter

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from catalog_jobs.catalog.exporting import as_document
from catalog_jobs.catalog.indexing.index_row import index_stats
from catalog_jobs.catalog.report import CatalogStats, ToEmbed, TypeCount
from catalog_jobs.catalog.store import products_in
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import CatalogImport, ProductImageRow, ProductRow

IS_SOLD = ProductRow.retired_at.is_(None)


def catalog_stats(records: Records) -> CatalogStats:
    """What the records have, sold products unless it says otherwise; counted by the store, not in memory."""
    with records.transaction() as session:
        has_picture = select(ProductImageRow.product_id).where(ProductImageRow.retired_at.is_(None))
        last = session.scalar(select(func.max(CatalogImport.finished_at)))
        return CatalogStats(
            products=_count(session, IS_SOLD),
            retired=_count(session, ~IS_SOLD),
            in_stock=_count(session, IS_SOLD, ProductRow.stock > 0),
            out_of_stock=_count(session, IS_SOLD, ProductRow.stock == 0),
            stock_unknown=_count(session, IS_SOLD, ProductRow.stock.is_(None)),
            without_pictures=_count(session, IS_SOLD, ProductRow.product_id.not_in(has_picture)),
            pictures=_count_pictures(session),
            groups=session.scalar(select(func.count(ProductRow.group_id.distinct())).where(IS_SOLD)) or 0,
            types=_types(session),
            colors=_colors(session),
            prices=_prices(session),
            to_embed=ToEmbed(
                texts=_count(session, IS_SOLD, ProductRow.vector_state == "pending"),
                pictures=_count_pictures(session, ProductImageRow.vector_state == "pending"),
            ),
            indexes=index_stats(session),
            last_import=last.isoformat() if last else None,
        )


def one_product(records: Records, product_id: str | None) -> tuple[dict[str, object], int]:
    """A product by its id, or the first by id, with what the import made of it; and how many are sold.

    Raises NOT_FOUND for an unknown id, and where there is no product.
    """
    with records.transaction() as session:
        total = _count(session, IS_SOLD)
    if product_id is None:
        found = next(products_in(records), None)
    else:
        found = next(products_in(records, with_retired=True, product_id=product_id), None)
    if found is None:
        what = f"no product has the id {product_id!r}" if product_id else "the catalogue is empty"
        message = f"{what}; `reelwear catalog import FILE` brings products, `reelwear catalog export` lists them"
        raise ReelwearError(ErrorCode.NOT_FOUND, message)
    row, pictures = found
    color = {"name": row.color_name, "basic": row.color_basic} if row.color_name else None
    made = {"types": list(row.types), "color": color, "group_id": row.group_id, "words": row.words}
    retired = row.retired_at.isoformat() if row.retired_at else None
    return as_document(row, pictures) | made | {"vector_state": row.vector_state, "retired_at": retired}, total


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(ProductRow).where(*conditions)) or 0


def _count_pictures(session: Session, *conditions: ColumnElement[bool]) -> int:
    sold = select(func.count()).select_from(ProductImageRow).join(ProductRow, _same_product()).where(IS_SOLD)
    return session.scalar(sold.where(ProductImageRow.retired_at.is_(None), *conditions)) or 0


def _same_product() -> ColumnElement[bool]:
    return ProductRow.product_id == ProductImageRow.product_id


def _types(session: Session) -> tuple[TypeCount, ...]:
    counts: Counter[str] = Counter()
    for types in session.scalars(select(ProductRow.types).where(IS_SOLD).execution_options(yield_per=1000)):
        counts[types[0] if types else ""] += 1
    return tuple(TypeCount(type=name, products=count) for name, count in counts.most_common())


def _colors(session: Session) -> dict[str, int]:
    count = func.count()
    rows = select(ProductRow.color_basic, count).where(IS_SOLD, ProductRow.color_basic.is_not(None))
    rows = rows.group_by(ProductRow.color_basic).order_by(count.desc(), ProductRow.color_basic)
    return {str(name): found for name, found in session.execute(rows)}


def _prices(session: Session) -> dict[str, tuple[str, str]]:
    rows = select(ProductRow.currency, func.min(ProductRow.price), func.max(ProductRow.price))
    rows = rows.where(IS_SOLD, ProductRow.price.is_not(None)).group_by(ProductRow.currency)
    found = session.execute(rows.order_by(ProductRow.currency))
    return {name or "": (str(low), str(high)) for name, low, high in found}
