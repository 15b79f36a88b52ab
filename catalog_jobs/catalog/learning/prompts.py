"""From the cut-outs on disk to a table of captions: `reelwear catalog prompts`."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from catalog_jobs.catalog.cropping.results import Cut, cuts_of, read_results, results_path
from catalog_jobs.catalog.learning.crops import BadCrop, read_crop
from catalog_jobs.catalog.learning.report import PromptsReport, SkippedCrop
from catalog_jobs.catalog.learning.rows import PromptRow, write_prompts
from catalog_jobs.catalog.learning.sides import kin_of, side_of
from catalog_jobs.catalog.learning.templates import Template
from catalog_jobs.catalog.learning.wording import caption_of, facts_of
from catalog_jobs.catalog.store import products_in
from infra.records.store import Records
from infra.records.tables import ProductImageRow, ProductRow

MOST_SKIPPED_TOLD: Final = 1000
OnPictures = Callable[[int], None]


@dataclass
class Tally:
    """What came of products and pictures."""

    pictures: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    products: set[str] = field(default_factory=set)
    val_products: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    told: list[SkippedCrop] = field(default_factory=list)

    def skip(self, product_id: str, file: Path, reason: str) -> None:
        """Something has no row."""
        self.skipped[reason] += 1
        if len(self.told) < MOST_SKIPPED_TOLD:
            self.told.append(SkippedCrop(product_id=product_id, file=str(file), reason=reason))

    def take(self, row: PromptRow) -> PromptRow:
        """Something has one."""
        self.rows[row.split] += 1
        self.products.add(row.product_id)
        self.texts.add(row.text)
        if row.split == "val":
            self.val_products.add(row.product_id)
        return row


def make_prompts(
    records: Records,
    folder: Path,
    out: Path,
    templates: Sequence[Template],
    seed: int,
    product_id: str | None = None,
    on_pictures: OnPictures = lambda _: None,
) -> PromptsReport:
    """Write one row for each sold garment that was cut out of the pictures of what is sold.

    folder: of the pictures. on_pictures: told how many pictures are done. The same records and pictures give the same
    bytes, and another product changes no row of the others. Raises as `write_prompts` does.
    """
    began_s = time.monotonic()
    tally = Tally()

    def rows() -> Iterator[PromptRow]:
        for product, images in products_in(records, product_id=product_id):
            yield from map(tally.take, rows_of(folder, product, images, templates, seed, tally))
            tally.pictures += len(images)
            on_pictures(tally.pictures)

    write_prompts(out, rows())
    return PromptsReport(
        file=str(out),
        rows=tally.rows.total(),
        train=tally.rows["train"],
        val=tally.rows["val"],
        products=len(tally.products),
        val_products=len(tally.val_products),
        texts=len(tally.texts),
        templates=len(templates),
        skipped=dict(tally.skipped.most_common()),
        skipped_crops=tuple(tally.told),
        seed=seed,
        seconds=round(time.monotonic() - began_s, 3),
    )


def rows_of(
    folder: Path,
    product: ProductRow,
    images: Sequence[ProductImageRow],
    templates: Sequence[Template],
    seed: int,
    tally: Tally,
) -> Iterator[PromptRow]:
    """The rows of one product; what has none is counted in the tally."""
    by_number = {image.number: image for image in images}
    without = dict(by_number)
    group = product.group_id or ""
    for order, cut in enumerate(cuts_of(folder, product, images)):
        without.pop(cut.number, None)
        path = cut.masked_path if cut.masked_path.is_file() else cut.crop_path
        try:
            read_crop(path)
        except BadCrop as fault:
            tally.skip(product.product_id, path, fault.reason)
            continue
        facts = facts_of(product, cut.type, cut.color_basic, is_alone=len(product.types) <= 1)
        caption = caption_of(templates, facts, product.product_id, order, seed)
        bbox, score = box_of(folder, cut)
        yield PromptRow(
            product_id=product.product_id,
            image_path=path,
            label=cut.type,
            text=caption.text,
            split=side_of(kin_of(product.product_id, group), seed),
            color=facts.get("color", ""),
            image_url=by_number[cut.number].url,
            bbox=bbox,
            score=score,
            group=group,
            says=caption.says,
            facts=facts,
        )
    for number, image in sorted(without.items()):
        path = results_path(folder, product.product_id, number)
        tally.skip(product.product_id, path, why_none(path, product, image))


def why_none(path: Path, product: ProductRow, image: ProductImageRow) -> str:
    """Why a picture has no cut-out: not_cut, changed since (outdated), no_garment, or the code of its error."""
    results = read_results(path)
    if results is None:
        return "not_cut"
    if results.error:
        return results.error.code
    return "no_garment" if results.shows(image.content_hash, product.types) else "outdated"


def box_of(folder: Path, cut: Cut) -> tuple[tuple[float, ...], float | None]:
    """The box of a cut-out in its picture, and its score; empty and None where the results changed meanwhile."""
    results = read_results(results_path(folder, cut.product_id, cut.number))
    sold = results.sold if results else ()
    return (sold[cut.piece].bbox, sold[cut.piece].score) if cut.piece < len(sold) else ((), None)
