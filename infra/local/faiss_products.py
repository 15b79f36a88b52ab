"""An exported folder as an index that products are searched in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np

from catalog_jobs.catalog.exporting_faiss.folder import Entry
from catalog_jobs.catalog.exporting_faiss.reading import FaissFolder
from functions.search.meaning import Meaning
from functions.search.parts import Parts, ProductFacts
from functions.search.product_index import Kind
from functions.search.product_query import ProductQuery
from functions.search.query import SearchTerms
from functions.search.stored import VIDEO_ID, part_meant, stored_of
from functions.search.wanted import Stored, unit
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from serve_app.contract import Vector


@dataclass(frozen=True)
class FaissProducts:
    """The products of one export. content: what makes two of them equal."""

    content: str
    folder: FaissFolder = field(compare=False, repr=False)

    @classmethod
    def of(cls, folder: FaissFolder) -> "FaissProducts":
        """The products of a folder."""
        return cls(folder.manifest.content_sha256, folder)

    @property
    def meaning(self) -> Meaning:
        """What the cosines of its embedder mean, as the manifest has it."""
        return Meaning.of_index(self.folder.manifest.embedder, self.folder.manifest.fit)

    @property
    def kinds(self) -> Collection[Kind]:
        """The one kind that was exported."""
        return (self.folder.manifest.kind,)

    @cached_property
    def numbers(self) -> dict[str, list[int]]:
        """The numbers of each product's vectors."""
        found: dict[str, list[int]] = {}
        for number, entry in enumerate(self.folder.entries):
            found.setdefault(entry.product_id, []).append(number)
        return found

    def nearest(self, vector: Vector, kind: Kind, limit: int, query: ProductQuery) -> list[str]:
        """The products of the nearest vectors, among those of the entries that the query lets in."""
        if kind not in self.kinds:
            return []
        entries = self.folder.entries
        is_filtered = query.type is not None or query.color is not None or query.has_record_filter
        chosen = [number for number, entry in enumerate(entries) if _is_let_in(entry, query)] if is_filtered else None
        found = self.folder.search(vector, limit, None if chosen is None else np.array(chosen, np.int64))
        return [entries[number].product_id for number, _ in found]

    def parts(self, product_ids: Sequence[str]) -> Parts:
        """All parts of products that the folder has."""
        numbers = [(place, number) for place, one in enumerate(product_ids) for number in self.numbers.get(one, ())]
        entries = [self.folder.entries[number] for _, number in numbers]
        return Parts(
            ids=tuple(product_ids),
            owner=np.array([place for place, _ in numbers], np.intp),
            names=[entry.part for entry in entries],
            is_text=np.full(len(entries), self.folder.manifest.kind == "text"),
            types=[entry.types for entry in entries],
            files=[entry.image_path for entry in entries],
            vectors=self.folder.vectors([number for _, number in numbers]),
        )

    def some(self, most: int) -> list[str]:
        """Up to so many products of known colour, spread over all."""
        ids = [one for one, numbers in self.numbers.items() if self.folder.entries[numbers[0]].color]
        return ids[:: max(1, -(-len(ids) // most))]

    def facts(self, product_ids: Sequence[str]) -> dict[str, ProductFacts]:
        """What the metadata says of products."""
        first = {one: self.folder.entries[self.numbers[one][0]] for one in product_ids if one in self.numbers}
        return {product_id: _facts_of(entry) for product_id, entry in first.items()}

    def picture_urls(self, parts: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Where the shop has the pictures of parts."""
        asked = [entry for one in {one for one, _ in parts} for entry in self._entries_of(one)]
        urls = {(entry.product_id, entry.part): entry.picture_url for entry in asked}
        return {part: url for part in parts if (url := urls.get(part))}

    def why_nothing(self) -> str | None:
        """An export has what it has."""
        return None

    def stored(self, terms: SearchTerms, records: Records | None) -> list[Stored]:
        """The vectors of what a search names by id: of products from the folder, of videos from the records.

        Raises NOT_FOUND.
        """
        found = [] if terms.product is None else [self._product(terms.product)]
        if terms.crop is None:
            return found
        owner, _, part = terms.crop.rpartition("/")
        if owner in self.numbers or records is None or not VIDEO_ID.fullmatch(owner):
            return [*found, self._part(owner, part)]
        return [*found, *stored_of(records, SearchTerms(crop=terms.crop), None)]

    def _product(self, product_id: str) -> Stored:
        entries = self._entries_of(product_id)
        if not entries:
            raise _missing(f"the export in {self.folder.path} has nothing of product {product_id}")
        leading = [entry for entry in entries if entry.type == entries[0].type]
        mean = unit(self.folder.vectors([entry.faiss_index for entry in leading]).mean(axis=0))
        return self._stored(mean, entries[0].type)

    def _part(self, product_id: str, part: str) -> Stored:
        by_name = {entry.part: entry for entry in self._entries_of(product_id)}
        entry = by_name.get(part_meant(part, by_name) or "")
        if entry is None:
            raise _missing(f"the export in {self.folder.path} has no cut-out {product_id}/{part}")
        return self._stored(self.folder.vectors([entry.faiss_index])[0], entry.type)

    def _stored(self, vector: Vector, garment_type: str | None) -> Stored:
        manifest = self.folder.manifest
        return Stored(vector, manifest.embedder, is_text=manifest.kind == "text", type=garment_type)

    def _entries_of(self, product_id: str) -> list[Entry]:
        return [self.folder.entries[number] for number in self.numbers.get(product_id, ())]


def _is_let_in(entry: Entry, query: ProductQuery) -> bool:
    if query.type is not None and query.type not in entry.types:
        return False
    if query.color is not None and query.color != entry.color:
        return False
    return query.lets_in(_amount(entry.price), entry.currency, entry.stock)


def _facts_of(entry: Entry) -> ProductFacts:
    return ProductFacts(
        product_id=entry.product_id,
        title=entry.title,
        types=tuple(entry.types),
        color=entry.color,
        color_name=entry.color_name,
        price=_amount(entry.price),
        list_price=_amount(entry.list_price),
        currency=entry.currency,
        stock=entry.stock,
        group_id=entry.group_id,
    )


def _amount(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)


def _missing(message: str) -> ReelwearError:
    return ReelwearError(ErrorCode.NOT_FOUND, f"{message}; `reelwear catalog export-faiss` writes what is indexed now")
