"""Sold products as the index wants them: each with the parts that are to have a vector."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from catalog_jobs.catalog.cropping.results import Cut, cuts_of, read_results, results_path
from catalog_jobs.catalog.indexing.parts import TEXT, Kind, Part, PictureState, ProductParts, part_name
from catalog_jobs.catalog.indexing.report import Tally
from catalog_jobs.catalog.store import products_in
from infra.records.store import Records
from infra.records.tables import ProductImageRow, ProductRow


def sold_products(records: Records, folder: Path, has_texts: bool, tally: Tally) -> Iterator[ProductParts]:
    """The products by id, a page of them in memory; pictures without a garment are counted on the way."""
    for product, images in products_in(records):
        yield product_parts(folder, product, images, has_texts, tally)


def product_parts(
    folder: Path, product: ProductRow, images: Sequence[ProductImageRow], has_texts: bool, tally: Tally
) -> ProductParts:
    """One product: its words, if there are any and the embedder takes them, and what was cut out of its pictures."""
    parts = [text_part(product)] if has_texts and product.words else []
    pictures: dict[str, PictureState] = {}
    cuts: dict[str, list[Cut]] = {}
    for cut in cuts_of(folder, product, images):
        cuts.setdefault(cut.picture_id, []).append(cut)
    for image in sorted(images, key=lambda image: image.number):
        own = cuts.get(image.picture_id, [])
        is_uncut = not own and not is_cut(folder, product, image)
        pictures[image.picture_id] = PictureState(image.content_hash, is_uncut, image.vector_state)
        parts += [image_part(folder, product, cut) for cut in own]
        if image.content_hash is None:
            tally.pictures["not_fetched"] += 1
        elif not own:
            tally.pictures["not_cut" if is_uncut else "unusable"] += 1
    return ProductParts(product.product_id, product.words_hash, product.vector_state, tuple(parts), pictures)


def is_cut(folder: Path, product: ProductRow, image: ProductImageRow) -> bool:
    """Whether the picture's bytes were looked at for what the product is now, with whatever result."""
    results = read_results(results_path(folder, product.product_id, image.number))
    return results is not None and results.shows(image.content_hash, product.types)


def text_part(product: ProductRow) -> Part:
    """What is said of a product."""
    return Part(
        product_id=product.product_id,
        name=TEXT,
        kind=Kind.TEXT,
        types=tuple(product.types),
        source_hash=product.words_hash,
        color_basic=product.color_basic,
        words=product.words,
    )


def image_part(folder: Path, product: ProductRow, cut: Cut) -> Part:
    """A garment in a picture. Its colour is the one that was measured, or else the one that the shop names."""
    return Part(
        product_id=product.product_id,
        name=part_name(cut.picture_id, cut.piece),
        kind=Kind.IMAGE,
        types=(cut.type,),
        source_hash=cut.cut_hash,
        color_hex=cut.color_hex,
        color_basic=cut.color_basic or product.color_basic,
        crop_file=cut.crop_path.relative_to(folder).as_posix(),
        box_path=cut.crop_path,
    )
