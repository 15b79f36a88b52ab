"""The pictures of the catalogue in the records: fetched, and what their bytes are noted."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue
from sqlalchemy import func, select

from catalog_jobs.catalog.exporting import as_document
from catalog_jobs.catalog.fetching.faults import disk_faults_named
from catalog_jobs.catalog.fetching.job import OnProgress, fetch_pictures
from catalog_jobs.catalog.fetching.layout import KeptPicture, write_details
from catalog_jobs.catalog.fetching.options import FetchOptions
from catalog_jobs.catalog.fetching.report import FetchReport
from catalog_jobs.catalog.pictures import Picture
from catalog_jobs.catalog.store import ROWS_A_PAGE, note_content, products_in
from infra.records.store import Records
from infra.records.tables import ProductImageRow, ProductRow

PICTURES_DIR = Path("catalog") / "pictures"


def fetch_catalog(
    records: Records,
    folder: Path,
    options: FetchOptions,
    on_progress: OnProgress = lambda _: None,
    product_id: str | None = None,
) -> FetchReport:
    """Bring the pictures of what is sold, or of one product, to `folder`, and note the SHA-256 of each in the records.

    A product without pictures gets its product_info.json too. Raises as `fetch_pictures` does.
    """
    rows = CatalogRows(records, folder, product_id)
    noted = Noted(records)
    report = fetch_pictures(
        rows.pictures(),
        folder,
        options,
        details=rows.details,
        on_here=noted.add,
        on_progress=on_progress,
        total=picture_count(records, product_id),
    )
    noted.write()
    return report


def picture_count(records: Records, product_id: str | None = None) -> int:
    """How many pictures the products have that are sold, or one of them."""
    rows = select(func.count()).select_from(ProductImageRow)
    rows = rows.join(ProductRow, ProductRow.product_id == ProductImageRow.product_id)
    rows = rows.where(ProductImageRow.retired_at.is_(None), ProductRow.retired_at.is_(None))
    rows = rows if product_id is None else rows.where(ProductRow.product_id == product_id)
    with records.transaction() as session:
        return session.scalar(rows) or 0


class CatalogRows:
    """The rows to fetch, and the words of the product whose rows are read just now."""

    def __init__(self, records: Records, folder: Path, product_id: str | None) -> None:
        self._records = records
        self._folder = folder
        self._product_id = product_id
        self._words: Mapping[str, JsonValue] = {}

    def pictures(self) -> Iterator[Picture]:
        """The pictures of one product after another."""
        for product, images in products_in(self._records, product_id=self._product_id):
            self._words = words_of(product)
            if not images:
                with disk_faults_named(self._folder):
                    write_details(self._folder, product.product_id, self._words)
            yield from (Picture(product.product_id, image.number, image.url, image.folder) for image in images)

    def details(self, _product_id: str) -> Mapping[str, JsonValue]:
        """The words of the product whose first picture was given last."""
        return self._words


class Noted:
    """Digests on their way to the records, a page at a time."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._waiting: list[tuple[str, int, str]] = []

    def add(self, picture: Picture, kept: KeptPicture) -> None:
        """Take note of a picture that is here."""
        self._waiting.append((picture.product_id, picture.number, kept.sha256))
        if len(self._waiting) >= ROWS_A_PAGE:
            self.write()

    def write(self) -> None:
        """Note those that wait."""
        note_content(self._records, self._waiting)
        self._waiting = []


def words_of(product: ProductRow) -> dict[str, JsonValue]:
    """What product_info.json says of a product, as the export writes it; the pictures stand beside it there."""
    told = as_document(product, ())
    return {name: value for name, value in told.items() if name != "images" and value is not None}  # type: ignore[misc]
