"""Tables with a row a product, and tables with a row a picture: the two-file format, and what resembles it."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from catalog_jobs.catalog.reading.rows import BadRow, Entry, Listing, PictureRow, Row
from catalog_jobs.catalog.tags import distinct, facet_name

# What a listing calls it, and the column keys that mean it, the two-file format's own first.
COLUMNS: dict[str, tuple[str, ...]] = {
    "product_id": ("id", "productid", "itemid"),
    "title": ("title", "name", "productname", "producttitle"),
    "description": ("description", "bodyhtml", "body", "productdescription"),
    "product_type": ("producttype", "type"),
    "category": ("productcategory", "category", "googleproductcategory"),
    "alias": ("alias", "handle", "urlhandle", "slug"),
    "list_price": ("mrp", "listprice", "compareatprice"),
    "price": ("pricedisplayamount", "price", "saleprice", "sellingprice"),
    "discount": ("discountpercentage", "discountpercent", "discount"),
    "currency": ("currency", "pricecurrency", "currencycode"),
    "stock": ("stock", "quantity", "inventoryquantity", "inventory"),
    "tags": ("producttags", "tags"),
    "collections": ("productcollections", "collections"),
    "pictures": ("imageurl", "imageurls", "images", "image", "imagelink"),
}
FACET_COLUMNS = ("color", "colour", "fabric", "material", "gender", "size", "groupid", "itemgroupid", "brand", "vendor")
KNOWN = frozenset(key for keys in COLUMNS.values() for key in keys) | frozenset(FACET_COLUMNS)


def is_products(keys: Collection[str]) -> bool:
    """Whether a header's keys are those of products: an id and a title."""
    return _has(keys, "product_id") and _has(keys, "title")


def is_pictures(keys: Collection[str]) -> bool:
    """Whether a header's keys are those of pictures: an id and a URL, and no title."""
    return _has(keys, "product_id") and _has(keys, "pictures") and not _has(keys, "title")


def product_entries(rows: Iterable[Row | BadRow], folder: str | None) -> Iterator[Entry]:
    """A listing for each row."""
    for row in rows:
        yield row if isinstance(row, BadRow) else listing_of(row, folder)


def picture_entries(rows: Iterable[Row | BadRow], folder: str | None) -> Iterator[Entry]:
    """A picture for each row that names a product and a URL."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        product_id, url = (cell(row.cells, name) for name in ("product_id", "pictures"))
        if product_id and url:
            yield PictureRow(row.place, product_id, url, folder)
        else:
            missing = "id" if not product_id else "image_url"
            yield BadRow(row.place, f"it has no {missing}; a picture needs both id and image_url", product_id)


def listing_of(row: Row, folder: str | None) -> Listing:
    """The listing of one row; pictures may stand in a cell of it too, parted by white space, commas or bars."""
    cells = row.cells
    said = {facet_name(key): (cells[key],) for key in FACET_COLUMNS if key in cells}
    return Listing(
        place=row.place,
        product_id=cell(cells, "product_id"),
        title=cell(cells, "title"),
        description=cell(cells, "description"),
        product_type=cell(cells, "product_type"),
        category=cell(cells, "category"),
        alias=cell(cells, "alias"),
        list_price=cell(cells, "list_price"),
        price=cell(cells, "price"),
        discount=cell(cells, "discount"),
        currency=cell(cells, "currency"),
        stock=cell(cells, "stock"),
        tags=cell(cells, "tags"),
        collections=cell(cells, "collections"),
        facets=said,
        picture_urls=urls_of(cell(cells, "pictures")),
        folder=folder,
    )


def cell(cells: Mapping[str, str], name: str) -> str:
    """The first cell that is filled of the columns that mean a name; empty where none is."""
    for key in COLUMNS[name]:
        if key in cells:
            return cells[key].strip()
    return ""


def urls_of(text: str) -> tuple[str, ...]:
    """The URLs of a cell, parted by white space, by bars, and by commas or semicolons before the next scheme."""
    for mark in ("|", "\n", ", ", "; ", ",http", ";http"):
        text = text.replace(mark, f" {mark[1:]}" if mark.endswith("http") else " ")
    return distinct(text.split()) if "://" in text else distinct([text])


def _has(keys: Collection[str], name: str) -> bool:
    return any(key in keys for key in COLUMNS[name])
