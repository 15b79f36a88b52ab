"""What readers give, before anything is checked: rows of tables, listings of products, pictures, and bad rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# No cell of a product needs more; a longer one is a broken quotation or a picture pasted as text.
MAX_CELL_CHARACTERS = 1_000_000
MAX_ID_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file's name (with the sheet of a workbook), and its line, row or item from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: cells by the header's names as `column_key` writes them; empty cells are left out."""

    place: Place
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken, and why. product_id: whose it is, where it says so."""

    place: Place
    reason: str
    product_id: str = ""


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One picture of a product as a file says it. folder: where a path without scheme begins."""

    place: Place
    product_id: str
    url: str
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One product as a file says it, as text, unchecked. tags and collections: a cell, or a list already.

    facets: what columns of their own say (options, vendor). is_sold: whether the file calls it active.
    """

    place: Place
    product_id: str
    title: str
    description: str = ""
    product_type: str = ""
    category: str = ""
    alias: str = ""
    list_price: str = ""
    price: str = ""
    discount: str = ""
    currency: str = ""
    stock: str = ""
    tags: str | tuple[str, ...] = ""
    collections: str | tuple[str, ...] = ""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    picture_urls: tuple[str, ...] = ()
    folder: str | None = None
    is_sold: bool = True


Entry = Listing | PictureRow | BadRow


class Format(StrEnum):
    """What a file can be."""

    AUTO = "auto"
    TWO_FILES = "two-files"
    SHOPIFY = "shopify"
    CATALOG_JSON = "catalog-json"
    JSON_LINES = "json-lines"


class Kind(StrEnum):
    """What a part of the files holds."""

    PRODUCTS = "products"
    PICTURES = "pictures"


@dataclass(frozen=True)
class Source:
    """One file, or one sheet of a workbook, ready to be read, more than once if need be.

    entries: reads it from the beginning. unknown_columns: in the header's own words. notes: what was told while
    reading, such as another encoding; complete once `entries` came to its end.
    """

    name: str
    kind: Kind
    format: Format
    entries: Callable[[], Iterator[Entry]]
    unknown_columns: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Tell something once."""
        if line not in self.notes:
            self.notes.append(line)


def column_key(name: str) -> str:
    """A column's name without case, spaces and marks: "Body (HTML)" is bodyhtml, and so is body_html."""
    return "".join(letter for letter in name.lower() if letter.isalnum())
