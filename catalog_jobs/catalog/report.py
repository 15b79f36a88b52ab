"""What an import came to, as one document."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """What all documents of this room share."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class FileReport(Document):
    """One file, or sheet of a workbook."""

    file: str
    """Its name, with the sheet's."""
    format: str
    """How it was read."""
    kind: str
    """products or pictures."""
    rows: int
    """Products, or pictures, in it, bad ones too."""
    unknown_columns: tuple[str, ...]
    """Columns that were not read."""


class BadRowReport(Document):
    """A row that was not taken."""

    file: str
    line: int
    """Line of the text, row of the sheet, where the row begins; from 1."""
    product_id: str
    """Empty where the row does not say."""
    reason: str


class UnmappedType(Document):
    """A kind of product that the table of types does not know."""

    product_type: str
    """As the shop writes it; empty where it writes nothing."""
    products: int
    by_title: int
    """For how many the title told what they are."""


class ProductCounts(Document):
    """What became of products."""

    read: int = 0
    good: int = 0
    bad: int = 0
    not_sold: int = 0
    """Drafts and archived ones; they are treated as not in the file."""
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    revived: int = 0
    """Retired before, and back."""
    retired: int = 0
    """Sold before, and no longer in the files."""
    without_pictures: int = 0


class PictureCounts(Document):
    """What became of pictures."""

    read: int = 0
    distinct: int = 0
    """Of all products together, each picture of a product once, whatever its size; also of products without a row."""
    without_product: int = 0
    """Rows whose product is in no file."""
    added: int = 0
    retired: int = 0


class ToEmbed(Document):
    """What has to be embedded again for this import."""

    texts: int = 0
    pictures: int = 0


class ImportReport(Document):
    """What `reelwear catalog import --json` prints."""

    import_id: int | None
    """None where nothing was kept."""
    is_stored: bool
    files: tuple[FileReport, ...]
    products: ProductCounts
    pictures: PictureCounts
    to_embed: ToEmbed
    bad_row_count: int
    bad_rows: tuple[BadRowReport, ...]
    """The first 10,000 of them."""
    unmapped_types: tuple[UnmappedType, ...]
    """The most frequent first."""
    notes: tuple[str, ...]
    """What was told while reading, such as another encoding."""
    seconds: float


class TypeCount(Document):
    """How many products are of a type of the taxonomy."""

    type: str
    """Empty for what has none."""
    products: int


class IndexStats(Document):
    """The catalogue as one embedder sees it."""

    embedder: str
    """As name@version."""
    state: str
    """filling, live (what is matched against) or old."""
    revision: int
    """How often what is stored has changed."""
    images: int
    """Cut-outs in the vector store, or on their way there."""
    texts: int
    duplicates: int
    """Cut-outs that show what another one of the same product shows; they are left out."""
    waiting: int
    """Vectors to be stored or taken out."""


class CatalogStats(Document):
    """What `reelwear catalog stats --json` prints."""

    products: int
    """That are sold."""
    retired: int
    in_stock: int
    out_of_stock: int
    stock_unknown: int
    without_pictures: int
    pictures: int
    groups: int
    """Variant groups."""
    types: tuple[TypeCount, ...]
    """By the leading type, the most frequent first."""
    colors: dict[str, int]
    """By basic colour, the most frequent first."""
    prices: dict[str, tuple[str, str]]
    """Lowest and highest by currency, empty where it is unknown."""
    to_embed: ToEmbed
    indexes: tuple[IndexStats, ...] = ()
    """The live one first."""
    last_import: str | None
    """When the last import ended, in ISO 8601."""
