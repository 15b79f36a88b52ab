"""Points of the catalogue: the pictures of products, and their words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog_jobs.catalog.plotting.options import Kind
from catalog_jobs.catalog.plotting.points import PictureAt, Point
from catalog_jobs.catalog.prices import written
from infra.records.tables import ProductImageRow, ProductRow, ProductVectorRow

VECTOR_KIND: Final = {Kind.PRODUCT: "image", Kind.TEXT: "text"}
SHOWN_STATES: Final = ("pending", "stored")
ROWS_A_PAGE: Final = 1000
LONGEST_TITLE: Final = 200

_COLUMNS: Final = (
    ProductRow.product_id, ProductRow.title, ProductRow.product_type, ProductRow.types.label("product_types"),
    ProductRow.price, ProductRow.currency, ProductRow.stock, ProductRow.color_name,
    ProductRow.color_basic.label("said_color"), ProductRow.group_id, ProductVectorRow.part, ProductVectorRow.types,
    ProductVectorRow.color_hex, ProductVectorRow.color_basic, ProductVectorRow.crop_file,
    ProductVectorRow.duplicate_of, ProductVectorRow.state, ProductVectorRow.vector,
)  # fmt: skip


@dataclass(frozen=True)
class Sold:
    """What is needed of a product's row and of one of its vectors."""

    product_id: str
    part: str
    title: str
    product_type: str
    types: tuple[str, ...]
    price: str
    stock: int | None
    color_name: str
    color: str
    color_hex: str | None
    group_id: str
    crop_file: str | None


def product_points(session: Session, embedder: str, kind: Kind) -> Iterator[tuple[Point, bytes]]:
    """Pictures (PRODUCT) or words (TEXT) of the products that are sold, by product and part, with their vectors.

    Parts that another part of their product repeats are told so.
    """
    gone = _retired_pictures(session)
    first_crops = _first_crops(session) if kind is Kind.TEXT else {}
    rows = select(*_COLUMNS).join(ProductRow, ProductRow.product_id == ProductVectorRow.product_id)
    rows = rows.where(ProductVectorRow.embedder == embedder, ProductVectorRow.kind == VECTOR_KIND[kind])
    rows = rows.where(ProductRow.retired_at.is_(None))
    rows = rows.order_by(ProductVectorRow.product_id, ProductVectorRow.part)
    for row in session.execute(rows.execution_options(yield_per=ROWS_A_PAGE)):
        is_shown = row.state in SHOWN_STATES or (row.state == "kept" and row.duplicate_of is not None)
        if not is_shown or (row.product_id, row.part.partition(".")[0]) in gone:
            continue
        money = f"{written(row.price)} {row.currency or ''}".strip() if row.price is not None else ""
        sold = Sold(
            product_id=row.product_id,
            part=row.part,
            title=row.title[:LONGEST_TITLE],
            product_type=row.product_type,
            types=tuple(row.types or row.product_types or ()),
            price=money,
            stock=row.stock,
            color_name=row.color_name or "",
            color=row.color_basic or row.said_color or "",
            color_hex=row.color_hex,
            group_id=row.group_id or "",
            crop_file=first_crops.get(row.product_id) if kind is Kind.TEXT else row.crop_file,
        )
        yield _point(kind, sold, row.duplicate_of is not None), row.vector


def _point(kind: Kind, sold: Sold, is_duplicate: bool) -> Point:
    stock = "" if sold.stock is None else f"{sold.stock:,} in stock" if sold.stock > 0 else "sold out"
    lines = (
        ", ".join(filter(None, (sold.color_name or sold.color, " and ".join(sold.types) or sold.product_type))),
        sold.price,
        stock,
        f"product {sold.product_id}",
        f"style {sold.group_id}" if sold.group_id else "",
    )
    return Point(
        kind=kind,
        owner=sold.product_id,
        part=sold.part,
        title=sold.title or sold.product_id,
        type=sold.types[0] if sold.types else "",
        category=sold.product_type,
        color=sold.color,
        color_hex=sold.color_hex,
        lines=tuple(filter(None, lines)),
        picture=PictureAt("file", sold.crop_file) if sold.crop_file else None,
        is_duplicate=is_duplicate,
    )


def _retired_pictures(session: Session) -> set[tuple[str, str]]:
    rows = select(ProductImageRow.product_id, ProductImageRow.picture_id)
    rows = rows.where(ProductImageRow.retired_at.is_not(None))
    return {(row.product_id, row.picture_id) for row in session.execute(rows)}


def _first_crops(session: Session) -> dict[str, str]:
    """Of each product the cut-out of its first picture, by whichever embedder it was made."""
    same = (ProductImageRow.product_id == ProductVectorRow.product_id) & (
        ProductImageRow.picture_id == ProductVectorRow.part
    )
    rows = select(ProductVectorRow.product_id, ProductVectorRow.crop_file).join(ProductImageRow, same)
    rows = rows.where(ProductVectorRow.crop_file.is_not(None), ProductImageRow.retired_at.is_(None))
    found: dict[str, str] = {}
    for row in session.execute(rows.order_by(ProductVectorRow.product_id, ProductImageRow.position.desc())):
        found[row.product_id] = row.crop_file
    return found
