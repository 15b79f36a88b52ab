"""Products on their way: planned in their order, kept until all their parts are embedded, written a page at a time."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from catalog_jobs.catalog.indexing.known import Known, Plan, known_rows
from catalog_jobs.catalog.indexing.parts import TEXT, Embedded, Failure, Part, ProductParts, Vector
from catalog_jobs.catalog.indexing.report import Tally
from catalog_jobs.catalog.indexing.rows import write_page
from catalog_jobs.catalog.store import pages
from infra.records.store import Records

# What a killed job has to embed again at most, and what is written in one transaction.
PARTS_A_PAGE: Final = 256
PRODUCTS_A_PAGE: Final = 500
PRODUCTS_A_LOOK: Final = 100


@dataclass
class Page:
    """Products that are written together. waiting: parts that are under way."""

    products: list[ProductParts] = field(default_factory=list)
    vectors: dict[tuple[str, str], Vector] = field(default_factory=dict)
    parts: int = 0
    waiting: int = 0


class Pages:
    """The products of one run. is_noting: whether products and pictures are noted as embedded."""

    def __init__(
        self, records: Records, embedder: str, is_noting: bool, tally: Tally, page_parts: int = PARTS_A_PAGE
    ) -> None:
        self._page_parts = page_parts
        self._records = records
        self._embedder = embedder
        self._is_noting = is_noting
        self._tally = tally
        self._open = deque([Page()])
        self._page_of: dict[str, Page] = {}

    def parts(self, products: Iterable[ProductParts]) -> Iterator[Part]:
        """The parts of products that are to be embedded; products that need no embedding are written on the way."""
        for some in pages(products, PRODUCTS_A_LOOK):
            with self._records.transaction() as session:
                known = known_rows(session, self._embedder, [product.product_id for product in some])
            for product in some:
                plan = Plan.of(product, known.get(product.product_id, {}), self._is_noting)
                self._count(plan, known.get(product.product_id, {}))
                if plan.needed or plan.is_stale:
                    yield from self._begin(plan)
        self.write_whole(is_end=True)

    def take(self, part: Part, result: Embedded) -> None:
        """What came of a part."""
        page = self._page_of[part.product_id]
        page.waiting -= 1
        if isinstance(result, Failure):
            self._tally.failed(part, result)
        else:
            self._tally.came(part)
            page.vectors[part.product_id, part.name] = result

    def write_whole(self, is_end: bool = False) -> None:
        """Write the pages of which all parts are there."""
        for page in list(self._open):
            if not page.waiting and page.products and (self._is_full(page) or is_end):
                write_page(self._records, self._embedder, page.products, page.vectors, self._is_noting)
                self._open.remove(page)
                for product in page.products:
                    self._page_of.pop(product.product_id, None)

    def _begin(self, plan: Plan) -> Iterator[Part]:
        if not self._open or self._is_full(self._open[-1]):
            self._open.append(Page())
        page = self._open[-1]
        page.products.append(plan.product)
        page.parts += len(plan.needed)
        page.waiting += len(plan.needed)
        self._page_of[plan.product.product_id] = page
        if self._is_full(page):
            self.write_whole()
        yield from plan.needed

    def _is_full(self, page: Page) -> bool:
        return page.parts >= self._page_parts or len(page.products) >= PRODUCTS_A_PAGE

    def _count(self, plan: Plan, known: dict[str, Known]) -> None:
        """Take a product into the counts; what was expected of it gives way to what is known now."""
        tally, product = self._tally, plan.product
        needed = {part.name for part in plan.needed}
        tally.products += 1
        tally.kept.update(part.kind for part in product.parts if part.name not in needed)
        guessed = [name for name, one in product.pictures.items() if one.content_hash and name not in known]
        tally.expected += len(needed) - len(guessed) - (TEXT in needed)
