"""Shopify's product export, by its old column names and its new ones: a product is the rows of one handle.

Columns: help.shopify.com/en/manual/products/import-export/using-csv. The first row of a handle tells of the product,
the others add variants and pictures and leave the rest blank.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from catalog_jobs.catalog.prices import money
from catalog_jobs.catalog.reading.rows import BadRow, Entry, Listing, Place, Row
from catalog_jobs.catalog.tags import facet_name, merged

# What is read, and its column keys: the old name, then the new one.
COLUMNS: dict[str, tuple[str, ...]] = {
    "handle": ("handle", "urlhandle"),
    "title": ("title",),
    "description": ("bodyhtml", "description"),
    "vendor": ("vendor",),
    "category": ("productcategory", "standardizedproducttype"),
    "product_type": ("type", "customproducttype"),
    "tags": ("tags",),
    "collections": ("collection",),
    "published": ("published", "publishedononlinestore"),
    "status": ("status",),
    "price": ("variantprice", "price"),
    "list_price": ("variantcompareatprice", "compareatprice"),
    "stock": ("variantinventoryqty", "inventoryquantity"),
    "picture": ("imagesrc", "productimageurl"),
    "position": ("imageposition",),
    "variant_picture": ("variantimage", "variantimageurl"),
    "gift_card": ("giftcard",),
}
OPTIONS = (1, 2, 3)
# One of these beside handle and title makes a header Shopify's.
ITS_OWN = frozenset({
    "bodyhtml", "imagesrc", "variantprice", "variantsku", "productimageurl", "option1name", "publishedononlinestore",
})  # fmt: skip
# Nothing of a product that people see or pay for; not told as unknown.
_BESIDE = (
    "sku barcode costperitem chargetax taxcode inventorytracker continuesellingwhenoutofstock weightvaluegrams "
    "weightunitfordisplay requiresshipping fulfillmentservice imagealttext seotitle seodescription variantsku "
    "variantgrams variantinventorytracker variantinventorypolicy variantfulfillmentservice variantrequiresshipping "
    "varianttaxable variantbarcode variantweightunit varianttaxcode unitpricetotalmeasure unitpricetotalmeasureunit "
    "unitpricebasemeasure unitpricebasemeasureunit id command variantid"
)
BESIDE = frozenset(_BESIDE.split())
BESIDE_STARTS = ("option", "googleshopping", "included", "price", "compareatprice")
DEFAULT_OPTION = "default title"
KNOWN = frozenset(key for keys in COLUMNS.values() for key in keys) | BESIDE
NO = frozenset({"false", "no", "0"})
UNSOLD = frozenset({"draft", "archived", "unlisted"})


def is_shopify(keys: Collection[str]) -> bool:
    """Whether a header's keys are Shopify's."""
    return "title" in keys and any(key in keys for key in COLUMNS["handle"]) and not ITS_OWN.isdisjoint(keys)


def is_known(key: str) -> bool:
    """Whether a column is read, or known to be of no use here."""
    return key in KNOWN or key.startswith(BESIDE_STARTS) or "metafields" in key


def shopify_entries(rows: Iterable[Row | BadRow]) -> Iterator[Entry]:
    """A listing for each handle, made of its rows in a row; a row without handle goes with the one before it.

    A bad row of a product spoils that row alone. Rows of a handle that come back later without a title are bad.
    """
    group: _Group | None = None
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        handle = _cell(row.cells, "handle")
        if group and handle in ("", group.handle):
            group.add(row)
            continue
        if group:
            yield group.listing()
            group = None
        if not handle:
            yield BadRow(row.place, "it has no handle, and no product stands before it")
        elif not _cell(row.cells, "title"):
            yield BadRow(row.place, f"its handle {handle!r} has no title here; sort the file by handle", handle)
        else:
            group = _Group(handle, row.place, row.cells)
            group.add(row)
    if group:
        yield group.listing()


@dataclass
class _Group:
    """The rows of one handle as they come."""

    handle: str
    place: Place
    cells: Mapping[str, str]
    prices: list[tuple[str, str]] = field(default_factory=list)
    stocks: list[str] = field(default_factory=list)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    pictures: list[tuple[int, str]] = field(default_factory=list)
    variant_pictures: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take what a row says of variants and pictures."""
        cells = row.cells
        if price := _cell(cells, "price"):
            self.prices.append((price, _cell(cells, "list_price")))
        if stock := _cell(cells, "stock"):
            self.stocks.append(stock)
        for number in OPTIONS:
            self.names[number] = cells.get(f"option{number}name", "").strip() or self.names.get(number, "")
            value = cells.get(f"option{number}value", "").strip()
            if self.names[number] and value and value.lower() != DEFAULT_OPTION:
                self.options = merged(self.options, {facet_name(self.names[number]): (value,)})
        if url := _cell(cells, "picture"):
            position = _cell(cells, "position")
            self.pictures.append((int(position) if position.isdecimal() else len(self.pictures) + 1, url))
        if url := _cell(cells, "variant_picture"):
            self.variant_pictures.append(url)

    def listing(self) -> Listing:
        """The product of these rows: its lowest price, its pieces together, its pictures by position."""
        cells = self.cells
        price, list_price = self._lowest()
        vendor = _cell(cells, "vendor")
        is_gift_card = _cell(cells, "gift_card").lower() in ("true", "yes", "1")
        return Listing(
            place=self.place,
            product_id=self.handle,
            title=_cell(cells, "title"),
            description=_cell(cells, "description"),
            product_type="Gift Card" if is_gift_card else _cell(cells, "product_type"),
            category=_cell(cells, "category"),
            alias=self.handle,
            list_price=list_price,
            price=price,
            stock=self._pieces(),
            tags=_cell(cells, "tags"),
            collections=_cell(cells, "collections"),
            facets=merged(self.options, {"brand": (vendor,)} if vendor else {}),
            picture_urls=tuple(url for _, url in sorted(self.pictures, key=lambda one: one[0]))
            + tuple(self.variant_pictures),
            is_sold=_cell(cells, "status").lower() not in UNSOLD and _cell(cells, "published").lower() not in NO,
        )

    def _lowest(self) -> tuple[str, str]:
        """Price and list price of the cheapest variant; one that cannot be read comes first, so that it is told."""

        def amount(one: tuple[str, str]) -> Decimal:
            try:
                return money(one[0]).amount
            except ValueError:
                return Decimal(-1)

        return min(self.prices, key=amount, default=("", ""))

    def _pieces(self) -> str:
        """The sum over variants, where each that says something says a number; else what is no number."""
        odd = next((stock for stock in self.stocks if not stock.lstrip("+-").isdecimal()), None)
        if odd is not None or not self.stocks:
            return odd or ""
        return str(max(0, sum(int(stock) for stock in self.stocks)))


def _cell(cells: Mapping[str, str], name: str) -> str:
    return next((cells[key].strip() for key in COLUMNS[name] if key in cells), "")
